"""Every image by itself: JPEG, WebP and AVIF by Pillow, JPEG XL by its plugin."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence

import numpy as np

from stsr_core.imagecodec.evaluation.quality import quality
from stsr_core.imagecodec.evaluation.rates import RatePoint
from stsr_core.imagecodec.images import Images, Record

#: Method → options of Pillow beside the quality, and usual qualities (1 to 100).
STILLS: dict[str, tuple[dict[str, int | bool | str], tuple[int, ...]]] = {
    "jpeg": ({"optimize": True}, (20, 40, 60, 80, 92)),
    "webp": ({"method": 6}, (10, 30, 60, 85)),
    "avif": ({"speed": 4}, (20, 40, 60, 80)),
    "jxl": ({"effort": 7}, (30, 50, 70, 90)),
}


def available(method: str) -> bool:
    """Whether this Pillow has a format, or its plugin is there."""
    try:
        from PIL import features

        if method == "jxl":
            import pillow_jxl  # noqa: F401 -- Pillow knows the format from then on
    except ImportError:
        return False
    return method in ("jpeg", "jxl") or bool(features.check(method))


def still(
    images: Images,
    records: Sequence[Record],
    method: str,
    level: int,
    lpips: bool = True,
    on_progress: Callable[[float], None] | None = None,
) -> RatePoint:
    """Store images one by one, as files in memory.

    Parameters
    ----------
    images : Images
    records : sequence of Record
        Which of them.
    method : {"jpeg", "webp", "avif", "jxl"}
    level : int
        Its quality, 1 to 100.
    lpips, on_progress
        As of :func:`.quality.quality`.

    Raises
    ------
    ImportError
        If the format is not :func:`available`.
    """
    if not available(method):
        raise ImportError(f'{method} needs Pillow with it: pip install "stsr[images]"')
    from PIL import Image

    options, _ = STILLS[method]
    files: dict[Record, bytes] = {}
    encoding = 0.0
    for record in records:
        truth = images.read(record)
        started = time.perf_counter()
        buffer = io.BytesIO()
        Image.fromarray(truth).save(buffer, format=method.upper(), quality=level, **options)
        files[record] = buffer.getvalue()
        encoding += time.perf_counter() - started

    def read(record: Record) -> np.ndarray:
        with Image.open(io.BytesIO(files[record])) as image:
            return np.asarray(image.convert("RGB"))

    measured, decoding = quality(images, records, read, lpips, on_progress)
    height, width = images.size
    n_bytes = sum(map(len, files.values()))
    return RatePoint(
        method.upper(),
        f"quality {level}",
        measured,
        len(records),
        len(records) * height * width,
        n_bytes,
        encoding_seconds=encoding,
        decoding_seconds=decoding,
    )
