"""Commands that other packages add by entry points, loaded when they are called."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any


def add_from_packages(commands: Any, group: str, arguments: Sequence[str] | None) -> None:
    """Add the commands of one group of entry points.

    Parameters
    ----------
    commands : object
        What ``add_subparsers`` has returned.
    group : str
        Its entry points are functions that take ``commands``, by the names of the commands.
    arguments : sequence of str or None
        The command line, where it is known: only those named in it are loaded.
    """
    for entry in {entry.name: entry for entry in entry_points(group=group)}.values():
        _add_command(commands, entry, arguments is None or entry.name in arguments)


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
