"""The images of a ``.fcnr`` file, each decoded when it is asked for."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from stsr_core.imagecodec.bitstream.database_index import DatabaseIndex, Place, Weights, read_index
from stsr_core.imagecodec.bitstream.pair_coder import PairDecoder, Pictures
from stsr_core.imagecodec.bitstream.range_coder import DamagedStream
from stsr_core.imagecodec.bitstream.weights import unpacked
from stsr_core.imagecodec.images import Record, times_in, variables_in, views_in
from stsr_core.imagecodec.pairs import ImagePair, parameters
from stsr_core.imagecodec.training import codec_file
from stsr_core.model import container
from stsr_core.model.container import CheckpointError


@dataclass(frozen=True)
class EncodedImages:
    """A coded database; it is read as :class:`~stsr_core.imagecodec.cinema.ImageDatabase` is.

    Parameters
    ----------
    path : Path
        The file.
    index : DatabaseIndex
        What it says of itself.
    model : Path, optional
        The codec's file, where it lies beside and has another name or place than is stored.

    Examples
    --------
    >>> images = EncodedImages.open("tornado.fcnr")           # doctest: +SKIP
    >>> images.read(images.records[0]).shape                  # doctest: +SKIP
    (256, 256, 3)
    """

    path: Path
    index: DatabaseIndex
    model: Path | None = None
    _last: dict[int, Pictures] = field(default_factory=dict, init=False, compare=False, repr=False)

    @classmethod
    def open(cls, path: str | os.PathLike[str], model: str | os.PathLike[str] | None = None) -> EncodedImages:
        """Read the index of a file; weights and images wait until they are needed.

        Raises
        ------
        CheckpointError
            If the file is missing, foreign, cut off, altered or newer.
        """
        path = Path(path)
        return cls(path, read_index(path), None if model is None else Path(model))

    @property
    def records(self) -> tuple[Record, ...]:
        """One for every image, in the order of the pairs; none has a file."""
        return tuple(self._places)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.index.size

    @cached_property
    def times(self) -> tuple[float, ...]:
        """Physical times, sorted."""
        return times_in(self.records)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Names, in the order of the file."""
        return variables_in(self.records)

    @cached_property
    def views(self) -> tuple[tuple[float, float], ...]:
        """(theta, phi) in degrees, sorted."""
        return views_in(self.records)

    @cached_property
    def _places(self) -> dict[Record, tuple[int, int]]:
        """Pair of an image, and which of the two it is."""
        return {
            record: (i, side)
            for i, pair in enumerate(self.index.pairs)
            for side, record in enumerate(pair.images)
        }

    @cached_property
    def decoder(self) -> PairDecoder:
        """The codec, read when the first image is.

        Raises
        ------
        CheckpointError
            If it is not there, altered, or not the one that the images were encoded by.
        """
        weights = self.index.weights
        if weights.file:
            model = self.model or self.path.with_name(weights.file)
            _, network = codec_file.load(model)
            if container.checksum(network.state_dict()) != weights.checksum:
                raise CheckpointError(f"{model}: is not the codec that {self.path} was encoded by")
            return PairDecoder(network.entropy, network.decoder, network.config)
        try:
            tensors = unpacked(self._bytes(Place(weights.start, weights.length, weights.check), "the codec"))
            networks = codec_file.decoding_networks_of(self.index.config, tensors)
            return PairDecoder(networks.entropy, networks.decoder, self.index.config)
        except (DamagedStream, RuntimeError) as error:
            raise CheckpointError(f"{self.path}: damaged codec: {error}") from None

    def read(self, record: Record) -> np.ndarray:
        """Decode one image, (H, W, 3) uint8 sRGB; the other of its pair is kept for the next call.

        Raises
        ------
        ValueError
            If the file has no such image.
        CheckpointError
            If its stream was altered, or cannot be decoded here as it was encoded.
        """
        found = self._places.get(Record(record.time, record.theta, record.phi, record.variable))
        if found is None:
            raise ValueError(
                f"{self.path}: no image of {record.variable} at time {record.time:g} from theta "
                f"{record.theta:g}, phi {record.phi:g}"
            )
        number, side = found
        pictures = self._last.get(number)
        if pictures is None:
            pictures = self.decoded(number)
            self._last.clear()
            self._last[number] = pictures
        return pictures[side]

    def decoded(self, number: int) -> Pictures:
        """Both images of a pair, by its place in ``index.pairs``.

        Raises
        ------
        CheckpointError
            As :meth:`read`.
        """
        pair = self.index.pairs[number]
        what = _named(pair)
        stream = self._bytes(self.index.places[number], what)
        left, right = (parameters(record, self.times) for record in (pair.left, pair.right))
        try:
            return self.decoder.decode(stream, self.size, left, right, self.index.odds)
        except DamagedStream as error:
            raise CheckpointError(f"{self.path}: {what} cannot be decoded: {error}") from None

    def _bytes(self, place: Place, what: str) -> bytes:
        """Of a part of the file, which is as it was written."""
        try:
            with open(self.path, "rb") as stream:
                stream.seek(place.start)
                data = stream.read(place.length)
        except OSError as error:
            raise CheckpointError(f"{self.path}: cannot read {what}: {error.strerror or error}") from None
        if len(data) != place.length or zlib.crc32(data) != place.check:
            raise CheckpointError(f"{self.path}: damaged: {what} was altered")
        return data


def weight_bytes(images: EncodedImages) -> int:
    """Of the codec, inside the file or beside it."""
    weights: Weights = images.index.weights
    if weights.file:
        return (images.model or images.path.with_name(weights.file)).stat().st_size
    return weights.length


def _named(pair: ImagePair) -> str:
    left = pair.left
    return f"the pair of {left.variable} at time {left.time:g} from theta {left.theta:g}, phi {left.phi:g}"
