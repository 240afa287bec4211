"""The Python of the environment that this package lies in; inside ParaView ``sys.executable`` is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Set by stsr-paraview: the folders of the environment's packages, separated like PATH.
_PACKAGES = "STSR_SITE_PACKAGES"
#: Where an environment's Python lies, seen from its root: this very version first.
_PROGRAMS = (
    f"bin/python{sys.version_info.major}.{sys.version_info.minor}",
    "bin/python3",
    "Scripts/python.exe",
    "python.exe",
)


def interpreter() -> str:
    """Path of that Python.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    for folder in filter(None, os.environ.get(_PACKAGES, "").split(os.pathsep)):
        for root in Path(folder).parents:
            for program in _PROGRAMS:
                if (root / program).is_file():
                    return str(root / program)
    name = os.path.basename(sys.executable or "").lower()
    if name.startswith("python") and os.path.isfile(sys.executable):
        return sys.executable
    raise FileNotFoundError(
        "no Python was found to work in the background with; start ParaView with `stsr-paraview run`"
    )


def environment_of(program: str) -> dict[str, str]:
    """This process's environment as that Python needs it."""
    environment = dict(os.environ)
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if program != sys.executable:
        # What points ParaView's Python to its packages misleads another one.
        for name in ("PYTHONPATH", "PYTHONHOME"):
            environment.pop(name, None)
        environment["PYTHONSAFEPATH"] = "1"
    return environment
