"""How near a decoded image is to the one that was encoded."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stsr_core.imagecodec.images import Images, Record
from stsr_core.metrics import lpips_distance, ssim

#: Smallest mean squared error (0 to 255): two equal images have 138.13 dB.
LEAST_ERROR = 1e-9
#: Images that LPIPS, which is slow, is measured on at most.
MOST_FOR_LPIPS = 64


@dataclass(frozen=True)
class Quality:
    """Means over images.

    Parameters
    ----------
    psnr : float
        dB.
    ssim : float
        At most 1.
    lpips : float
        0 for equal images; NaN where it was not measured.
    """

    psnr: float
    ssim: float
    lpips: float


def picture_psnr(truth: np.ndarray, image: np.ndarray) -> float:
    """10·log₁₀(255² / MSE) of two images on the scale 0 to 255, in dB; the error is 1e-9 at least.

    Examples
    --------
    >>> black = np.zeros((2, 2, 3), np.uint8)
    >>> round(picture_psnr(black, black + 1), 4), round(picture_psnr(black, black), 4)
    (48.1308, 138.1308)
    """
    error = np.square(truth.astype(np.float64) - image.astype(np.float64)).mean()
    return 10 * math.log10(255**2 / max(float(error), LEAST_ERROR))


def quality(
    images: Images,
    records: Sequence[Record],
    read: Callable[[Record], np.ndarray],
    lpips: bool = True,
    on_progress: Callable[[float], None] | None = None,
) -> tuple[Quality, float]:
    """Compare what ``read`` gives with the images themselves; and the seconds that ``read`` took.

    Parameters
    ----------
    images : Images
        The truth.
    records : sequence of Record
        Which of them.
    read : callable
        Of a record, (H, W, 3) uint8.
    lpips : bool
        Whether to measure LPIPS, on 64 images at most, evenly drawn.
    on_progress : callable, optional
        Called with the part that is done.
    """
    drawn = set(range(0, len(records), max(1, len(records) // MOST_FOR_LPIPS))) if lpips else set()
    found: list[tuple[float, float]] = []
    distances, seconds = [], 0.0
    for place, record in enumerate(records):
        truth = images.read(record)
        started = time.perf_counter()
        image = read(record)
        seconds += time.perf_counter() - started
        found.append((picture_psnr(truth, image), ssim(truth, image, data_range=255, channel_axis=2)))
        if place in drawn:
            distances.append(lpips_distance(truth, image))
        if on_progress is not None:
            on_progress((place + 1) / len(records))
    psnr, similarity = np.mean(found, axis=0).tolist()
    distance = float(np.mean(distances)) if distances else math.nan
    return Quality(psnr, similarity, distance), seconds
