"""Bilinear (Q1) elements on a square whose coefficient is constant on cells: exact sub-cell integration.

The unit square has N×N elements and E×E cells, N and E being any numbers: where they do not divide each
other, an element is cut at every cell boundary that runs through it. On each part the integrand is a product
of a polynomial in y and one in x, so that an element's matrix follows from six numbers: three *moments* of
the coefficient for each direction of the derivative. ::

    K[(a, b), (c, d)] = y-moment[a, c] · s(b, d)  +  x-moment[b, d] · s(a, c)      a, c along y; b, d along x
                        (derivatives in x)           (derivatives in y)            s = 1 if equal, else −1

With a constant coefficient 1 the moments are 1/3, 1/6, 1/3, and K is the textbook matrix

    1/6 · (4, −1, −1, −2;  −1, 4, −2, −1;  −1, −2, 4, −1;  −2, −1, −1, 4),

which does not depend on the size of an element in two dimensions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from stsr_core.checks import is_whole

#: How the coefficient is taken inside an element: integrated exactly, by its mean, or at the centre.
QUADRATURES = ("exact", "mean", "midpoint")
#: ∫(1−t)², ∫t(1−t) and ∫t² over an element.
_WHOLE = np.array([1 / 3, 1 / 6, 1 / 3])


class Overlaps(NamedTuple):
    """What each element of an axis has of each cell, in the element's own coordinate t in [0, 1].

    Each is a sparse matrix (N, E): the length of the common interval, and ∫(1−t)², ∫t(1−t) and ∫t² over it.
    """

    length: sparse.csr_array
    lower: sparse.csr_array
    mixed: sparse.csr_array
    upper: sparse.csr_array


def overlaps(intervals: int, cells: int) -> Overlaps:
    """The common intervals of N elements and E cells of one axis.

    Parameters
    ----------
    intervals, cells : int
        N and E, >= 1.

    Examples
    --------
    >>> overlaps(2, 3).length.toarray().round(4).tolist()
    [[0.6667, 0.3333, 0.0], [0.0, 0.3333, 0.6667]]
    """
    # In whole numbers, so that boundaries that coincide are one: units of 1/(N·E) of the axis.
    cuts = np.union1d(np.arange(intervals + 1) * cells, np.arange(cells + 1) * intervals)
    start, end = cuts[:-1], cuts[1:]
    element, cell = start // cells, start // intervals
    t0, t1 = start / cells - element, end / cells - element
    cubes = (t1**3 - t0**3) / 3
    squares = (t1**2 - t0**2) / 2
    length = t1 - t0
    parts = (length, length - 2 * squares + cubes, squares - cubes, cubes)
    shape = (intervals, cells)
    return Overlaps(*(sparse.csr_array((part, (element, cell)), shape=shape) for part in parts))


def moments(coefficient: np.ndarray, intervals: int, quadrature: str = "exact") -> np.ndarray:
    """The six numbers of every element from which its matrix follows.

    Parameters
    ----------
    coefficient : ndarray
        (E, E), > 0; row i is the i-th cell in y, column j the j-th in x.
    intervals : int
        N >= 2.
    quadrature : {"exact", "mean", "midpoint"}
        Exact integration over the parts of an element is the Galerkin method; the two others take one value
        for each element.

    Returns
    -------
    ndarray
        (2, 3, N, N) float64: of the derivatives in x the moments 00, 01, 11 along y, and of those in y the
        moments along x.

    Raises
    ------
    ValueError
        If the coefficient is no square of finite numbers > 0, or another entry is out of range.

    Examples
    --------
    >>> (6 * moments(np.ones((3, 3)), 2)[:, :, 0, 0]).round(12).tolist()
    [[2.0, 1.0, 2.0], [2.0, 1.0, 2.0]]
    """
    coefficient = checked_coefficient(coefficient)
    if not is_whole(intervals, 2):
        raise ValueError(f"intervals must be a whole number >= 2, got {intervals!r}")
    if quadrature not in QUADRATURES:
        raise ValueError(f"quadrature must be one of {', '.join(QUADRATURES)}, got {quadrature!r}")
    cells = len(coefficient)
    if quadrature == "midpoint":
        centre = (2 * np.arange(intervals) + 1) * cells // (2 * intervals)
        of_element = coefficient[np.ix_(centre, centre)]
    elif quadrature == "mean":
        length = overlaps(intervals, cells).length
        of_element = (length @ (length @ coefficient).T).T
    elif intervals % cells == 0:  # every element lies in one cell
        repeat = intervals // cells
        of_element = coefficient.repeat(repeat, axis=0).repeat(repeat, axis=1)
    else:
        axis = overlaps(intervals, cells)
        along_y = (axis.length @ coefficient.T).T  # (E, N): integrated along x
        along_x = axis.length @ coefficient  # (N, E): integrated along y
        parts = (axis.lower, axis.mixed, axis.upper)
        return np.stack(
            [np.stack([part @ along_y for part in parts]), np.stack([(part @ along_x.T).T for part in parts])]
        )
    return np.broadcast_to(_WHOLE[:, None, None] * of_element, (2, 3, intervals, intervals))


def entry(of_elements: np.ndarray, first: tuple[int, int], second: tuple[int, int]) -> np.ndarray:
    """One entry of every element's matrix.

    Parameters
    ----------
    of_elements : ndarray
        (2, 3, N, N) of :func:`moments`.
    first, second : (int, int)
        Two corners of an element, each 0 or 1 along y and x.

    Returns
    -------
    ndarray
        (N, N).

    Examples
    --------
    >>> round(6 * float(entry(moments(np.ones((1, 1)), 2), (0, 0), (1, 1))[0, 0]), 12)
    -2.0
    """
    (a, b), (c, d) = first, second
    sign_x, sign_y = 1 if b == d else -1, 1 if a == c else -1
    return sign_x * of_elements[0, a + c] + sign_y * of_elements[1, b + d]


def checked_coefficient(coefficient: np.ndarray) -> np.ndarray:
    """A coefficient (E, E) as float64, or one sentence about what is wrong with it.

    Raises
    ------
    ValueError
        If it is no square, or not everywhere a finite number > 0.
    """
    values = np.asarray(coefficient, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or values.size == 0:
        raise ValueError(f"the coefficient must be a square (E, E) of cells, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("the coefficient must be finite in every cell, got NaN or infinity")
    if values.min() <= 0:
        i, j = np.unravel_index(values.argmin(), values.shape)
        raise ValueError(
            f"the coefficient must be > 0 in every cell, got {values.min():g} in row {i}, column {j}"
        )
    return values
