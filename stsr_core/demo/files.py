"""Where the demo puts what; known without computing anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: The series, by the names of their folders and variables.
NAMES = ("tornado", "vortex")


@dataclass(frozen=True)
class Files:
    """Where one series of the demo lies.

    Parameters
    ----------
    full, coarse, model, upscaled : Path
        Indices of the ground truth, of what was kept of it and of what the model makes of that; the model.
    """

    full: Path
    coarse: Path
    model: Path
    upscaled: Path

    @classmethod
    def of(cls, folder: Path) -> Files:
        """Those in a folder, which is the demo's and the name of the series."""
        return cls(*(folder / file for file in ("full.pvd", "coarse.pvd", "model.stsr", "upscaled.pvd")))
