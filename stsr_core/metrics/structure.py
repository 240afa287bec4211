"""SSIM, the structural similarity of two images or volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy import ndimage

from stsr_core.metrics.volume import broadcast_mask, require_data_range, require_same_shape

_SIGMA = 1.5
_GAUSSIAN_RADIUS = 5  # 3.5 sigma, rounded: the 11 taps of the original
_UNIFORM_RADIUS = 3
_K1, _K2 = 0.01, 0.03
_BLOCK = 1 << 22  # values filtered at a time; half a dozen float64 arrays of this size are alive at once


def ssim(
    truth: np.ndarray,
    prediction: np.ndarray,
    *,
    data_range: float,
    window: str = "gaussian",
    mask: np.ndarray | None = None,
    channel_axis: int | None = None,
) -> float:
    """Mean structural similarity over all windows that lie wholly inside the array.

    In each window, with means μ, variances σ² and covariance σ_ab (population, not sample),

        SSIM = (2·μ_a·μ_b + C1)·(2·σ_ab + C2) / ((μ_a² + μ_b² + C1)·(σ_a² + σ_b² + C2)),

    C1 = (0.01·data_range)², C2 = (0.03·data_range)². Source: Wang, Bovik, Sheikh and Simoncelli 2004, eq. 13.
    It equals scikit-image's ``structural_similarity`` with ``use_sample_covariance=False``, and with
    ``gaussian_weights=True, sigma=1.5`` for the Gaussian window.

    Parameters
    ----------
    truth, prediction : ndarray
        An image (Y, X) or a volume (Z, Y, X) of one shape. Axes of length 1 are dropped; every other one must
        hold at least one window.
    data_range : float
        As for :func:`~stsr_core.metrics.psnr`: required and > 0.
    window : {"gaussian", "uniform"}
        Weights with standard deviation 1.5 on 11 nodes per axis, or equal weights on 7.
    mask : ndarray of bool, optional
        True where a point counts; a window that touches another point is left out. Not with ``channel_axis``.
    channel_axis : int, optional
        Axis of colour channels, for instance 2 (or −1) for an image (H, W, 3): their SSIM is averaged.

    Returns
    -------
    float
        At most 1, which is reached by identical arrays only.

    Raises
    ------
    ValueError
        Shapes differ, ``data_range`` is not > 0, an axis is shorter than the window, a counted value is not
        finite, or the mask leaves no window.

    Examples
    --------
    Two constants have no structure: only the first factor is left, here (2·1·2 + C1)/(1 + 4 + C1), C1 = 1e-4.

    >>> round(ssim(np.full((11, 11), 1.0), np.full((11, 11), 2.0), data_range=1.0), 6)
    0.800004
    """
    data_range = require_data_range(data_range)
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    require_same_shape(truth, prediction)
    if window not in ("gaussian", "uniform"):
        raise ValueError(f'window must be "gaussian" or "uniform", got {window!r}')
    if channel_axis is not None:
        if mask is not None:
            raise ValueError("mask must not be given together with channel_axis")
        channels = zip(
            np.moveaxis(truth, channel_axis, 0), np.moveaxis(prediction, channel_axis, 0), strict=True
        )
        return float(np.mean([ssim(a, b, data_range=data_range, window=window) for a, b in channels]))
    if mask is not None:
        mask = np.squeeze(broadcast_mask(mask, truth.shape))
    truth, prediction = np.squeeze(truth), np.squeeze(prediction)
    radius = _GAUSSIAN_RADIUS if window == "gaussian" else _UNIFORM_RADIUS
    width = 2 * radius + 1
    if truth.ndim == 0 or min(truth.shape) < width:
        raise ValueError(f"every axis must have at least {width} nodes for this window, got {truth.shape}")
    average = _window_average(window)
    total, count = 0.0, 0
    for block in _blocks(truth.shape, radius):
        a, b = truth[block].astype(np.float64), prediction[block].astype(np.float64)
        inside = None
        if mask is not None:
            a[~mask[block]] = b[~mask[block]] = 0.0  # whatever they hold, their windows are not counted
            inside = ndimage.minimum_filter(mask[block], size=width)
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise ValueError("values must be finite where they are compared; leave other points out by mask")
        similarity = _similarity(a, b, average, data_range)
        interior = (slice(radius, -radius),) * a.ndim
        counted = similarity[interior] if inside is None else similarity[interior][inside[interior]]
        total += float(counted.sum())
        count += counted.size
    if count == 0:
        raise ValueError(f"mask must leave at least one window of {width} nodes per axis, got none")
    return total / count


def _window_average(window: str) -> Callable[[np.ndarray], np.ndarray]:
    if window == "gaussian":
        return partial(ndimage.gaussian_filter, sigma=_SIGMA, radius=_GAUSSIAN_RADIUS)
    return partial(ndimage.uniform_filter, size=2 * _UNIFORM_RADIUS + 1)


def _similarity(
    a: np.ndarray, b: np.ndarray, average: Callable[[np.ndarray], np.ndarray], data_range: float
) -> np.ndarray:
    c1, c2 = (_K1 * data_range) ** 2, (_K2 * data_range) ** 2
    mean_a, mean_b = average(a), average(b)
    variances = average(a * a) - mean_a**2 + average(b * b) - mean_b**2
    covariance = average(a * b) - mean_a * mean_b
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return numerator / ((mean_a**2 + mean_b**2 + c1) * (variances + c2))


def _blocks(shape: tuple[int, ...], radius: int) -> Iterator[slice]:
    """Slabs along the first axis whose interiors (``radius`` in from both ends) tile the whole interior."""
    plane = int(np.prod(shape[1:], dtype=np.int64))
    thickness = max(4 * radius, _BLOCK // plane)
    for start in range(0, shape[0] - 2 * radius, thickness):
        yield slice(start, min(start + thickness + 2 * radius, shape[0]))
