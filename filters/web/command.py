"""``stsr serve``: a model → a page in the browser."""

from __future__ import annotations

import argparse
from typing import Any

DESCRIPTION = """\
Show a model in a browser: any time by a slider, any mixture of its members, any resolution; beside it, if
given, the ground truth, their difference and the PSNR over time. Computed and drawn here, shown there.
"""

EPILOG = """\
examples:
  stsr serve vf.stsr
  stsr serve vf.stsr --gt "run01/*.vti" --port 8080
  stsr serve vf.stsr --host 0.0.0.0            for other machines: the address that is printed holds a token

Ctrl-C ends it.
"""


def add(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "serve",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="model file (.stsr)")
    parser.add_argument("--gt", nargs="+", metavar="SERIES", help="the ground truth: files, as for stsr fit")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen at (default: a free one)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    from stsr_core.io import open_series
    from stsr_filters.web.serve import serve

    truth = None
    if options.gt:
        truth = open_series(options.gt[0] if len(options.gt) == 1 else options.gt)

    def ready(address: str) -> None:
        options.result["address"] = address
        print(f"open {address}   (Ctrl-C ends)", flush=True)

    try:
        serve(options.model, truth, host=options.host, port=options.port, on_ready=ready)
    except KeyboardInterrupt:
        print()
    return 0
