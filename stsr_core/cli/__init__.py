"""The program ``stsr``: parses and prints; every computation is a call into the core.

Exit codes: 0 done, 2 bad input (one sentence on standard error, nothing written), 130 interrupted.
Results go to standard output, progress and messages to standard error.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

BAD_INPUT = 2
INTERRUPTED = 130
#: Entry points of this group add commands: name → function that takes what ``add_subparsers`` returns.
COMMANDS = "stsr.commands"

DESCRIPTION = """\
Learn one continuous field from a coarse, sparse time series of volumes, and sample it at any
resolution and any time.

  fit               learn a model from a series                   stsr fit "run01/*.vti" -o vf.stsr
  upscale           sample a model into files for ParaView        stsr upscale vf.stsr --scale 2 -o out.pvd
  compact           one small network of any model                stsr compact vf.stsr -o small.stsr
  bake              steps of any model, shown without waiting     stsr bake vf.stsr -o fast.stsr
  info              say what a model file holds                   stsr info vf.stsr
  compare           two series: a table of measures               stsr compare out.pvd "run01/*.vti"
  import-official   convert a published two-file STSR-INR model   stsr import-official A.pth B.pth -o a.stsr
  demo              the whole path on a tornado and a vortex      stsr demo
  evaluate          methods side by side: tables and figures      stsr evaluate "run01/*.vti" -o report

`stsr COMMAND --help` documents each. Sizes on the command line are X Y Z, as in ParaView.
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without repeating the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser(arguments: Sequence[str] | None = None) -> Parser:
    """The parser of the whole program; needs neither torch nor any file.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line, where it is known: of the commands that other packages add, only those named in it
        are loaded.
    """
    from stsr_core import __version__
    from stsr_core.cli import bake, compact, compare, demo, fit, import_official, info, upscale

    parser = Parser(
        prog="stsr", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"stsr {__version__}")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", help="one of the above")
    for module in (fit, upscale, compact, bake, info, compare, import_official, demo):
        module.add_parser(commands)
    for entry in {entry.name: entry for entry in entry_points(group=COMMANDS)}.values():
        _add_command(commands, entry, arguments is None or entry.name in arguments)
    return parser


def _add_command(commands: Any, entry: EntryPoint, load: bool) -> None:
    """A command of another package; one that cannot be loaded says so when it is called."""
    if not load:
        commands.add_parser(entry.name)
        return
    try:
        add = entry.load()
    except ImportError as error:
        reason = f"this command needs packages that are not installed: {error}"
        commands.add_parser(entry.name, description=reason).set_defaults(run=partial(_refuse, reason))
    else:
        add(commands)


def _refuse(reason: str, options: argparse.Namespace) -> int:
    raise ValueError(reason)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        Exit code: 0, 2 (bad input) or 130 (interrupted).
    """
    parser = build_parser(sys.argv[1:] if arguments is None else arguments)
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return BAD_INPUT
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            return options.run(options)
        except KeyboardInterrupt:
            print(f"stsr {options.command}: interrupted", file=sys.stderr)
            return INTERRUPTED
        except (ValueError, OSError, KeyError, MemoryError) as error:
            if options.traceback:
                raise
            print(f"stsr {options.command}: {sentence(error)}", file=sys.stderr)
            return BAD_INPUT


def sentence(error: BaseException) -> str:
    """The message of an error on one line.

    Examples
    --------
    >>> sentence(FileNotFoundError(2, "No such file or directory", "a.vti"))
    'a.vti: No such file or directory'
    """
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return " ".join(text.split()) or type(error).__name__


def _show_warning(message: Warning | str, *place: Any, **more: Any) -> None:
    print(f"stsr: warning: {message}", file=sys.stderr)
