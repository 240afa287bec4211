"""A model file → a page that is served until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stsr_core.series import VolumeSeries
from stsr_filters.decoding.worker import shared_worker
from stsr_filters.web.access import gate, is_loopback, token_for
from stsr_filters.web.prediction import Prediction

#: Addresses that mean all of this machine's: a browser elsewhere asks for it by name.
_ANY = ("0.0.0.0", "::")
_PAGE = Path(__file__).parent / "page"


def serve(
    model: str,
    truth: VolumeSeries | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page of a model until the process is interrupted.

    Parameters
    ----------
    model : str
        Model file.
    truth : VolumeSeries, optional
        Shown beside it, with the difference and the PSNR over time.
    host : str
        Address to listen at. At any but a loopback address the page opens with a token alone.
    port : int
        0 takes a free one.
    on_ready : callable, optional
        Called with the address to open, token included.

    Raises
    ------
    CheckpointError, ValueError
        As of :class:`~stsr_filters.web.prediction.Prediction`.
    ImportError
        trame is not installed.
    OSError
        The address or the port cannot be had.
    """
    prediction = Prediction(model, truth)
    check_free(host, port)
    shared_worker().start()  # it gets ready while the page does
    try:
        from trame.app import get_server
    except ImportError as error:
        raise ImportError(f"trame must be installed, as by pip install 'stsr[web]': {error}") from None
    from stsr_filters.web.application import Application
    from stsr_filters.web.layout import build

    server: Any = get_server(f"stsr {model}", client_type="vue3")
    server.state.trame__title = f"STSR: {Path(model).name}"
    server.enable_module({"serve": {"__stsr": str(_PAGE)}, "scripts": ["__stsr/reconnect.js"]})
    application = Application(server, prediction)
    build(server, application, Path(model).name)
    token = token_for(host)

    @server.controller.add("on_server_bind")
    def bound(wslink_server: Any) -> None:
        wslink_server.app.middlewares.append(gate(token))

    @server.controller.add("on_server_ready")
    def ready(**_: Any) -> None:
        application.start()
        if on_ready is not None:
            name = socket.gethostname() if host in _ANY else f"[{host}]" if ":" in host else host
            on_ready(f"http://{name}:{server.port}/" + (f"?token={token}" if token else ""))

    try:
        server.start(
            host=host, port=port, open_browser=False, show_connection_info=False, timeout=0, exec_mode="main"
        )
    finally:
        application.stop()


def check_free(host: str, port: int) -> None:
    """Refuse an address that is not this machine's, or a port that is taken.

    Raises
    ------
    OSError
        One sentence.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OverflowError:
        raise OSError(f"--port must lie from 0 to 65535, got {port}") from None
    except OSError as error:
        where = "this machine" if is_loopback(host) else host
        raise OSError(f"cannot listen at port {port} of {where}: {error.strerror or error}") from None
