"""Symbols ↔ 32-bit words by the range coder of ``constriction``, and what lies beyond a table by escapes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from stsr_core.imagecodec.bitstream.scale_tables import TOTAL, table

_NEEDED = 'bit streams need the package constriction: pip install "stsr[images]"'
#: Bits of the largest number behind an escape.
_MOST_BITS = 31


class DamagedStream(ValueError):
    """Words that no encoder has written, or not with these distributions."""


#: Said where a whole stream does not fit the tables that it is read with.
OTHER_TABLES = "its symbols have other distributions here than where they were written"


class SymbolWriter:
    """Takes arrays of symbols one after the other; :meth:`words` is all of them."""

    def __init__(self) -> None:
        self._coder = _constriction().stream.queue.RangeEncoder()

    def write(self, symbols: np.ndarray, indices: np.ndarray) -> None:
        """Append symbols.

        Parameters
        ----------
        symbols : ndarray of int32
            (n,), any whole numbers of less than 31 bits.
        indices : ndarray of uint8
            (n,), the table of each.
        """
        for index in np.unique(indices).tolist():
            chosen, (half_width, counts) = symbols[indices == index], table(index)
            places = chosen + half_width
            beyond = np.abs(chosen) > half_width
            places[beyond] = len(counts) - 1
            self._coder.encode(places.astype(np.int32), _model(index))
            for symbol in chosen[beyond].tolist():
                self._coder.encode(_escaped(symbol, half_width), _coin())

    def write_bits(self, bits: np.ndarray, ones: int) -> None:
        """Append bits (n,), each of which is set ``ones`` of 65,536 times."""
        self._coder.encode(bits.astype(np.int32), _bit(ones))

    def words(self) -> bytes:
        """Everything written so far, little endian."""
        return self._coder.get_compressed().astype("<u4").tobytes()


class SymbolReader:
    """Gives back what a :class:`SymbolWriter` has taken, in the same order."""

    def __init__(self, words: bytes) -> None:
        if len(words) % 4:
            raise DamagedStream(f"a stream has whole 32-bit words, got {len(words)} bytes")
        self._coder = _constriction().stream.queue.RangeDecoder(np.frombuffer(words, "<u4").astype(np.uint32))

    def read(self, indices: np.ndarray) -> np.ndarray:
        """The next symbols, int32, one for each index of a table.

        Raises
        ------
        DamagedStream
            If no writer has written them so.
        """
        symbols = np.empty(len(indices), np.int32)
        try:
            for index in np.unique(indices).tolist():
                where = np.flatnonzero(indices == index)
                half_width, counts = table(index)
                found = self._coder.decode(_model(index), len(where)) - half_width
                for place in np.flatnonzero(found == len(counts) - 1 - half_width).tolist():
                    found[place] = self._beyond(half_width)
                symbols[where] = found
        except (ValueError, AssertionError) as error:
            raise DamagedStream(f"{OTHER_TABLES}: {error}") from None
        return symbols

    def read_bits(self, count: int, ones: int) -> np.ndarray:
        """The next bits, bool, as :meth:`SymbolWriter.write_bits` has written them.

        Raises
        ------
        DamagedStream
            If no writer has written them so.
        """
        try:
            return self._coder.decode(_bit(ones), count).astype(bool)
        except (ValueError, AssertionError) as error:
            raise DamagedStream(f"{OTHER_TABLES}: {error}") from None

    def _beyond(self, half_width: int) -> int:
        """Of an escape: sign, then Exp-Golomb code of what exceeds K + 1."""
        negative, length = self._bits(1)[0], 0
        while not self._bits(1)[0]:
            length += 1
            if length > _MOST_BITS:
                raise DamagedStream(f"{OTHER_TABLES}: one has more than {_MOST_BITS} bits")
        rest = 1
        for bit in self._bits(length):
            rest = 2 * rest + bit
        size = rest + half_width
        if size >= 1 << _MOST_BITS:
            raise DamagedStream(f"{OTHER_TABLES}: one has more than {_MOST_BITS} bits")
        return -size if negative else size

    def _bits(self, count: int) -> list[int]:
        return self._coder.decode(_coin(), count).tolist() if count else []


def _escaped(symbol: int, half_width: int) -> np.ndarray:
    """Sign, as many zeros as there are binary digits behind the first one, and the digits of |q| − K."""
    digits = f"{abs(symbol) - half_width:b}"
    if len(digits) > _MOST_BITS:
        raise ValueError(f"a symbol must have less than {_MOST_BITS} bits, got {symbol}")
    return np.array([int(symbol < 0), *[0] * (len(digits) - 1), *map(int, digits)], np.int32)


@lru_cache(maxsize=256)
def _model(index: int) -> Any:
    return _categorical(table(index).counts)


@lru_cache(maxsize=1024)
def _bit(ones: int) -> Any:
    return _categorical(np.array([TOTAL - ones, ones]))


def _categorical(counts: np.ndarray) -> Any:
    # Multiples of 2⁻¹⁶, which float32 holds: every machine makes the same 24-bit table of them.
    probabilities = (counts / TOTAL).astype(np.float32)
    return _constriction().stream.model.Categorical(probabilities, perfect=False)


@lru_cache(maxsize=1)
def _coin() -> Any:
    return _constriction().stream.model.Categorical(np.array([0.5, 0.5], np.float32), perfect=False)


def _constriction() -> Any:
    try:
        import constriction
    except ImportError as error:
        raise ImportError(_NEEDED) from error
    return constriction
