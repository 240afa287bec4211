"""Errors between two volumes, node by node: PSNR, RMSE, NRMSE and the largest error.

Every function takes the ground truth first. A ``mask`` is boolean, True where a point counts; points
outside it may hold anything, NaN included. Points inside it must be finite: NaN has no distance to anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

_BLOCK = 1 << 22  # values converted to float64 at a time, so that a volume is never copied whole


def psnr(
    truth: np.ndarray, prediction: np.ndarray, *, data_range: float, mask: np.ndarray | None = None
) -> float:
    """Peak signal-to-noise ratio in dB: 20·log10(data_range) − 10·log10(MSE).

    Parameters
    ----------
    truth, prediction : ndarray
        Arrays of one shape and any number of axes, in the same unit.
    data_range : float
        Largest minus smallest possible value of the ground truth, > 0: 2 for data normalised to [−1, 1],
        or :func:`value_range` of one step or of the whole series. It is never guessed.
    mask : ndarray of bool, optional
        True where a point counts; broadcast against ``truth``.

    Returns
    -------
    float
        dB; +inf for identical arrays.

    Raises
    ------
    ValueError
        Shapes differ, ``data_range`` is not > 0, a counted value is not finite, or nothing is counted.

    Examples
    --------
    >>> round(psnr(np.array([-1, 0, 1, 0.5]), np.array([-0.9, 0.1, 0.8, 0.5]), data_range=2), 6)
    24.259687
    """
    return decibels(rmse(truth, prediction, mask=mask), data_range=require_data_range(data_range))


def decibels(error: float, *, data_range: float) -> float:
    """The PSNR that belongs to an RMSE: 20·log10(data_range / error), +inf where there is no error.

    Parameters
    ----------
    error : float
        RMSE, >= 0.
    data_range : float
        > 0, in the unit of the error.

    Examples
    --------
    >>> decibels(0.5, data_range=5)
    20.0
    """
    return math.inf if error == 0 else 20.0 * (math.log10(require_data_range(data_range)) - math.log10(error))


def psnr_per_step(truth: np.ndarray, prediction: np.ndarray, *, mask: np.ndarray | None = None) -> np.ndarray:
    """PSNR of each step in dB, each with the range of its own ground truth.

    Parameters
    ----------
    truth, prediction : ndarray
        (T, Z, Y, X), or any array whose first axis is the step.
    mask : ndarray of bool, optional
        (T, Z, Y, X), or (Z, Y, X) for all steps.

    Returns
    -------
    ndarray
        (T,) float64. NaN where the measure is undefined: the ground truth of the step is constant
        (its range is 0), or the mask leaves none of its points. +inf where both steps are identical.
        :func:`~stsr_core.metrics.mean_over_steps` averages the rest and counts the NaN.

    Examples
    --------
    >>> truth = np.array([[-1, 0, 1, 0.5], [3, 3, 3, 3]])
    >>> psnr_per_step(truth, truth + [[0.1, 0.1, -0.2, 0], [1, 1, 1, 1]]).round(6).tolist()
    [24.259687, nan]
    """
    truth, prediction, mask = _checked(truth, prediction, mask)
    values = np.full(len(truth), np.nan)
    for i in range(len(truth)):
        step_mask = None if mask is None else mask[i]
        if step_mask is not None and not step_mask.any():
            continue
        data_range = value_range(truth[i], mask=step_mask)
        if data_range > 0:
            values[i] = psnr(truth[i], prediction[i], data_range=data_range, mask=step_mask)
    return values


def rmse(truth: np.ndarray, prediction: np.ndarray, *, mask: np.ndarray | None = None) -> float:
    """Root of the mean squared error, in the unit of the data; errors as of :func:`psnr`.

    Parameters
    ----------
    truth, prediction, mask : ndarray
        As for :func:`psnr`.

    Examples
    --------
    >>> rmse(np.array([0.0, 0.0]), np.array([3.0, 4.0])) == 12.5**0.5
    True
    """
    total, count = 0.0, 0
    for difference in _differences(truth, prediction, mask):
        total += float(np.dot(difference, difference))
        count += difference.size
    return math.sqrt(total / count)


def nrmse(
    truth: np.ndarray, prediction: np.ndarray, *, data_range: float, mask: np.ndarray | None = None
) -> float:
    """RMSE divided by ``data_range``, without unit; errors as of :func:`psnr`.

    Parameters
    ----------
    truth, prediction, data_range, mask
        As for :func:`psnr`.

    Examples
    --------
    >>> nrmse(np.array([0.0, 2.0]), np.array([1.0, 1.0]), data_range=2)
    0.5
    """
    return rmse(truth, prediction, mask=mask) / require_data_range(data_range)


def max_error(truth: np.ndarray, prediction: np.ndarray, *, mask: np.ndarray | None = None) -> float:
    """Largest absolute difference, in the unit of the data; errors as of :func:`psnr`.

    Parameters
    ----------
    truth, prediction, mask : ndarray
        As for :func:`psnr`.

    Examples
    --------
    >>> max_error(np.array([0.0, 2.0]), np.array([1.0, -1.0]))
    3.0
    """
    return max(float(np.abs(difference).max()) for difference in _differences(truth, prediction, mask))


def value_range(values: np.ndarray, *, mask: np.ndarray | None = None) -> float:
    """Largest minus smallest value, float64: the ``data_range`` of a step or of a whole series.

    Parameters
    ----------
    values : ndarray
        Of any shape.
    mask : ndarray of bool, optional
        True where a point counts; broadcast against ``values``.

    Raises
    ------
    ValueError
        A counted value is not finite, or nothing is counted.

    Examples
    --------
    >>> value_range(np.array([-1.0, 3.0, np.nan]), mask=np.array([True, True, False]))
    4.0
    """
    values = np.asarray(values)
    if mask is None:
        _require_some(values.size)
        low, high = float(values.min()), float(values.max())
    else:
        counted = broadcast_mask(mask, values.shape)
        _require_some(int(np.count_nonzero(counted)))
        inside = values[counted]
        low, high = float(inside.min()), float(inside.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"values must be finite, got a range from {low} to {high}; leave others out by mask")
    return high - low


def require_data_range(data_range: float) -> float:
    """``data_range`` as a float; ValueError unless it is finite and > 0."""
    data_range = float(data_range)
    if not (math.isfinite(data_range) and data_range > 0):
        raise ValueError(f"data_range must be finite and > 0, got {data_range}")
    return data_range


def require_same_shape(truth: np.ndarray, prediction: np.ndarray) -> None:
    """ValueError unless both arrays have one shape: broadcasting would compare other points than meant."""
    if truth.shape != prediction.shape:
        raise ValueError(
            f"truth and prediction must have the same shape, got {truth.shape} and {prediction.shape}"
        )


def broadcast_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``mask`` broadcast to ``shape``; TypeError unless boolean, ValueError unless it fits."""
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must be boolean (True where a point counts), got {mask.dtype}")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"mask must have the shape {shape} of the data, got {mask.shape}") from None


def _checked(
    truth: np.ndarray, prediction: np.ndarray, mask: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    truth, prediction = np.atleast_1d(truth), np.atleast_1d(prediction)
    require_same_shape(truth, prediction)
    return truth, prediction, None if mask is None else broadcast_mask(mask, truth.shape)


def _differences(truth: np.ndarray, prediction: np.ndarray, mask: np.ndarray | None) -> Iterator[np.ndarray]:
    """prediction − truth of the counted points as flat float64 blocks."""
    truth, prediction, mask = _checked(truth, prediction, mask)
    _require_some(truth.size if mask is None else int(np.count_nonzero(mask)))
    rows = max(1, _BLOCK // max(1, truth[0].size))
    for start in range(0, len(truth), rows):
        block = slice(start, start + rows)
        a, b = truth[block], prediction[block]
        if mask is None:
            a, b = a.ravel(), b.ravel()
        else:
            a, b = a[mask[block]], b[mask[block]]
        if a.size == 0:
            continue
        if not np.isfinite(a).all():
            raise ValueError("truth must be finite where it is compared; leave other points out by mask")
        if not np.isfinite(b).all():
            raise ValueError("prediction must be finite where it is compared; leave other points out by mask")
        yield b.astype(np.float64) - a.astype(np.float64)


def _require_some(count: int) -> None:
    if count == 0:
        raise ValueError("there must be at least one point to compare, got none (empty array or mask)")
