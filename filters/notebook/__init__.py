"""For pyvista: the only room that imports it, and only when something is called.

What pyvista itself imports, ``accessor`` and ``files``, by this package's entry points, does so at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stsr_core.lazy import attach

#: Public name → module.
_EXPORTS = {
    "Model": "stsr_filters.notebook.model",
    "Series": "stsr_filters.notebook.series",
}

__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from stsr_filters.notebook.model import Model as Model
    from stsr_filters.notebook.series import Series as Series

__getattr__, __dir__ = attach(__name__, _EXPORTS)
