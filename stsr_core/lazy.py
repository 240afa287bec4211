"""Public names that are imported on first use, so that a package costs nothing until it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def attach(package: str, exports: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The module functions ``__getattr__`` and ``__dir__`` of a package (PEP 562).

    An editor and a type checker see nothing of this: the package imports the same names under
    ``TYPE_CHECKING`` as well, and a test compares the two lists.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    exports : mapping of str to str
        Public name → the module that defines it.

    Examples
    --------
    >>> find, names = attach("stsr_core", {"Grid": "stsr_core.grid"})
    >>> find("Grid").__name__
    'Grid'
    """

    def __getattr__(name: str) -> Any:
        if name in exports:
            return getattr(import_module(exports[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *exports})

    return __getattr__, __dir__
