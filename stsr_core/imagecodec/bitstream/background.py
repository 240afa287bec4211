"""Which pixels of an image are exactly white, in few bits: what is rendered has a background of one colour.

Pixels are coded from coarse to fine, each with the probability that such pixels have where the four known
ones around it, and the same pixel of the left image for a right one, are set alike. These probabilities are
counted once for a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np

from stsr_core.imagecodec.bitstream.range_coder import SymbolReader, SymbolWriter
from stsr_core.imagecodec.bitstream.scale_tables import TOTAL

_COARSEST = 32
#: Of the four around a pixel; the same for a right image whose left one is set there, or is not.
_N_CONTEXTS = 3 * 16
#: Pixels of a pass, as rows and columns.
_Where: TypeAlias = tuple[slice, slice]
#: Number of a pass, its pixels, and the context of each → whether it is background.
_Take: TypeAlias = Callable[[int, _Where, np.ndarray], np.ndarray]


class _Pass(NamedTuple):
    where: _Where
    around: tuple[tuple[int, int], ...]


def _passes() -> Iterator[_Pass]:
    """A coarse grid, then again and again the centres of its cells and of their sides."""
    yield _Pass((slice(0, None, _COARSEST), slice(0, None, _COARSEST)), ())
    step = _COARSEST
    while step > 1:
        half = step // 2
        first, between = slice(0, None, step), slice(half, None, step)
        diagonal = ((-half, -half), (-half, half), (half, -half), (half, half))
        straight = ((-half, 0), (half, 0), (0, -half), (0, half))
        yield _Pass((between, between), diagonal)
        yield _Pass((first, between), straight)
        yield _Pass((between, first), straight)
        step = half


_PASSES = tuple(_passes())


def background(image: np.ndarray) -> np.ndarray:
    """Where an image (H, W, 3) is exactly white, (H, W) bool."""
    return (image == 255).all(2)


def odds_of(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """How often, of 65,536 times, a pixel is background: (passes, contexts), counted in pairs of masks."""
    counts = np.full((2, len(_PASSES), _N_CONTEXTS), 0.4)
    for left, right in pairs:
        for mask, other in ((left, None), (right, left)):

            def count(
                number: int, where: _Where, contexts: np.ndarray, mask: np.ndarray = mask
            ) -> np.ndarray:
                values = mask[where]
                for value in (0, 1):
                    found = np.bincount(contexts[values == value], minlength=_N_CONTEXTS)
                    counts[value, number] += found
                return values

            _walk(mask.shape, other, count)
    return np.clip(np.rint(TOTAL * counts[1] / counts.sum(0)), 1, TOTAL - 1).astype(np.int64)


def write_background(
    writer: SymbolWriter, mask: np.ndarray, other: np.ndarray | None, odds: np.ndarray
) -> float:
    """Append a mask (H, W), whose left one is ``other`` if it is the right one of a pair; gives its bits."""
    bits = 0.0

    def take(number: int, where: _Where, contexts: np.ndarray) -> np.ndarray:
        nonlocal bits
        values = mask[where]
        for context in np.unique(contexts).tolist():
            chosen, ones = values[contexts == context], int(odds[number, context])
            writer.write_bits(chosen, ones)
            n_ones = int(chosen.sum())
            bits -= n_ones * np.log2(ones / TOTAL) + (len(chosen) - n_ones) * np.log2(1 - ones / TOTAL)
        return values

    _walk(mask.shape, other, take)
    return bits


def read_background(
    reader: SymbolReader, size: tuple[int, int], other: np.ndarray | None, odds: np.ndarray
) -> np.ndarray:
    """The next mask, as it was written.

    Raises
    ------
    DamagedStream
        If no writer has written it so.
    """

    def take(number: int, where: _Where, contexts: np.ndarray) -> np.ndarray:
        values = np.empty(contexts.shape, bool)
        for context in np.unique(contexts).tolist():
            chosen = contexts == context
            values[chosen] = reader.read_bits(int(chosen.sum()), int(odds[number, context]))
        return values

    return _walk(size, other, take)


def _walk(size: tuple[int, ...], other: np.ndarray | None, take: _Take) -> np.ndarray:
    """All pixels in their order; those beyond the border are background."""
    height, width = size
    margin = _COARSEST // 2
    wide = np.ones((height + 2 * margin, width + 2 * margin), bool)
    mask = wide[margin : margin + height, margin : margin + width]
    for number, (where, around) in enumerate(_PASSES):
        rows, columns = where
        known = mask[where]
        contexts = np.zeros(known.shape, np.int64)
        for place, (down, across) in enumerate(around):
            near = wide[
                margin + rows.start + down :: rows.step, margin + columns.start + across :: columns.step
            ]
            contexts += near[: known.shape[0], : known.shape[1]].astype(np.int64) << place
        if other is not None:
            contexts += 16 * (1 + other[where])
        mask[where] = take(number, where, contexts)
    return mask.copy()
