"""``stsr completion``: the script by which a shell completes commands, options and files."""

from __future__ import annotations

import argparse
import re
from typing import Any

from stsr_core.cli.every_command import subparsers_of

SHELLS = ("bash", "zsh", "tcsh")

DESCRIPTION = """\
Print the script by which a shell completes commands, options, choices and files of stsr with the Tab key.
"""

EPILOG = """\
examples:
  eval "$(stsr completion bash)"                                   this shell; in ~/.bashrc, all of them
  stsr completion bash > ~/.local/share/bash-completion/completions/stsr
  stsr completion zsh > ~/.zsh/completions/_stsr                   a folder of fpath, before compinit
  stsr completion tcsh > ~/.stsr.completion                        then: source ~/.stsr.completion
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "completion",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell that is to complete")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    from stsr_core.cli import build_parser

    parser = build_parser()
    _list_commands(parser)
    script = shtab.complete(parser, shell=options.shell)
    options.result["script"] = script
    print(script)
    return 0


def _list_commands(parser: argparse.ArgumentParser) -> None:
    """Say of each command what it does: shtab leaves those out of which argparse's own list says nothing."""
    action = subparsers_of(parser)
    if action is None:
        return
    listed = {choice.dest for choice in action._choices_actions}
    for name, command in action.choices.items():
        if name not in listed:
            summary = re.split(r"[.:;](?:\s|$)", " ".join((command.description or name).split()))[0]
            action._choices_actions.append(action._ChoicesPseudoAction(name, (), summary))
        _list_commands(command)
