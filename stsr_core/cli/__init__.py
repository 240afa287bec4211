"""The program ``stsr``: parses and prints; every computation is a call into the core.

Exit codes: 0 done, 1 the doctor found something, 2 bad input (one sentence on standard error, nothing
written), 130 interrupted. Results go to standard output, progress and messages to standard error.

A command is a module with ``add_parser(commands)`` and ``run(options)``; so is one below a command, as
``stsr images render``. From here it gets ``--json``, ``--config`` and its completion. ``run`` finds in
``options`` besides its own:

result : dict
    Where it puts what ``--json`` prints; what it prints itself goes to standard error then.
made_by : dict
    The command line and its settings, for :mod:`stsr_core.model.provenance`.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stdout
from functools import partial
from typing import Any, NoReturn

from stsr_core.cli.advice import sentence, what_to_do
from stsr_core.cli.terminal import say

BAD_INPUT = 2
INTERRUPTED = 130
#: Entry points of this group add commands: name → function that takes what ``add_subparsers`` returns.
COMMANDS = "stsr.commands"

DESCRIPTION = """\
Learn one continuous field from a coarse, sparse time series of volumes, and sample it at any
resolution and any time.

  fit               learn a model from a series                   stsr fit "run01/*.vti"
  upscale           sample a model into files for ParaView        stsr upscale vf.stsr --scale 2 -o out.pvd
  compact           one small network of any model                stsr compact vf.stsr -o small.stsr
  bake              steps of any model, shown without waiting     stsr bake vf.stsr -o fast.stsr
  info              say what a model file holds, how it was made  stsr info vf.stsr
  compare           two series: a table of measures               stsr compare out.pvd "run01/*.vti"
  import-official   convert a published two-file STSR-INR model   stsr import-official A.pth B.pth -o a.stsr
  demo              the whole path on a tornado and a vortex      stsr demo
  homogenize        coarse solutions of diffusion, corrected      stsr homogenize fit maps -o h.stsr
  evaluate          methods side by side: tables and figures      stsr evaluate "run01/*.vti" -o report
  serve             a page in the browser, with a time slider     stsr serve vf.stsr --gt "run01/*.vti"
  images            images from all sides, coded, in a browser  stsr images render vf.stsr -o vf.cdb
  doctor            versions, devices, what is missing, ParaView  stsr doctor
  completion        the Tab key for bash, zsh and tcsh            eval "$(stsr completion bash)"

`stsr COMMAND --help` documents each. Sizes on the command line are X Y Z, as in ParaView.
Every command has --json and, for options from a file, --config.
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
    from stsr_core.cli import (
        bake,
        compact,
        compare,
        completion,
        demo,
        doctor,
        fit,
        homogenize,
        images,
        import_official,
        info,
        upscale,
    )
    from stsr_core.cli.every_command import add_to_every_command
    from stsr_core.cli.packages import add_from_packages

    parser = Parser(
        prog="stsr", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"stsr {__version__}")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", help="one of the above")
    for module in (fit, upscale, compact, bake, info, compare, import_official, homogenize, demo, doctor):
        module.add_parser(commands)
    completion.add_parser(commands)
    images.add_parser(commands, arguments)
    add_from_packages(commands, COMMANDS, arguments)
    add_to_every_command(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        Exit code: 0, 1 (the doctor found something), 2 (bad input) or 130 (interrupted).
    """
    from stsr_core.cli.config import recorded, with_config
    from stsr_core.cli.every_command import commands_of

    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser(words)
    try:
        completed = with_config(words, partial(build_parser, words))
    except (ValueError, OSError) as error:
        say(f"stsr: {sentence(error)}")
        return BAD_INPUT
    options = parser.parse_args(completed)
    if options.command is None:
        parser.print_help(sys.stderr)
        return BAD_INPUT
    options.result = {}
    options.made_by = recorded(words, options, commands_of(parser)[options.command])
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.showwarning = _show_warning
        if options.json:
            stack.enter_context(redirect_stdout(sys.stderr))
        code = _run(options)
    if options.json:
        _print_json({"command": options.command, "exit_code": code, **options.result})
    return code


def _run(options: argparse.Namespace) -> int:
    """The exit code of a command; an error is told in a sentence."""
    try:
        return options.run(options)
    except KeyboardInterrupt:
        code, text = INTERRUPTED, "interrupted"
    except (ValueError, OSError, KeyError, MemoryError, ImportError) as error:
        if options.traceback:
            raise
        code, text = BAD_INPUT, sentence(error) + what_to_do(error, options)
    except RuntimeError as error:
        if options.traceback or type(error).__name__ != "OutOfMemoryError":  # torch's, which is not imported
            raise
        code = BAD_INPUT
        text = "the memory of the device is full: keep less of the data, or take --device cpu"
    options.result["error"] = text
    say(f"stsr {options.command}: {text}")
    return code


def _print_json(result: dict[str, Any]) -> None:
    from stsr_core.measuring.records import strict

    print(json.dumps(strict(result), indent=2, allow_nan=False, ensure_ascii=False))


def _show_warning(message: Warning | str, *place: Any, **more: Any) -> None:
    say(f"stsr: warning: {message}")
