"""When two times are one: the rule of every comparison of series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def time_tolerance(times: Sequence[float] | np.ndarray) -> float:
    """How far two times may lie apart and still be one: a millionth of the shortest interval.

    Parameters
    ----------
    times : sequence of float
        Of the ground truth. With fewer than two a billionth of the time itself, at least 1e-9.

    Examples
    --------
    >>> time_tolerance([0.0, 0.5, 2.5])
    5e-07
    """
    listed = np.sort(np.asarray(times, dtype=np.float64))
    if len(listed) > 1:
        return 1e-6 * float(np.diff(listed).min())
    return 1e-9 * max(1.0, *np.abs(listed).tolist(), 1.0)


def are_among(times: Sequence[float], known: Sequence[float], tolerance: float) -> list[bool]:
    """For each time, whether it is one of those known, such as the times that a model was trained on.

    Examples
    --------
    >>> are_among([0.0, 1.0, 2.0], [0.0, 2.0], 1e-6)
    [True, False, True]
    """
    return [bool(np.any(np.abs(np.asarray(known) - t) <= tolerance)) for t in times]


def shared_steps(
    prediction: Sequence[float] | np.ndarray, truth: Sequence[float] | np.ndarray
) -> dict[int, int]:
    """Step of the ground truth → step of the prediction at the same time.

    Examples
    --------
    >>> shared_steps([0.0, 0.5, 1.0, 1.5], [0.0, 1.0, 2.0])
    {0: 0, 1: 2}
    """
    tolerance = time_tolerance(truth)
    listed = np.asarray(prediction, dtype=np.float64)
    nearest = {i: int(np.argmin(np.abs(listed - t))) for i, t in enumerate(truth)}
    return {i: j for i, j in nearest.items() if abs(listed[j] - truth[i]) <= tolerance}
