"""Renderings of a prediction and its ground truth beside each other, and how differently they look."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_image
from stsr_core.measuring.pair import Pair
from stsr_core.measuring.survey import Survey
from stsr_core.metrics.table import Pictures

_TRUTH, _PREDICTION = "ground truth", "prediction"
_SMALLEST, _LARGEST = 64, 4096
#: A picture of three views is shown in a part of a window: titles of this share of a view can be read there.
_TEXT = 1 / 14


class PictureKind(IntEnum):
    """The values of the property PictureKind."""

    VOLUME = 0
    ISOSURFACE = 1


@dataclass(frozen=True)
class PictureChoice:
    """What is drawn.

    Parameters
    ----------
    enabled : bool
        Without it nothing is drawn, and no display is needed.
    kind : int
        A :class:`PictureKind`.
    size : int
        Width and height in pixels of each rendering, 64 to 4096.
    variable : str
        Which variable the picture shows, "" for the first; every variable is rendered and measured.
    color_file : str
        Preset (.json, .xml) or state (.pvsm) of ParaView with the colours, "" to derive them.
    """

    enabled: bool = False
    kind: int = PictureKind.VOLUME
    size: int = 1024
    variable: str = ""
    color_file: str = ""

    def check(self) -> None:
        """ValueError unless kind and size are possible."""
        if self.kind not in tuple(PictureKind):
            raise ValueError(f"Picture Kind must be 0 (volume) or 1 (isosurface), got {self.kind}")
        if not _SMALLEST <= self.size <= _LARGEST:
            raise ValueError(f"Picture Size must be from {_SMALLEST} to {_LARGEST} pixels, got {self.size}")

    @property
    def text(self) -> float:
        """Height of titles in pixels."""
        return _TEXT * self.size

    def picture_size(self) -> tuple[int, int]:
        """(width, height) in pixels of the whole picture, which the pipeline must know beforehand."""
        from stsr_filters.rendering.titled_pictures import sheet

        # Laid out with empty views: the sheet alone knows its margins.
        blank = np.full((self.size, self.size, 3), 255, np.uint8)
        made = sheet(
            {_TRUTH: blank, _PREDICTION: blank},
            {_PREDICTION: blank},
            title="title",
            notes={_PREDICTION: "note"},
            text=self.text,
        )
        return made.shape[1], made.shape[0]

    def transfer_function(self, name: str, survey: Survey) -> Any:
        """That of the file, or one derived from the ground truth; a preset gives its colours alone."""
        from stsr_filters.rendering.derived_transfer_function import transfer_function_of
        from stsr_filters.rendering.transfer_function import TransferFunction

        if not self.color_file:
            return transfer_function_of(survey.sample(), name=name)
        path = Path(self.color_file)
        if path.suffix.lower() == ".pvsm":
            return TransferFunction.from_pvsm(path, name)
        preset = TransferFunction.from_paraview_preset(path)
        return transfer_function_of(survey.sample(), colors=preset, name=name)


@dataclass(frozen=True)
class Looks:
    """How one variable looks at one step.

    Parameters
    ----------
    picture : ndarray
        (H, W, 3) uint8: both renderings and their difference image.
    renderings : Pictures
        Both alone, of which measures are taken. Nothing is downloaded for that: a pipeline must not wait for
        a network that nobody asked for.
    """

    picture: np.ndarray
    renderings: Pictures


def look_at(
    pair: Pair,
    grid: Grid,
    survey: Survey,
    choice: PictureChoice,
    *,
    isovalue: float = math.nan,
    title: str = "",
    note: str = "",
    report: Callable[[str], None] = lambda text: None,
) -> Looks:
    """Render both, and lay them out with their difference image.

    Parameters
    ----------
    survey : Survey
        Of the ground truth: the transfer function derives from it.
    isovalue : float
        For isosurfaces.
    title, note : str
        Above the picture, and below the word "prediction".
    report : callable
        Called with what is begun; may raise to stop.

    Raises
    ------
    ValueError, RuntimeError
        What :func:`stsr_filters.rendering.side_by_side.side_by_side` raises: a flat grid, no display.
    """
    from stsr_filters.rendering.side_by_side import side_by_side

    surfaces = choice.kind == PictureKind.ISOSURFACE
    if surfaces and not math.isfinite(isovalue):
        raise ValueError(f"{pair.name}: there is no isovalue to draw an isosurface of")
    report(f"{pair.name}: rendering")
    images = {
        title: to_vtk_image(grid, {pair.name: _with_holes(values, pair.mask)})
        for title, values in ((_TRUTH, pair.truth), (_PREDICTION, pair.prediction))
    }
    views = side_by_side(
        images,
        pair.name,
        isovalue=isovalue if surfaces else None,
        transfer_function=None if surfaces else choice.transfer_function(pair.name, survey),
        size=(choice.size, choice.size),
        title=title,
        notes={_PREDICTION: note},
        label=f"{pair.name} ({pair.unit})" if pair.unit else pair.name,
        text=choice.text,
    )
    return Looks(views.picture, Pictures(views.renderings[_TRUTH], views.renderings[_PREDICTION]))


def _with_holes(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    dtype = np.float64 if values.dtype == np.float64 else np.float32
    return values.astype(dtype) if mask.all() else np.where(mask, values, np.nan).astype(dtype)
