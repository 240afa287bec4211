"""model.stsr of a network of homogenization, on top of :mod:`stsr_core.model.container`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.homogenization.configuration import METHODS, Configuration, configured
from stsr_core.model import container
from stsr_core.model.container import CheckpointError, Content
from stsr_core.model.provenance import command_texts, version_texts
from stsr_core.model.summary import training_text
from stsr_core.words import readable_bytes

if TYPE_CHECKING:
    import torch

    from stsr_core.homogenization.network import Network

CONTENT = Content("homogenization network")


@dataclass(frozen=True)
class Header:
    """What such a file says of itself.

    Parameters
    ----------
    configuration : Configuration
    data_hash : str
        SHA-256 of the maps it learned from (hexadecimal).
    history : list of dict
        One entry per training run: settings, seconds, machine, and the curve of the validation.
    training : dict or None
        Present only while a run is unfinished: what resumes it.
    """

    configuration: Configuration
    data_hash: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    training: dict[str, Any] | None = None

    @property
    def known_error(self) -> float:
        """Mean squared error on the validation's maps, normalised values; 0 where none was measured."""
        curve = self.history[-1].get("validation") if self.history else None
        return float(curve[-1]["mse"]) if curve else 0.0


def save(
    path: str | Path, header: Header, network: Network, state: dict[str, torch.Tensor] | None = None
) -> None:
    """Write a network beside ``path`` and rename it there.

    Parameters
    ----------
    path : path
    header : Header
    network : Network
    state : dict of Tensor, optional
        Of the optimizer of an unfinished run.
    """
    values = {
        "configuration": network.entries(),
        "data_hash": header.data_hash,
        "history": header.history,
        "training": header.training,
    }
    container.write(path, CONTENT, values, container.with_state(network.state_dict(), state))


def read_header(path: str | Path) -> Header:
    """Read and check the header alone, without torch.

    Raises
    ------
    CheckpointError
        If the file is missing, foreign, damaged, of another content or of a newer version.
    """
    return _from_json(path, container.read_header(path, CONTENT))


def load(path: str | Path, device: str | torch.device = "cpu") -> Network:
    """Rebuild the network of a file, ready for inference.

    Parameters
    ----------
    path : str or Path
    device : str or torch.device

    Raises
    ------
    CheckpointError
        As :func:`read_header`, or if the tensors are not those that were written.
    """
    from stsr_core.homogenization.network import Network

    values, tensors = container.read(path, CONTENT)
    header = _from_json(path, values)
    try:
        network = Network(header.configuration)
        network.load_state_dict(container.without_state(tensors)[0], assign=True)
        network.known_error = header.known_error
    except (ValueError, TypeError, LookupError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{path}: the network does not fit its own header: {reason}") from None
    return network.to(device).eval()


def load_training_state(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors saved as ``state``; empty for a finished network."""
    _, tensors = container.read(path, CONTENT)
    return container.without_state(tensors)[1]


def as_json(path: str | Path) -> dict[str, Any]:
    """The header as plain JSON values; of an unfinished run only that it is one."""
    values = container.read_header(path, CONTENT)
    _from_json(path, values)
    finished = values.pop("training") is None
    return {**values, "finished": finished}


def lines(path: str | Path) -> list[str]:
    """The header for people."""
    header = read_header(path)
    c = header.configuration
    entries = ", ".join(f"{key} {value}" for key, value in vars(c).items() if key != "method")
    text = [
        f"{path}: {readable_bytes(Path(path).stat().st_size)}, a {CONTENT.name}, format {CONTENT.version}",
        f"method         {c.method}: {METHODS[c.method]}",
        f"takes          a solution of {c.coarse + 1} x {c.coarse + 1} nodes, a coefficient of "
        f"{c.cells} x {c.cells} cells",
        f"gives          the {'solution' if c.scale == 'physical' else 'shape of the solution'} at any scale",
        f"configuration  {entries}",
    ]
    for run in header.history:
        data = run.get("data", {})
        text.append(
            f"trained        {training_text(run)}, on {data.get('maps')} maps at scale {data.get('scale'):g}"
        )
        if curve := run.get("validation"):
            text.append(f"validation     MSE {curve[-1]['mse']:.3e}, SSIM {curve[-1]['ssim']:.4f}")
    text += [f"made by        {words}" for words in command_texts(header.history)]
    text += [f"versions       {words}" for words in version_texts(header.history)]
    if header.training is not None:
        text.append("unfinished     the command that made it goes on with --resume")
    text.append(f"data           SHA-256 {header.data_hash}")
    return text


def _from_json(path: str | Path, values: dict[str, Any]) -> Header:
    try:
        return Header(
            configured(values["configuration"]),
            values["data_hash"],
            values["history"],
            values["training"],
        )
    except (ValueError, LookupError, TypeError) as error:
        raise CheckpointError(f"{path}: damaged model header: {error}") from None
