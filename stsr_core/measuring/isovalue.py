"""The isovalue that is taken when none is given."""

from __future__ import annotations

import numpy as np

_BINS = 256


def separating_value(values: np.ndarray) -> float | None:
    """The value that parts a histogram best into two classes.

    With the shares w and means m of the values below and above a threshold, the one is taken that makes the
    variance between the classes, w_low · w_high · (m_high − m_low)², largest; the middle where several do.
    256 equal bins over the range. Source: Otsu 1979. Such a surface lies between background and feature in
    most steps, needs no unit, and depends on the ground truth alone.

    Parameters
    ----------
    values : ndarray
        Ground truth of any shape, all its steps at once; values that are not finite are left out.

    Returns
    -------
    float or None
        None where all values are equal, or none is finite: there is no surface.

    Examples
    --------
    >>> separating_value(np.array([0.0, 0.0, 0.0, 10.0]))
    5.0
    """
    values = np.asarray(values, dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    if not values.size or values.min() == values.max():
        return None
    counts, edges = np.histogram(values, _BINS)
    centers = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1] / values.size
    sums = np.cumsum(counts * centers)
    mean_below = sums[:-1] / np.maximum(below * values.size, 1)
    mean_above = (sums[-1] - sums[:-1]) / np.maximum((1 - below) * values.size, 1)
    between = below * (1 - below) * (mean_above - mean_below) ** 2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float((edges[1:-1][best[0]] + edges[1:-1][best[-1]]) / 2)
