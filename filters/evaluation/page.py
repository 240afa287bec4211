"""A page of pictures in rows and columns, with titles, marked zoom-ins and the legend of differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
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
    legend : "difference", TransferFunction or None
        To the right: the legend of difference images, or the colours of the values.
    """

    label: str
    pictures: Sequence[np.ndarray | None]
    mark: tuple[int, int, int] | None = None
    legend: Any = None


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
    right = 62 if any(row.legend is not None for row in rows) else 4
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
        if row.legend is not None:
            draw, words = _difference_legend, "ΔE"
            if not isinstance(row.legend, str):
                draw, words = partial(_value_legend, row.legend), ""
            draw(place(width - right + 8, y + 22, 12, max(8, cell - 36)))
            write(width - right + 14, y + 10, words, color=_PALE, fontsize=8.5)
    canvas.draw()
    save_picture(np.asarray(canvas.buffer_rgba())[..., :3], path)


def _difference_legend(axes: Any) -> None:
    from stsr_core.metrics import difference_colors

    _color_bar(axes, difference_colors(np.linspace(0, _SATURATION, 241)), 0, _SATURATION)
    axes.set_yticks([0, _THRESHOLD, 20, 40, _SATURATION], ["0", "6", "20", "40", "≥60"])


def _value_legend(transfer_function: Any, axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = transfer_function.range
    _color_bar(axes, transfer_function.colors(np.linspace(low, high, 256)), low, high)
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _color_bar(axes: Any, colors: np.ndarray, low: float, high: float) -> None:
    axes.imshow(colors[:, None], origin="lower", aspect="auto", extent=(0, 1, low, high))
    axes.yaxis.tick_right()
    axes.set_xticks([])
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
    """Write (H, W, 3) uint8 as a PNG, with colours of six bits: little to the eye, much to the file."""
    from PIL import Image

    rounded = (picture & 0xFC) | (picture >> 6)  # white and black stay
    Image.fromarray(np.ascontiguousarray(rounded)).save(path, format="PNG", compress_level=9)


def zoom_window(
    reference: np.ndarray, others: Sequence[np.ndarray], share: float = ZOOM
) -> tuple[int, int, int]:
    """The square (x, y, edge) that holds most of what differs from the reference.

    Each picture has one vote, shared among the pixels by its CIELUV distances from the reference, so that one
    that differs everywhere does not outvote those that differ in one place.

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
    votes = np.zeros((height, width))
    for picture in others:
        distance = cieluv_distance(reference, picture)
        votes += distance / (distance.sum() or 1.0)
    if not votes.any():
        return (width - edge) // 2, (height - edge) // 2, edge
    sums = np.pad(votes.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    windows = sums[edge:, edge:] - sums[:-edge, edge:] - sums[edge:, :-edge] + sums[:-edge, :-edge]
    y, x = np.unravel_index(int(np.argmax(windows)), windows.shape)
    return int(x), int(y), edge


def cropped(picture: np.ndarray, window: tuple[int, int, int]) -> np.ndarray:
    """The part of a picture in a square (x, y, edge)."""
    x, y, edge = window
    return picture[y : y + edge, x : x + edge]
