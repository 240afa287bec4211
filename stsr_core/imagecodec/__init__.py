"""Databases of images of a time-varying volume: views, files, and codecs that learn to store them.

>>> from stsr_core import imagecodec
>>> images = imagecodec.open_images("tornado.cdb")                             # doctest: +SKIP
>>> imagecodec.fit(images, "codec.stsr")                                       # doctest: +SKIP
>>> imagecodec.encode(images, "codec.stsr", "tornado.fcnr")                    # doctest: +SKIP
>>> imagecodec.open_images("tornado.fcnr").read(images.records[0]).shape       # doctest: +SKIP
(256, 256, 3)

Names are imported on first use, so that views and databases need no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stsr_core.lazy import attach

#: Public name → module: every public name once.
_EXPORTS = {
    "Record": "stsr_core.imagecodec.images",
    "ImageDatabase": "stsr_core.imagecodec.cinema",
    "EncodedImages": "stsr_core.imagecodec.bitstream.encoded_images",
    "open_images": "stsr_core.imagecodec.open",
    "fit": "stsr_core.imagecodec.training.runs",
    "resume": "stsr_core.imagecodec.training.runs",
    "StereoCodec": "stsr_core.imagecodec.network.stereo_codec",
    "encode": "stsr_core.imagecodec.bitstream.encoding",
    "Encoding": "stsr_core.imagecodec.bitstream.encoding",
}

__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages as EncodedImages
    from stsr_core.imagecodec.bitstream.encoding import Encoding as Encoding
    from stsr_core.imagecodec.bitstream.encoding import encode as encode
    from stsr_core.imagecodec.cinema import ImageDatabase as ImageDatabase
    from stsr_core.imagecodec.images import Record as Record
    from stsr_core.imagecodec.network.stereo_codec import StereoCodec as StereoCodec
    from stsr_core.imagecodec.open import open_images as open_images
    from stsr_core.imagecodec.training.runs import fit as fit
    from stsr_core.imagecodec.training.runs import resume as resume

__getattr__, __dir__ = attach(__name__, _EXPORTS)
