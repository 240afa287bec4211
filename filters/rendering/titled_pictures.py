"""Several pictures of one size on a white sheet, with titles and the legends of values and differences."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from stsr_core.metrics import difference_colors
from stsr_filters.rendering.transfer_function import TransferFunction

_THRESHOLD, _SATURATION = 6.0, 60.0  # the defaults of stsr_core.metrics.difference_image
_INK, _PALE = "0.15", "0.4"
_DPI = 100


class _Page:
    """A matplotlib figure measured in pixels from the upper left: pictures are copied, not resampled."""

    def __init__(self, width: int, height: int, text: float) -> None:
        with warnings.catch_warnings():
            # Where ParaView's Python holds an older mpl_toolkits; nothing here is three-dimensional.
            warnings.filterwarnings("ignore", message="Unable to import Axes3D")
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure  # not pyplot, which keeps figures and may open a window

        self.width, self.height, self.text = width, height, text
        self.figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
        self.canvas = FigureCanvasAgg(self.figure)

    def axes(self, x: float, y: float, width: float, height: float) -> Any:
        return self.figure.add_axes(
            (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        )

    def points(self, scale: float) -> float:
        """Font size in points of ``scale`` times the titles' height."""
        return self.text * scale * 72 / _DPI

    def write(self, x: float, y: float, words: str, scale: float = 1.0, **style: Any) -> None:
        style = {"ha": "center", "va": "center", "color": _INK, "fontsize": self.points(scale), **style}
        self.figure.text(x / self.width, 1 - y / self.height, words, **style)

    def pixels(self) -> np.ndarray:
        self.canvas.draw()
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()


def sheet(
    renderings: Mapping[str, np.ndarray],
    differences: Mapping[str, np.ndarray],
    *,
    title: str = "",
    notes: Mapping[str, str] | None = None,
    transfer_function: TransferFunction | None = None,
    label: str = "",
    text: float | None = None,
) -> np.ndarray:
    """Lay out renderings and their differences from the first.

    One difference stands at the end of the row; several make a second row, each below its rendering.

    Parameters
    ----------
    renderings, differences : mapping of str to ndarray
        (H, W, 3) uint8 of one size, by title; the titles of differences are among those of the renderings.
    title : str
        Above everything.
    notes : mapping of str to str, optional
        A line below the title of a rendering.
    transfer_function : TransferFunction, optional
        Drawn as a colour bar called ``label``, with its opacity beside it.
    text : float, optional
        Height of titles in pixels, at least 9; by default a 26th of the smaller side of a rendering.

    Returns
    -------
    ndarray
        (H', W', 3) uint8.
    """
    notes = notes or {}
    height, width = next(iter(renderings.values())).shape[:2]
    text = max(9.0, min(height, width) / 26 if text is None else text)
    two_rows = len(differences) > 1
    columns = len(renderings) + (len(differences) == 1)
    gap, top = round(0.5 * text), round(2.4 * text if title else 0.4 * text)
    head = round((3.3 if notes else 2.0) * text)
    legends = [(0, "values")] if transfer_function is not None else []
    legends += [(1 if two_rows else 0, "difference")] if differences else []
    legend_width = round(8.0 * text) if legends else 0
    page = _Page(
        gap + columns * (width + gap) + legend_width, top + (1 + two_rows) * (head + height) + gap, text
    )

    def view(column: int, row: int, image: np.ndarray, words: str, note: str = "") -> None:
        x, y = gap + column * (width + gap), top + row * (head + height)
        page.write(x + width / 2, y + (0.32 if notes and not row else 0.5) * head, words)
        page.write(x + width / 2, y + 0.76 * head, note, 0.8, color=_PALE)
        place = page.axes(x, y + head, width, height)
        place.imshow(image, interpolation="nearest", aspect="auto")
        place.set_axis_off()

    page.write(page.width / 2, top / 2, title, 1.15, weight="bold")
    for column, (name, image) in enumerate(renderings.items()):
        view(column, 0, image, name, notes.get(name, ""))
    titles = list(renderings)
    for name, image in differences.items():
        if two_rows:
            view(titles.index(name), 1, image, f"difference of {name}")
        else:
            view(columns - 1, 0, image, "difference")
    for i, (row, kind) in enumerate(legends):
        share = 1 if two_rows else len(legends)  # two legends of one row stand one above the other
        at = 0 if two_rows else i
        length = height / share
        x, y = columns * (width + gap) + gap + text, top + row * (head + height) + head + at * length
        box = (x, y + 1.9 * text, 1.1 * text, max(length - 2.9 * text, 0.2 * length))
        if kind == "values" and transfer_function is not None:
            _value_legend(page, box, transfer_function, label)
        else:
            _difference_legend(page, box)
    return page.pixels()


def _value_legend(
    page: _Page, box: tuple[float, ...], transfer_function: TransferFunction, label: str
) -> None:
    """Colours of the values and, to their left as a grey curve, the opacity."""
    low, high = transfer_function.range
    values = np.linspace(low, high, 256)
    x, y, width, height = box
    page.write(x - 0.6 * page.text, y - 1.2 * page.text, label, 0.85, ha="left")
    page.write(x - 1.0 * page.text, y + height / 2, "opacity", 0.65, rotation="vertical", color=_PALE)
    curve = page.axes(x - 0.6 * page.text, y, 0.9 * page.text, height)
    opacity = transfer_function.opacities(values)
    curve.fill_betweenx(values, -opacity / (opacity.max() or 1.0), 0, color="0.78", linewidth=0)
    curve.set(xlim=(-1.0, 0), ylim=(low, high))
    curve.set_axis_off()
    bar = page.axes(x + 0.3 * page.text, y, width, height)
    bar.imshow(
        transfer_function.colors(values)[:, None], origin="lower", aspect="auto", extent=(0, 1, low, high)
    )
    _finish(page, bar)


def _difference_legend(page: _Page, box: tuple[float, ...]) -> None:
    x, y, width, height = box
    page.write(x - 0.6 * page.text, y - 1.2 * page.text, "ΔE (CIELUV)", 0.85, ha="left")
    bar = page.axes(x + 0.3 * page.text, y, width, height)
    distances = np.linspace(0, _SATURATION, 241)
    colors = difference_colors(distances)
    bar.imshow(colors[:, None], origin="lower", aspect="auto", extent=(0, 1, 0, _SATURATION))
    _finish(page, bar)
    bar.set_yticks(
        [0, _THRESHOLD, 20, 40, _SATURATION], ["0", f"{_THRESHOLD:g}", "20", "40", f"≥ {_SATURATION:g}"]
    )


def _finish(page: _Page, bar: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.yaxis.set_major_locator(MaxNLocator(5))
    bar.tick_params(labelsize=page.points(0.8), length=0.25 * page.text, color=_INK, labelcolor=_INK)
    for spine in bar.spines.values():
        spine.set(color=_PALE, linewidth=0.8)
