"""Laplace distributions as whole numbers: 72 scales, each with counts that sum to 65,536.

A symbol is q = round(s − μ), so that its probability depends on the scale alone: P(0) = 1 − e^(−1/(2b)) and
P(±k) = sinh(1/(2b))·e^(−k/b).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

#: Smallest and largest scale, and how many there are, evenly spaced in their logarithms.
LEAST, MOST, N_SCALES = 0.02, 64.0, 72
#: Counts of a table sum to this.
TOTAL = 1 << 16
#: A symbol beyond ±K is written as an escape and a number; K is the smallest with less probability beyond.
_BEYOND = 2.0**-14


class Table(NamedTuple):
    """Counts of the symbols −K … K, and of the escape at the end; each is at least 1.

    Parameters
    ----------
    half_width : int
        K.
    counts : ndarray
        (2K + 2,), sum 65,536.
    """

    half_width: int
    counts: np.ndarray


def scale(index: int) -> float:
    """Scale of a table.

    Examples
    --------
    >>> scale(0), round(scale(N_SCALES - 1), 9)
    (0.02, 64.0)
    """
    return LEAST * (MOST / LEAST) ** (index / (N_SCALES - 1))


def indices_of(scales: np.ndarray) -> np.ndarray:
    """The table whose scale is nearest in its logarithm, uint8.

    Examples
    --------
    >>> indices_of(np.array([-1.0, 0.02, 64.0, 1e9])).tolist()
    [0, 0, 71, 71]
    """
    bounded = np.clip(scales.astype(np.float64), LEAST, MOST)
    places = np.log(bounded / LEAST) * ((N_SCALES - 1) / math.log(MOST / LEAST))
    return np.rint(places).astype(np.uint8)


@lru_cache(maxsize=N_SCALES)
def table(index: int) -> Table:
    """The table of a scale.

    Examples
    --------
    >>> table(0).half_width, table(0).counts.tolist(), table(71).half_width
    (1, [1, 65533, 1, 1], 621)
    """
    b = scale(index)
    half_width = max(1, math.floor(-math.log(_BEYOND) * b - 0.5) + 1)
    away = np.abs(np.arange(-half_width, half_width + 1))
    # sinh(1/2b)·e^(−k/b) as a difference of two exponentials, which does not overflow.
    outer = 0.5 * (np.exp(-(away - 0.5) / b) - np.exp(-(away + 0.5) / b))
    outer[half_width] = -math.expm1(-0.5 / b)
    probabilities = np.append(outer, math.exp(-(half_width + 0.5) / b))
    counts = np.maximum(1, np.rint(probabilities * TOTAL)).astype(np.int64)
    counts[half_width] += TOTAL - counts.sum()  # the largest one takes what rounding has left
    return Table(half_width, counts)
