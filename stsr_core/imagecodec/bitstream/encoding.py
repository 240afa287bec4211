"""A database of images → one ``.fcnr`` file."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stsr_core.imagecodec.bitstream.background import background, odds_of
from stsr_core.imagecodec.bitstream.database_index import MAGIC, SUFFIX, DatabaseIndex, Place, Weights
from stsr_core.imagecodec.bitstream.pair_coder import Encoded, PairEncoder
from stsr_core.imagecodec.bitstream.weights import BITS, packed, unpacked
from stsr_core.imagecodec.images import Images, times_in
from stsr_core.imagecodec.pairs import ImagePair, pairs_of, parameters
from stsr_core.imagecodec.training import codec_file
from stsr_core.interrupts import Stopped
from stsr_core.io.paths import replacing
from stsr_core.model import container
from stsr_core.threads import usable_cores

#: Pairs on their way per thread, so that memory does not grow with the database.
_AHEAD = 2
#: Pairs that the probabilities of a background are counted in.
_FOR_ODDS = 64


@dataclass(frozen=True)
class Encoding:
    """What came of encoding a database.

    Parameters
    ----------
    path : Path
    n_images : int
    n_bytes, stream_bytes, weight_bytes : int
        Of the file, of the streams of all pairs in it, and of the weights; those of a model file beside it
        are counted, too.
    estimated_bits : float
        Cross entropy of all symbols, which the streams come near to.
    seconds : float
    """

    path: Path
    n_images: int
    n_bytes: int
    stream_bytes: int
    weight_bytes: int
    estimated_bits: float
    seconds: float


def encode(
    images: Images,
    model: str | Path,
    output: str | Path,
    *,
    bits: int = BITS,
    inside: bool = True,
    pairing: str | None = None,
    mask: bool = False,
    notes: dict[str, Any] | None = None,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Encoding:
    """Encode all images by a learned codec.

    Pairs are encoded beside each other, each on one thread; the file is the same for any number of them. It
    is written beside its place and renamed when it is complete.

    Parameters
    ----------
    images : Images
    model : path
        As of :func:`stsr_core.imagecodec.training.runs.fit`.
    output : path
        Ends in ``.fcnr``.
    bits : int
        Of a weight, where the codec travels inside: the part of it that decodes, rounded before anything is
        encoded. What encodes is neither stored nor rounded.
    inside : bool
        Whether the codec is stored in the file. If not, it is named, and looked for beside the file.
    pairing : str, optional
        As of :func:`.pairs.pairs_of`; by default as the codec was learned.
    mask : bool
        Whether to store which pixels are exactly white, which they are again then.
    notes : dict, optional
        Plain JSON values to be stored.
    overwrite : bool
        Replace an existing ``output``.
    on_progress : callable, optional
        Called with the numbers of pairs done and to do.
    should_stop : callable, optional
        Asked after every pair.

    Raises
    ------
    ValueError
        On bad images, or a model that is no codec.
    FileExistsError
        If ``output`` exists and ``overwrite`` is not set.
    OSError
        If the file cannot be written; nothing is left of it.
    Stopped
        If it was stopped; nothing is left either.
    """
    started, output = time.monotonic(), Path(output)
    _check_output(output, overwrite)
    header, network = codec_file.load(model)
    weights, where = b"", Weights(file=Path(model).name)
    if inside:
        needed = codec_file.decoding_networks_of(header.config, network.state_dict()).state_dict()
        weights = packed(needed, bits)
        network.load_state_dict({**network.state_dict(), **unpacked(weights)})
    else:
        where = Weights(file=Path(model).name, checksum=container.checksum(network.state_dict()))
    pairs = pairs_of(images.records, pairing or header.history[-1]["recipe"]["pairing"])
    odds = _odds(images, pairs) if mask else None
    places: list[Place] = []
    position, estimated = len(MAGIC), 0.0
    try:
        with replacing() as beside, open(beside(output), "wb") as stream:
            stream.write(MAGIC)
            for done, encoded in enumerate(_all_encoded(PairEncoder(network), images, pairs, odds), start=1):
                stream.write(encoded.stream)
                places.append(Place(position, len(encoded.stream), zlib.crc32(encoded.stream)))
                position, estimated = position + len(encoded.stream), estimated + encoded.estimated_bits
                if on_progress is not None:
                    on_progress(done, len(pairs))
                if should_stop is not None and should_stop():
                    raise Stopped
            if inside:
                where = Weights(position, len(weights), zlib.crc32(weights))
                stream.write(weights)
            said = {
                **(notes or {}),
                "estimated_bits": round(estimated, 1),
                "learning_seconds": round(sum(run["seconds"] for run in header.history), 1),
            }
            stream.write(DatabaseIndex(images.size, pairs, places, header.config, where, said, odds).packed())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise OSError(f"{output}: cannot write the images: {error.strerror or error}") from error
    return Encoding(
        output,
        sum(len(pair.images) for pair in pairs),
        output.stat().st_size,
        position - len(MAGIC),
        len(weights) if inside else Path(model).stat().st_size,
        estimated,
        time.monotonic() - started,
    )


def _odds(images: Images, pairs: Sequence[ImagePair]) -> np.ndarray:
    """Of the backgrounds of some pairs, evenly drawn."""
    some = pairs[:: max(1, len(pairs) // _FOR_ODDS)]
    return odds_of((background(images.read(pair.left)), background(images.read(pair.right))) for pair in some)


def _all_encoded(
    coder: PairEncoder, images: Images, pairs: Sequence[ImagePair], odds: np.ndarray | None
) -> Iterator[Encoded]:
    """In the order of the pairs."""
    times = times_in(images.records)

    def one(pair: ImagePair) -> Encoded:
        both = images.read(pair.left), images.read(pair.right)
        return coder.encode(both, parameters(pair.left, times), parameters(pair.right, times), odds)

    workers = max(1, min(usable_cores(), torch.get_num_threads()))
    with ThreadPoolExecutor(workers) as pool:
        todo = iter(pairs)
        waiting: list[Future[Encoded]] = [pool.submit(one, p) for p in islice(todo, _AHEAD * workers)]
        try:
            while waiting:
                encoded = waiting.pop(0).result()
                waiting += [pool.submit(one, p) for p in islice(todo, 1)]
                yield encoded
        finally:
            for future in waiting:
                future.cancel()


def _check_output(output: Path, overwrite: bool) -> None:
    if output.suffix != SUFFIX:
        raise ValueError(f"a database of coded images must end in {SUFFIX}, got {output}")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"{output}: the folder {output.parent} does not exist")
    if output.exists() and not overwrite:
        raise FileExistsError(f"{output} exists; choose another output, or ask to overwrite it")
