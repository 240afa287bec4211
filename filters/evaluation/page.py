"""A page of pictures in rows and columns, with titles, marked zoom-ins and the legend of differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_DPI = 100
_INK, _PALE, _MARK = "0.1", "0.4", "#d62728"
_GAP = 6  # pixels between two pictures
_THRESHOLD, _SATURATION = 6.0, 60.0  # the defaults of stsr_core.metrics.difference_image
#: Edge of a zoomed region as a share of the picture.
ZOOM = 0.25


@dataclass(frozen=True)
class Row:
    """One row of a page.

    Parameters
    ----------
    label : str
        Stands to the left, upright.
    pictures : sequence of ndarray or None
        (H, W, 3) uint8 of one size per column; None leaves a place empty.
    mark : (x, y, edge) or None
        A square in pixels of the pictures that is outlined.
    legend : bool
        Draw the legend of difference images to the right.
    """

    label: str
    pictures: Sequence[np.ndarray | None]
    mark: tuple[int, int, int] | None = None
    legend: bool = False


def write_page(
    path: Path, titles: Sequence[str], rows: Sequence[Row], *, notes: Sequence[str] = (), cell: int = 256
) -> None:
    """Write a PNG.

    Parameters
    ----------
    titles, notes : sequence of str
        Above each column, and a paler line below its title.
    cell : int
        Width and height in pixels of a picture on the page; a whole fraction of its own size is averaged.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    left, top = 24, 46 if any(notes) else 28
    right = 62 if any(row.legend for row in rows) else 4
    width = left + len(titles) * (cell + _GAP) + right
    height = top + len(rows) * (cell + _GAP)
    # Figure without pyplot: no global state, no window system.
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)

    def write(x: float, y: float, text: str, **style: Any) -> None:
        style = {"ha": "center", "va": "center", "color": _INK, "fontsize": 10, **style}
        figure.text(x / width, 1 - y / height, text, **style)

    def place(x: float, y: float, w: float, h: float) -> Any:
        return figure.add_axes((x / width, 1 - (y + h) / height, w / width, h / height))

    for column, title in enumerate(titles):
        middle = left + column * (cell + _GAP) + cell / 2
        write(middle, 14, title, weight="bold")
        if column < len(notes):
            write(middle, 33, notes[column], color=_PALE, fontsize=8.5)
    for number, row in enumerate(rows):
        y = top + number * (cell + _GAP)
        write(11, y + cell / 2, row.label, rotation="vertical", color=_PALE, fontsize=9.5)
        for column, picture in enumerate(row.pictures):
            if picture is None:
                continue
            axes = place(left + column * (cell + _GAP), y, cell, cell)
            axes.imshow(resized(picture, cell), interpolation="nearest", aspect="auto")
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(color="0.75", linewidth=0.6)
            if row.mark is not None:
                mx, my, edge = (v * cell / len(picture) for v in row.mark)
                axes.add_patch(
                    Rectangle((mx - 0.5, my - 0.5), edge, edge, fill=False, color=_MARK, linewidth=1.2)
                )
        if row.legend:
            _legend(place(width - right + 8, y + 26, 12, cell - 40))
            write(width - right + 26, y + 12, "ΔE", color=_PALE, fontsize=8.5)
    canvas.draw()
    save_picture(np.asarray(canvas.buffer_rgba())[..., :3], path)


def _legend(axes: Any) -> None:
    from stsr_core.metrics import difference_colors

    colors = difference_colors(np.linspace(0, _SATURATION, 241))
    axes.imshow(colors[:, None], origin="lower", aspect="auto", extent=(0, 1, 0, _SATURATION))
    axes.yaxis.tick_right()
    axes.set_xticks([])
    axes.set_yticks([0, _THRESHOLD, 20, 40, _SATURATION], ["0", "6", "20", "40", "≥60"])
    axes.tick_params(labelsize=7.5, length=2, color=_PALE, labelcolor=_INK)
    for spine in axes.spines.values():
        spine.set(color=_PALE, linewidth=0.6)


def resized(picture: np.ndarray, edge: int) -> np.ndarray:
    """A square picture (H, H, 3) at ``edge`` pixels: averaged when it shrinks, smoothly enlarged else."""
    from PIL import Image

    if len(picture) == edge:
        return picture
    shrinks = len(picture) > edge
    method = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((edge, edge), method))


def save_picture(picture: np.ndarray, path: Path) -> None:
    """Write (H, W, 3) uint8 as a PNG."""
    from PIL import Image

    Image.fromarray(np.ascontiguousarray(picture)).save(path, format="PNG", optimize=True)


def zoom_window(
    reference: np.ndarray, others: Mapping[str, np.ndarray] | Sequence[np.ndarray], share: float = ZOOM
) -> tuple[int, int, int]:
    """The square (x, y, edge) where the pictures differ most from the reference, on average over the pictures.

    Parameters
    ----------
    reference : ndarray
        (H, W, 3) uint8.
    others : sequence of ndarray
        Of the same size. Without any difference the middle is taken.
    share : float
        Edge of the square as a share of the width.

    Examples
    --------
    >>> white = np.full((8, 8, 3), 255, np.uint8)
    >>> dotted = white.copy()
    >>> dotted[6, 1] = 0
    >>> zoom_window(white, [dotted])
    (0, 5, 2)
    """
    from stsr_core.metrics import cieluv_distance

    height, width = reference.shape[:2]
    edge = max(1, round(share * width))
    pictures = list(others.values()) if isinstance(others, Mapping) else list(others)
    total = np.zeros((height, width))
    for picture in pictures:
        total += cieluv_distance(reference, picture)
    if not total.any():
        return (width - edge) // 2, (height - edge) // 2, edge
    sums = np.pad(total.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    windows = sums[edge:, edge:] - sums[:-edge, edge:] - sums[edge:, :-edge] + sums[:-edge, :-edge]
    y, x = np.unravel_index(int(np.argmax(windows)), windows.shape)
    return int(x), int(y), edge


def cropped(picture: np.ndarray, window: tuple[int, int, int]) -> np.ndarray:
    """The part of a picture in a square (x, y, edge)."""
    x, y, edge = window
    return picture[y : y + edge, x : x + edge]
