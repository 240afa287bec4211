"""All images as one video: SVT-AV1 or x265, by PyAV."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from stsr_core.imagecodec.evaluation.quality import quality
from stsr_core.imagecodec.evaluation.rates import RatePoint
from stsr_core.imagecodec.images import Images, Record
from stsr_core.imagecodec.views import angle_between

_NEEDED = 'videos need the package av: pip install "stsr[images]"'
#: Method → encoder, its options, and usual values of crf.
VIDEOS: dict[str, tuple[str, dict[str, str], tuple[int, ...]]] = {
    "av1": ("libsvtav1", {"preset": "6", "svtav1-params": "lp=2"}, (20, 35, 45, 55)),
    "x265": ("libx265", {"preset": "medium", "x265-params": "log-level=error"}, (18, 26, 34, 42)),
}
#: Frames in a second: a video has a rate, which changes nothing here.
_RATE = 25


def available(method: str) -> bool:
    """Whether this PyAV has an encoder."""
    try:
        import av.codec
    except ImportError:
        return False
    return VIDEOS[method][0] in av.codec.codecs_available


def in_order(records: Sequence[Record]) -> list[Record]:
    """Images as a video changes least from one to the next.

    Each view through all times, forwards and backwards in turn, and from view to the nearest that is left: a
    step of time changes less than a step to the next view.
    """
    ordered: list[Record] = []
    of_variable = sorted(records, key=lambda r: r.variable)
    for _, group in groupby(of_variable, key=lambda r: r.variable):
        by_view: dict[tuple[float, float], list[Record]] = {}
        for record in sorted(group, key=lambda r: (r.theta, r.phi, r.time)):
            by_view.setdefault((record.theta, record.phi), []).append(record)
        views = list(by_view)
        place = 0
        for turn in range(len(by_view)):
            view = views.pop(place)
            ordered += by_view[view][:: -1 if turn % 2 else 1]
            if views:
                place = int(np.argmin(angle_between(np.array(views), np.array(view))))
    return ordered


def video(
    images: Images,
    records: Sequence[Record],
    method: str,
    crf: int,
    lpips: bool = True,
    on_progress: Callable[[float], None] | None = None,
) -> RatePoint:
    """Store images as one video in memory, colours at half the resolution as usual.

    Parameters
    ----------
    images : Images
        Of even height and width.
    records : sequence of Record
        Which of them; ordered by :func:`in_order`.
    method : {"av1", "x265"}
    crf : int
        Constant rate factor; larger is smaller and worse.
    lpips, on_progress
        As of :func:`.quality.quality`.

    Raises
    ------
    ImportError
        If PyAV is missing.
    ValueError
        If the images have an odd height or width.
    """
    height, width = images.size
    if height % 2 or width % 2:
        raise ValueError(f"a video needs images of even height and width, got {width}x{height}")
    ordered = in_order(records)
    started = time.perf_counter()
    data = _encoded(images, ordered, method, crf)
    encoding = time.perf_counter() - started
    frames = _decoded(data)
    measured, decoding = quality(images, ordered, lambda record: next(frames), lpips, on_progress)
    return RatePoint(
        method.upper(),
        f"crf {crf}",
        measured,
        len(ordered),
        len(ordered) * height * width,
        len(data),
        encoding_seconds=encoding,
        decoding_seconds=decoding,
    )


def _encoded(images: Images, ordered: Sequence[Record], method: str, crf: int) -> bytes:
    try:
        import av
    except ImportError as error:
        raise ImportError(_NEEDED) from error
    av.logging.set_level(av.logging.ERROR)
    os.environ.setdefault("SVT_LOG", "1")  # errors alone; SVT-AV1 has no other way to be told
    encoder, options, _ = VIDEOS[method]
    buffer = io.BytesIO()
    height, width = images.size
    with av.open(buffer, "w", format="matroska") as container:
        stream: Any = container.add_stream(encoder, rate=_RATE, options={"crf": str(crf), **options})
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        for record in ordered:
            frame = av.VideoFrame.from_ndarray(images.read(record), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _decoded(data: bytes) -> Iterator[np.ndarray]:
    import av

    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")
