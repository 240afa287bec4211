"""What a ``.fcnr`` file is worth, as a row of the same table."""

from __future__ import annotations

import math
from collections.abc import Callable

from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages, weight_bytes
from stsr_core.imagecodec.evaluation.quality import quality
from stsr_core.imagecodec.evaluation.rates import RatePoint
from stsr_core.imagecodec.images import Images


def coded(
    images: Images,
    encoded: EncodedImages,
    lpips: bool = True,
    encoding_seconds: float = math.nan,
    on_progress: Callable[[float], None] | None = None,
) -> RatePoint:
    """Decode a file, image by image, and compare it with the database it was made of.

    Parameters
    ----------
    images : Images
        The truth; has all images of the file.
    encoded : EncodedImages
    encoding_seconds : float
        Of the file, which does not say so itself.
    lpips, on_progress
        As of :func:`.quality.quality`.

    Raises
    ------
    ValueError
        If ``images`` lacks one, or has another size.
    """
    if images.size != encoded.size:
        raise ValueError(f"{encoded.path}: has images of size {encoded.size}, {images.path} of {images.size}")
    own = {record.key: record for record in images.records}
    missing = [record for record in encoded.records if record.key not in own]
    if missing:
        raise ValueError(
            f"{images.path}: lacks {len(missing)} images of {encoded.path}, such as {missing[0].key}"
        )
    # In the order of the file, so that each pair is decoded once.
    records = [own[record.key] for record in encoded.records]
    measured, decoding = quality(images, records, encoded.read, lpips, on_progress)
    height, width = encoded.size
    weights, notes, config = weight_bytes(encoded), encoded.index.notes, encoded.index.config
    inside = encoded.index.weights.length
    return RatePoint(
        config.method,
        f"{encoded.path.name}, N {config.channels}",
        measured,
        len(records),
        len(records) * height * width,
        encoded.path.stat().st_size - inside,
        weights,
        estimated_bits=notes.get("estimated_bits", math.nan),
        learning_seconds=notes.get("learning_seconds", math.nan),
        encoding_seconds=encoding_seconds,
        decoding_seconds=decoding,
    )
