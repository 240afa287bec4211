"""Coordinates on an axis, and interpolation along it as a matrix.

Coordinates are in [−1, 1]. A solution is a *nodal* image: its n nodes lie at −1 + 2i/(n−1), end points
included, because the nodes of finite elements lie on the boundary. A coefficient and every feature map are
*cell* images: of S cells the centres lie at −1 + (2i+1)/S. What is separable is a matrix for each axis.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Of the cubic convolution kernel; the value of torch's own bicubic interpolation.
SHARPNESS = -0.75


def nodes(count: int) -> np.ndarray:
    """Coordinates (n,) of the nodes of a nodal image, float64.

    Examples
    --------
    >>> nodes(5).tolist()
    [-1.0, -0.5, 0.0, 0.5, 1.0]
    """
    return -1 + 2 * np.arange(count) / (count - 1)


def cell_centres(count: int) -> np.ndarray:
    """Coordinates (S,) of the centres of cells, float64.

    Examples
    --------
    >>> cell_centres(4).tolist()
    [-0.75, -0.25, 0.25, 0.75]
    """
    return -1 + (2 * np.arange(count) + 1) / count


def cell_of(coordinates: np.ndarray, count: int) -> np.ndarray:
    """The cell (n,) in which a coordinate lies, the upper one of two; the last one for +1.

    Examples
    --------
    >>> cell_of(np.array([-1.0, 0.0, 0.4, 1.0]), 4).tolist()
    [0, 2, 2, 3]
    """
    # A node on a boundary of cells must not fall to either side of it by rounding.
    place = np.round((np.asarray(coordinates) + 1) / 2 * count, 9)
    return np.clip(np.floor(place).astype(np.int64), 0, count - 1)


def bilinear_matrix(coordinates: np.ndarray, count: int) -> np.ndarray:
    """Linear interpolation from n nodes at coordinates: (m, n) float64.

    Parameters
    ----------
    coordinates : ndarray
        (m,) in [−1, 1].
    count : int
        n >= 2.

    Examples
    --------
    >>> bilinear_matrix(np.array([-1.0, 0.5]), 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]
    """
    return _matrix(coordinates, count, (0, 1), lambda t: (1 - t, t))


def bicubic_matrix(coordinates: np.ndarray, count: int, sharpness: float = SHARPNESS) -> np.ndarray:
    """Cubic convolution (Keys 1981) from n nodes at coordinates: (m, n) float64.

    Beyond the ends the first and the last node are repeated, as torch does it.

    Parameters
    ----------
    coordinates : ndarray
        (m,) in [−1, 1].
    count : int
        n >= 2.
    sharpness : float
        The kernel's a, the slope at distance 1.

    Examples
    --------
    >>> bicubic_matrix(np.array([0.0]), 4).tolist()
    [[-0.09375, 0.59375, 0.59375, -0.09375]]
    """
    a = sharpness

    def near(d: np.ndarray) -> np.ndarray:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: np.ndarray) -> np.ndarray:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return _matrix(
        coordinates, count, (-1, 0, 1, 2), lambda t: (far(1 + t), near(t), near(1 - t), far(2 - t))
    )


def _matrix(
    coordinates: np.ndarray,
    count: int,
    offsets: tuple[int, ...],
    weights: Callable[[np.ndarray], tuple[np.ndarray, ...]],
) -> np.ndarray:
    """Weights of the nodes around each coordinate; those beyond an end are the end's own."""
    place = np.round((np.asarray(coordinates, dtype=np.float64) + 1) / 2 * (count - 1), 9)
    left = np.clip(np.floor(place).astype(np.int64), 0, count - 2)
    matrix = np.zeros((len(place), count))
    for offset, weight in zip(offsets, weights(place - left), strict=True):
        np.add.at(matrix, (np.arange(len(place)), np.clip(left + offset, 0, count - 1)), weight)
    return matrix
