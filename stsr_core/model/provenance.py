"""Where a model comes from: the command that made it, its settings, and the versions it was made with.

A run of ``stsr`` hands ``{"name": "fit", "command": "stsr fit a.pvd", "options": {"sources": ["a.pvd"]}}`` to
what it calls, and that stores it under ``made_by`` in the model's history; the versions are added wherever a
model is written.
"""

from __future__ import annotations

import platform
from typing import Any


def versions() -> dict[str, str]:
    """Versions of this project, Python and the packages that numbers depend on, by name.

    Examples
    --------
    >>> sorted(versions())
    ['numpy', 'python', 'stsr', 'torch']
    """
    import numpy
    import torch

    from stsr_core import __version__

    return {
        "stsr": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": str(torch.__version__),
    }


def command_texts(history: list[dict[str, Any]]) -> list[str]:
    """The exact command of each run that came from the command line."""
    return [run["made_by"]["command"] for run in history if "made_by" in run]


def version_texts(history: list[dict[str, Any]]) -> list[str]:
    """The versions that each run had, a line each, where they are stored."""
    stored = [run["versions"] for run in history if "versions" in run]
    return [", ".join(f"{name} {text}" for name, text in found.items()) for found in stored]


def run_as_toml(history: list[dict[str, Any]]) -> str:
    """The runs of a model as TOML that ``stsr COMMAND --config`` reads: a table for each command.

    Raises
    ------
    ValueError
        If no run of it came from the command line.

    Examples
    --------
    >>> options = {"sources": ["a.pvd"], "epochs": 9}
    >>> run = {"name": "fit", "command": "stsr fit a.pvd", "options": options}
    >>> print(run_as_toml([{"made_by": run, "versions": {"stsr": "0.1.0"}}]))
    # stsr fit a.pvd
    # by stsr 0.1.0
    <BLANKLINE>
    [fit]
    sources = ["a.pvd"]
    epochs = 9
    <BLANKLINE>
    """
    import tomlkit

    runs = [run for run in history if "made_by" in run]
    if not runs:
        raise ValueError(
            "no command is stored in this model, it was not made by the command line; its settings stand in "
            "`stsr info --json`"
        )
    document = tomlkit.document()
    for line in [*command_texts(runs), *(f"by {text}" for text in version_texts(runs))]:
        document.add(tomlkit.comment(line))
    for run in runs:
        *outer, name = run["made_by"]["name"].split()
        table: Any = document
        for part in outer:
            table = table.setdefault(part, tomlkit.table(is_super_table=True))
        table[name] = run["made_by"]["options"]
    return tomlkit.dumps(document)
