"""Curves of quality over rate, and how many bytes one saves beside another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stsr_core.imagecodec.evaluation.quality import Quality


@dataclass(frozen=True)
class RatePoint:
    """One way to store a database at one setting.

    Parameters
    ----------
    method, setting : str
        What, and at which quality.
    quality : Quality
    n_images : int
        That were stored; quality may be of fewer.
    n_pixels : int
        Of all of them.
    n_bytes, weight_bytes : int
        Of all there is but weights, and of the weights of a network.
    estimated_bits : float
        Cross entropy of the symbols; NaN where there is none.
    learning_seconds, encoding_seconds, decoding_seconds : float
        To learn, to encode all, and to decode all, reading and writing of files included.
    """

    method: str
    setting: str
    quality: Quality
    n_images: int
    n_pixels: int
    n_bytes: int
    weight_bytes: int = 0
    estimated_bits: float = float("nan")
    learning_seconds: float = 0.0
    encoding_seconds: float = float("nan")
    decoding_seconds: float = float("nan")

    @property
    def bpp_est(self) -> float:
        """Estimated bits per pixel, without weights."""
        return self.estimated_bits / self.n_pixels

    @property
    def bpp_file(self) -> float:
        """Bits per pixel of the file, without weights."""
        return 8 * self.n_bytes / self.n_pixels

    @property
    def bpp_with_weights(self) -> float:
        """Bits per pixel of everything that is needed to see the images."""
        return 8 * (self.n_bytes + self.weight_bytes) / self.n_pixels


def bd_rate(reference: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> float:
    """Mean difference in rate at equal PSNR, in percent; negative where ``other`` needs fewer bits.

    Between their points the logarithms of the rates are interpolated over the PSNR by monotone cubics, and
    their difference is averaged over the range of PSNR that both curves have. Source: Bjøntegaard, VCEG-M33
    (2001), with the interpolation of JCTVC-B055.

    Parameters
    ----------
    reference, other : sequence of (float, float)
        (rate, PSNR), two points at least, PSNR rising with the rate.

    Returns
    -------
    float
        NaN if the curves have no PSNR in common, or one has a single point.

    Examples
    --------
    A curve of a fifth fewer bits everywhere:

    >>> curve = [(0.1, 30.0), (0.2, 33.0), (0.4, 37.0)]
    >>> round(bd_rate(curve, [(0.8 * rate, psnr) for rate, psnr in curve]), 9)
    -20.0
    """
    curves = [_rising(points) for points in (reference, other)]
    if min(len(rates) for rates, _ in curves) < 2:
        return float("nan")
    low = max(psnr[0] for _, psnr in curves)
    high = min(psnr[-1] for _, psnr in curves)
    if not high > low:
        return float("nan")
    from scipy.interpolate import PchipInterpolator

    areas = [float(PchipInterpolator(psnr, np.log(rates)).integrate(low, high)) for rates, psnr in curves]
    return 100 * float(np.expm1((areas[1] - areas[0]) / (high - low)))


def rate_at(curve: Sequence[tuple[float, float]], psnr: float) -> float:
    """The rate at which a curve reaches a PSNR, between its points as in :func:`bd_rate`.

    Parameters
    ----------
    curve : sequence of (float, float)
        (rate, PSNR).
    psnr : float
        dB.

    Returns
    -------
    float
        NaN outside the curve.

    Examples
    --------
    >>> round(rate_at([(0.1, 30.0), (0.4, 36.0)], 33.0), 9)
    0.2
    """
    rates, found = _rising(curve)
    if len(rates) < 2 or not found[0] <= psnr <= found[-1]:
        return float("nan")
    from scipy.interpolate import PchipInterpolator

    return float(np.exp(PchipInterpolator(found, np.log(rates))(psnr)))


def _rising(points: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Rates and PSNR, by PSNR, of the points that no cheaper one beats."""
    best: list[tuple[float, float]] = []
    for rate, psnr in sorted(points):
        if not best or psnr > best[-1][1]:
            best.append((rate, psnr))
    columns = np.array(best, float).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]
