"""Colours as they are seen: sRGB to CIELUV, and the difference image of two renderings."""

from __future__ import annotations

import numpy as np

# Linear sRGB to CIE XYZ for the white point D65 (IEC 61966-2-1 primaries at seven digits).
_XYZ_FROM_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _XYZ_FROM_RGB.sum(axis=1)  # not a rounded table value, so that every grey has u* = v* = 0 exactly

#: The colours of a difference image from just noticeable to saturated, (5, 3) sRGB bytes.
DIFFERENCE_COLORS = (
    (128, 0, 128),  # purple
    (0, 0, 255),  # blue
    (0, 255, 0),  # green
    (255, 255, 0),  # yellow
    (255, 0, 0),  # red
)


def srgb_to_cieluv(image: np.ndarray) -> np.ndarray:
    """CIE 1976 L*u*v* of sRGB colours, for the white point D65.

    With XYZ from linear RGB, d = X + 15·Y + 3·Z, u' = 4·X/d and v' = 9·Y/d (those of white where d = 0):

        L* = 116·Y^(1/3) − 16, or (29/3)³·Y for Y <= (6/29)³;  u* = 13·L*·(u' − u'_white), v* likewise.

    Source: CIE 15, section 8.2.2; sRGB: IEC 61966-2-1.

    Parameters
    ----------
    image : ndarray
        (..., 3) sRGB, bytes 0 to 255 or floating point 0 to 1.

    Returns
    -------
    ndarray
        (..., 3) float64: L* from 0 to 100, u*, v*.

    Examples
    --------
    >>> srgb_to_cieluv(np.array([1.0, 0.0, 0.0])).round(3).tolist()
    [53.241, 175.015, 37.756]
    """
    encoded = unit_rgb(image)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _XYZ_FROM_RGB.T
    lightness = _lightness(xyz[..., 1] / _WHITE[1])
    denominator = _uv_denominator(xyz)
    black = denominator == 0  # chromaticity is undefined there; L* = 0 makes u* = v* = 0 whatever it is
    denominator = np.where(black, 1.0, denominator)
    white_denominator = _uv_denominator(_WHITE)
    u = 13 * lightness * (4 * xyz[..., 0] / denominator - 4 * _WHITE[0] / white_denominator)
    v = 13 * lightness * (9 * xyz[..., 1] / denominator - 9 * _WHITE[1] / white_denominator)
    return np.stack([lightness, u, v], axis=-1)


def cieluv_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distance in CIELUV of each pixel pair.

    Parameters
    ----------
    a, b : ndarray
        sRGB images of one shape (..., 3), each bytes or floating point 0 to 1.

    Returns
    -------
    ndarray
        (...) float64, >= 0; black to white is 100.

    Examples
    --------
    >>> round(float(cieluv_distance(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))), 2)
    269.54
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"both images must have the same shape, got {a.shape} and {b.shape}")
    return np.linalg.norm(srgb_to_cieluv(a) - srgb_to_cieluv(b), axis=-1)


def difference_colors(
    distance: np.ndarray, *, threshold: float = 6.0, saturation: float = 60.0
) -> np.ndarray:
    """The colour of each distance: white below ``threshold``, then purple, blue, green, yellow, red.

    The five colours of :data:`DIFFERENCE_COLORS` lie evenly between ``threshold`` (purple) and ``saturation``
    (red, also beyond), interpolated linearly in sRGB. Also draws the legend of a difference image.

    Parameters
    ----------
    distance : ndarray
        (...) CIELUV distances.
    threshold : float
        The least distance that is noticed, >= 0.
    saturation : float
        The distance from which on the colour is red, > ``threshold``.

    Returns
    -------
    ndarray
        (..., 3) uint8.

    Examples
    --------
    >>> difference_colors(np.array([5.9, 6.0, 33.0, 1000.0])).tolist()
    [[255, 255, 255], [128, 0, 128], [0, 255, 0], [255, 0, 0]]
    """
    if not 0 <= threshold < saturation < np.inf:
        raise ValueError(
            "threshold and saturation must satisfy 0 <= threshold < saturation, "
            f"got {threshold} and {saturation}"
        )
    distance = np.asarray(distance, dtype=np.float64)
    stops = np.linspace(threshold, saturation, len(DIFFERENCE_COLORS))
    channels = [np.interp(distance, stops, channel) for channel in zip(*DIFFERENCE_COLORS, strict=True)]
    colors = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    colors[distance < threshold] = 255
    return colors


def difference_image(
    a: np.ndarray, b: np.ndarray, threshold: float = 6.0, saturation: float = 60.0
) -> np.ndarray:
    """Where, and how much, two renderings look different.

    Parameters
    ----------
    a, b : ndarray
        sRGB images (H, W, 3), each bytes or floating point 0 to 1, of one size.
    threshold, saturation : float
        As for :func:`difference_colors`. 6 is the noticeable distance usual in the literature, 60 a choice.

    Returns
    -------
    ndarray
        (H, W, 3) uint8; white where no difference is seen.

    Examples
    --------
    >>> grey = np.full((1, 1, 3), 128, np.uint8)
    >>> difference_image(grey, grey + np.uint8(2)).tolist()
    [[[255, 255, 255]]]
    """
    return difference_colors(cieluv_distance(a, b), threshold=threshold, saturation=saturation)


def unit_rgb(image: np.ndarray) -> np.ndarray:
    """An sRGB image (..., 3) as float64 from 0 to 1; bytes are divided by 255.

    Raises
    ------
    TypeError
        The image is neither bytes (uint8) nor floating point.
    ValueError
        The last axis is not 3 long, or a floating-point value lies outside 0 to 1 or is NaN.
    """
    image = np.asarray(image)
    if image.ndim == 0 or image.shape[-1] != 3:
        raise ValueError(f"an image must have axes (..., 3), red, green and blue, got shape {image.shape}")
    if image.dtype == np.uint8:
        return image / 255.0
    if not np.issubdtype(image.dtype, np.floating):
        raise TypeError(f"an image must be uint8 (0 to 255) or floating point (0 to 1), got {image.dtype}")
    if image.size and not (image.min() >= 0 and image.max() <= 1):  # NaN fails the comparison too
        raise ValueError(f"floating-point colours must lie in [0, 1], got {image.min()} to {image.max()}")
    return image.astype(np.float64)


def _lightness(relative_luminance: np.ndarray) -> np.ndarray:
    return np.where(
        relative_luminance > (6 / 29) ** 3,
        116 * np.cbrt(relative_luminance) - 16,
        (29 / 3) ** 3 * relative_luminance,
    )


def _uv_denominator(xyz: np.ndarray) -> np.ndarray:
    return xyz[..., 0] + 15 * xyz[..., 1] + 3 * xyz[..., 2]
