"""What a mask of the white background would cost, and what it would give to a file of coded images.

    python benchmarks/imagecodec_mask.py DB.cdb DB.fcnr

A mask says which pixels are exactly white. Its cost is the length of a code that adapts to the pixels already
known around each pixel (ten of the same image as in JBIG; or four of it and the nine around the same pixel at
the time before), which is what an arithmetic coder comes to. What it gives is measured on the decoded images
with their background made white: the background is then without error.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, product

import numpy as np
from scipy.special import gammaln

from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
from stsr_core.imagecodec.evaluation.quality import picture_psnr
from stsr_core.imagecodec.images import Images, Record
from stsr_core.imagecodec.open import open_images

#: Known neighbours (rows below, columns right) of a pixel: of its image, and of the image before.
AROUND = ((-2, -1), (-2, 0), (-2, 1), (-1, -2), (-1, -1), (-1, 0), (-1, 1), (-1, 2), (0, -2), (0, -1))
FEW, BEFORE = ((-1, -1), (-1, 0), (-1, 1), (0, -1)), tuple(product((-1, 0, 1), repeat=2))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("database", help="database of images (.cdb)")
    parser.add_argument("coded", help="these images, or some of them, coded (.fcnr)")
    options = parser.parse_args()
    images, coded = open_images(options.database), EncodedImages.open(options.coded)
    own = {record.key: record for record in images.records}
    n_pixels = len(coded.records) * images.size[0] * images.size[1]
    alone, in_time = mask_bits(images, [own[record.key] for record in coded.records])
    found = []
    for record in coded.records:
        truth, decoded = images.read(own[record.key]), coded.read(record)
        found.append((picture_psnr(truth, decoded), picture_psnr(truth, whitened(truth, decoded))))
    plain, masked = np.mean(found, axis=0)
    streams = 8 * sum(place.length for place in coded.index.places) / n_pixels
    print(f"pairs: {streams:.4f} bits per pixel, {plain:.2f} dB; background made white: {masked:.2f} dB")
    print(f"mask: {alone / n_pixels:.4f} bits per pixel, {in_time / n_pixels:.4f} with the time before")


def mask_bits(images: Images, records: Sequence[Record]) -> tuple[float, float]:
    """Bits of the masks of some images, each by itself, and each with the time before of its view."""
    alone, in_time = np.zeros((2, 1 << len(AROUND))), np.zeros((2, 1 << len(FEW + BEFORE)))

    def view(record: Record) -> tuple[str, float, float]:
        return record.variable, record.theta, record.phi

    for _, of_view in groupby(sorted(records, key=lambda r: (view(r), r.time)), key=view):
        before = np.zeros(images.size, bool)
        for record in of_view:
            mask = is_background(images.read(record))
            count(alone, mask, shifted(mask, AROUND))
            count(in_time, mask, [*shifted(mask, FEW), *shifted(before, BEFORE)])
            before = mask
    return code_length(alone), code_length(in_time)


def is_background(image: np.ndarray) -> np.ndarray:
    """Where an image (H, W, 3) is exactly white."""
    return (image == 255).all(2)


def whitened(truth: np.ndarray, decoded: np.ndarray) -> np.ndarray:
    """A decoded image whose background is white."""
    return np.where(is_background(truth)[..., None], np.uint8(255), decoded)


def shifted(mask: np.ndarray, places: tuple[tuple[int, int], ...]) -> Iterator[np.ndarray]:
    """The mask as seen from each pixel; nothing beyond its border."""
    wide = np.pad(mask, 2)
    height, width = mask.shape
    for row, column in places:
        yield wide[2 + row : 2 + row + height, 2 + column : 2 + column + width]


def count(counts: np.ndarray, mask: np.ndarray, neighbours: Iterable[np.ndarray]) -> None:
    """Add how often a pixel was unset and set (2, contexts) in each context."""
    context = sum(near.astype(np.int64) << place for place, near in enumerate(neighbours))
    for value in (0, 1):
        counts[value] += np.bincount(context[mask == value], minlength=counts.shape[1])


def code_length(counts: np.ndarray) -> float:
    """Bits of an adaptive code: the estimator of Krichevsky and Trofimov (1981) in each context."""
    logarithms = gammaln(counts + 0.5).sum(0) - gammaln(counts.sum(0) + 1) - 2 * gammaln(0.5)
    return float(-logarithms.sum() / np.log(2))


if __name__ == "__main__":
    main()
