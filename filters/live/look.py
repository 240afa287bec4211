"""What live views in ParaView and in pyvista have in common: arrangement, camera, colours of errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stsr_filters.rendering.camera import Camera
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.rendering.transfer_function import TransferFunction

#: Width of a legend that stands at the end of a row, as a share of a view's.
LEGEND_SHARE = 0.35
#: Where the legend stands in :func:`arrangement`.
LEGEND = ""

_ERROR_COLORS = "RdBu_r"
_ERROR_OPACITY = ((0.0, 0.0), (0.05, 0.0), (0.3, 0.15), (1.0, 0.8))  # (|error| / limit, opacity)
_COLOR_POINTS = 129
_LETTER = 0.56  # width of a letter in heights, on average
_TITLE_LINES = 1.8  # height of a title with the room around it, in heights of its text


def error_title(title: str) -> str:
    """What the error view of a prediction is called."""
    return f"error of {title}"


def arrangement(titles: Sequence[str], predictions: Sequence[str]) -> list[list[str]]:
    """Titles of the views row by row, with :data:`LEGEND` for the legend.

    One error stands at the end of the row, before the legend; several make a second row, after a legend as
    wide as the places that are left.

    Raises
    ------
    ValueError
        Two views would have the same title, or one none.

    Examples
    --------
    >>> arrangement(["truth", "A"], ["A"])
    [['truth', 'A', 'error of A', '']]
    >>> arrangement(["truth", "A", "B"], ["A", "B"])
    [['truth', 'A', 'B'], ['', 'error of A', 'error of B']]
    """
    errors = [error_title(title) for title in predictions]
    if len({LEGEND, *titles, *errors}) != 1 + len(titles) + len(errors):
        raise ValueError(f"titles must differ from each other and from {errors}, got {list(titles)}")
    if len(errors) < 2:
        return [[*titles, *errors, LEGEND]]
    return [list(titles), [LEGEND, *errors]]


def column_shares(rows: Sequence[Sequence[str]]) -> list[list[float]]:
    """Width of each place of :func:`arrangement` in widths of a view."""
    if len(rows) == 1:
        return [[LEGEND_SHARE if title == LEGEND else 1.0 for title in rows[0]]]
    spare = 1 + len(rows[0]) - len(rows[1])
    return [[1.0] * len(rows[0]), [float(spare) if title == LEGEND else 1.0 for title in rows[1]]]


def text_height(size: Sequence[int]) -> int:
    """Height in pixels of titles and labels in views of ``size`` (width, height)."""
    return max(9, round(min(size) / 26))


def fitting_height(words: str, width: float, height: int) -> int:
    """Height in pixels, at most ``height``, at which the words are not wider than ``width`` pixels.

    Examples
    --------
    >>> fitting_height("density", 168, 18), fitting_height("density of the fluid (kg/m³)", 168, 18)
    (18, 10)
    """
    return min(height, max(6, int(width / (_LETTER * max(1, len(words))))))


def camera_below_title(bounds: Sequence[float], size: Sequence[int]) -> Camera:
    """:meth:`Camera.around` the box, so far away that it leaves room for a line of text above it.

    Parameters
    ----------
    bounds : six floats
        (x0, x1, y0, y1, z0, z1).
    size : (width, height)
        Pixels of a view.
    """
    width, height = size
    share = max(0.5, 1 - 2 * _TITLE_LINES * text_height(size) / height)
    plain = Camera.view_angle
    inner = np.degrees(2 * np.arctan(share * np.tan(np.radians(plain / 2))))
    fitted = Camera.around(bounds, view_angle=float(inner), aspect=width / height / share)
    return replace(fitted, view_angle=plain)


def error_transfer_function(limit: float, *, name: str = "") -> TransferFunction:
    """A diverging map over −limit … limit that shows an error the more opaque the larger it is.

    Blue is a prediction that is too low, red one that is too high. The colour at u = |error| / limit is the
    one that matplotlib's RdBu_r has at √u, so that small errors have a colour too; opacity, the same for both
    signs, is 0 up to u = 0.05 and 0.8 at the limit. Light would change these colours: draw without shading.

    Parameters
    ----------
    limit : float
        The largest error shown, > 0, in the unit of the data. Larger ones look like the limit.
    name : str
        The variable it is for.

    Raises
    ------
    ValueError
        The limit is not a finite number above 0.

    Examples
    --------
    >>> made = error_transfer_function(2.0)
    >>> made.range, made.opacities([-2, 0, 0.6, 2]).round(4).tolist()
    ((-2.0, 2.0), [0.8, 0.0, 0.15, 0.8])
    """
    if not 0 < limit < np.inf:
        raise ValueError(f"error_limit must be a finite number > 0, got {limit}")
    colors = transfer_function_of(np.array([-1.0, 1.0]), colors=_ERROR_COLORS).vtk_colors()
    even = np.linspace(-1, 1, _COLOR_POINTS)  # a graphics card's table is as fine as the closest two points
    points = [(limit * float(u), *colors.GetColor(np.sign(u) * np.sqrt(abs(u)))) for u in even]
    above = [(limit * u, opacity) for u, opacity in _ERROR_OPACITY]
    below = [(-value, opacity) for value, opacity in above[:0:-1]]
    return TransferFunction(tuple(points), (*below, *above), name=name)


def symmetric_limit(errors: Sequence[float] | np.ndarray, values: TransferFunction) -> float:
    """The largest |error|, for which both extremes suffice; without any, a thousandth of the values' range.

    Examples
    --------
    >>> symmetric_limit([-3.0, 2.0], TransferFunction([(0, 0, 0, 0), (1, 1, 1, 1)], [(0, 1)]))
    3.0
    """
    largest = float(np.abs(np.asarray(errors, dtype=np.float64)).max(initial=0.0))
    low, high = values.range
    return largest or 1e-3 * (high - low)
