"""What every command has, from one place: ``--json``, ``--config`` and what a shell completes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

#: What the words of an argument are, by its name in the help.
FILES = ("SOURCE", "MODEL", "FILE", "NETWORK", "LATENT", "PREDICTION", "TRUTH")
FOLDERS = ("FOLDER", "DIR")
#: Options of every command, and those that say what may be replaced and not what is computed.
OWN = ("help", "json", "config", "overwrite", "resume")


def subparsers_of(parser: argparse.ArgumentParser) -> Any:
    """What ``add_subparsers`` of the program's parser, or of a command's, has returned."""
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def commands_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of all commands, by their names; those of a command's own commands as "homogenize fit"."""
    found: dict[str, argparse.ArgumentParser] = {}
    for name, command in subparsers_of(parser).choices.items():
        if any(isinstance(action, argparse._SubParsersAction) for action in command._actions):
            found |= {f"{name} {inner}": leaf for inner, leaf in commands_of(command).items()}
        else:
            found[name] = command
    return found


def arguments_of(command: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    """(name, argument) of what is particular to a command: long options without their dashes, and the others.

    An option of several long names comes once under each, the first one first.
    """
    for action in command._actions:
        if action.dest not in OWN:
            names = [text[2:] for text in action.option_strings if text.startswith("--")]
            yield from ((name, action) for name in names or [action.dest])


def add_to_every_command(parser: argparse.ArgumentParser) -> None:
    """Give all commands of ``parser`` their common options, and tell shells which arguments are files."""
    for command in commands_of(parser).values():
        table = ".".join(command.prog.split()[1:])
        group = command.add_argument_group("every command")
        group.add_argument(
            "--json",
            action="store_true",
            help="print results as one JSON object, and all else on stderr",
        )
        group.add_argument(
            "--config",
            metavar="FILE",
            help=f"TOML with a table [{table}] of options; those typed here go first",
        )
        for action in command._actions:
            _say_what_completes(action)


def _say_what_completes(action: Any) -> None:
    import shtab

    if action.metavar in FILES:
        action.complete = shtab.FILE
    elif action.metavar in FOLDERS:
        action.complete = shtab.DIRECTORY
