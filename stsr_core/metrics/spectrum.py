"""The power of an image by wavelength: the radially averaged power spectral density."""

from __future__ import annotations

import numpy as np


def radial_power(image: np.ndarray) -> np.ndarray:
    """RAPSD: the mean of |FFT2(u)|²/(number of pixels) over rings of wave numbers.

    A wave number (k_y, k_x), in periods per image, lies in the ring of the rounded radius √(k_y² + k_x²). No
    window and no detrending: what is not periodic has its own part of it.

    Parameters
    ----------
    image : ndarray
        A square (n, n) of finite values.

    Returns
    -------
    ndarray
        (⌊n/2⌋ + 1,) float64: the rings 0, 1, …, ⌊n/2⌋; the corners beyond are left out.

    Raises
    ------
    ValueError
        If the image is no square, or not finite.

    Examples
    --------
    >>> radial_power(np.full((16, 16), 2.0))[:2].tolist()
    [1024.0, 0.0]
    """
    values = np.asarray(image, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or values.size == 0:
        raise ValueError(f"image must be a square (n, n), got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("image must be finite, got NaN or infinity")
    n = len(values)
    power = np.abs(np.fft.fft2(values)) ** 2 / values.size
    k = np.fft.fftfreq(n, 1 / n)
    ring = np.rint(np.hypot(k[:, None], k)).astype(int).ravel()
    count = n // 2 + 1
    return np.bincount(ring, power.ravel())[:count] / np.bincount(ring)[:count]
