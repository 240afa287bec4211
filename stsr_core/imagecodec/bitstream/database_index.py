"""What stands at the end of a ``.fcnr`` file: which images there are, where their streams lie, which codec.

::

    magic │ stream of pair 0 │ stream of pair 1 │ … │ weights │ index │ tail

The weights are missing where the codec lies beside the file. The tail has the length and the CRC-32 of the
index, the version and the magic again, so that a file that is cut off anywhere is known at once.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.imagecodec.images import Record, times_in, variables_in, views_in
from stsr_core.imagecodec.network.configuration import CodecConfig, config_of
from stsr_core.imagecodec.pairs import ImagePair
from stsr_core.model.container import CheckpointError

SUFFIX = ".fcnr"
MAGIC = b"\x93FCNR\r\n\x1a"
VERSION = 1
_TAIL = struct.Struct("<IIH8s")
_JSON_LENGTH = struct.Struct("<I")
#: Columns of the table of pairs, stored one after the other.
_COLUMNS = ("variable", "left_time", "left", "right_time", "right", "length", "check")


@dataclass(frozen=True)
class Place:
    """Where the stream of a pair lies.

    Parameters
    ----------
    start, length : int
        Bytes.
    check : int
        CRC-32 of the stream.
    """

    start: int
    length: int
    check: int


@dataclass(frozen=True)
class Weights:
    """Where the weights of the codec are.

    Parameters
    ----------
    start, length, check : int
        In this file, as of :class:`Place`; 0 where they lie beside it.
    file : str
        Name of the model file beside this one; "" where they are inside.
    checksum : str
        SHA-256 of the tensors of that file.
    """

    start: int = 0
    length: int = 0
    check: int = 0
    file: str = ""
    checksum: str = ""


@dataclass(frozen=True)
class DatabaseIndex:
    """The index of a ``.fcnr`` file.

    Parameters
    ----------
    size : (int, int)
        Height and width of each image.
    pairs : sequence of ImagePair
        In the order of their streams; records have no file.
    places : sequence of Place
        Of each pair.
    config : CodecConfig
    weights : Weights
    notes : dict
        Plain JSON values that nothing here depends on: estimated bits, versions, what the images were
        rendered with.
    odds : ndarray, optional
        As of :func:`.background.odds_of`, where the streams have the white background.
    """

    size: tuple[int, int]
    pairs: Sequence[ImagePair]
    places: Sequence[Place]
    config: CodecConfig
    weights: Weights
    notes: dict[str, Any]
    odds: np.ndarray | None = None

    def packed(self) -> bytes:
        """The index and the tail, as they end a file."""
        records = [record for pair in self.pairs for record in pair.images]
        times, variables, views = times_in(records), variables_in(records), views_in(records)
        of_time, of_variable, of_view = (
            {value: i for i, value in enumerate(values)} for values in (times, variables, views)
        )
        rows = [
            (
                of_variable[pair.left.variable],
                of_time[pair.left.time],
                of_view[pair.left.theta, pair.left.phi],
                of_time[pair.right.time],
                of_view[pair.right.theta, pair.right.phi],
                place.length,
                place.check,
            )
            for pair, place in zip(self.pairs, self.places, strict=True)
        ]
        said = {
            "size": self.size,
            "times": times,
            "variables": variables,
            "views": views,
            "pairs": len(rows),
            "codec": asdict(self.config),
            "weights": asdict(self.weights),
            "notes": self.notes,
            "odds": None if self.odds is None else self.odds.tolist(),
        }
        text = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
        table = np.array(rows, "<u4").T.tobytes()
        content = zlib.compress(_JSON_LENGTH.pack(len(text)) + text + table, 9)
        return content + _TAIL.pack(len(content), zlib.crc32(content), VERSION, MAGIC)


def read_index(path: Path) -> DatabaseIndex:
    """The index of a file.

    Raises
    ------
    CheckpointError
        If the file is missing, foreign, cut off, altered or newer; one sentence that names it.
    """
    try:
        with open(path, "rb") as stream:
            start = stream.read(len(MAGIC))
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _TAIL.size))
            tail = stream.read(_TAIL.size)
            if start != MAGIC:
                raise CheckpointError(
                    f"{path}: expected a database of coded images (.fcnr), found another file"
                )
            if size < len(MAGIC) + _TAIL.size or tail[-len(MAGIC) :] != MAGIC:
                raise CheckpointError(
                    f"{path}: truncated: the index at its end is missing ({size} bytes found)"
                )
            length, check, version, _ = _TAIL.unpack(tail)
            if version > VERSION:
                raise CheckpointError(
                    f"{path}: format version {version} is newer than this program reads ({VERSION}); please "
                    "update stsr"
                )
            if length > size - len(MAGIC) - _TAIL.size:
                raise CheckpointError(f"{path}: damaged: its index cannot have {length} bytes")
            stream.seek(size - _TAIL.size - length)
            content = stream.read(length)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot read the images: {error.strerror or error}") from None
    if zlib.crc32(content) != check:
        raise CheckpointError(f"{path}: damaged: its index was altered")
    try:
        return _unpacked(content)
    except (ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as error:
        raise CheckpointError(f"{path}: damaged index: {error}") from None


def _unpacked(content: bytes) -> DatabaseIndex:
    plain = zlib.decompress(content)
    (length,) = _JSON_LENGTH.unpack_from(plain)
    said = json.loads(plain[_JSON_LENGTH.size : _JSON_LENGTH.size + length])
    table = np.frombuffer(plain, "<u4", offset=_JSON_LENGTH.size + length).reshape(
        len(_COLUMNS), said["pairs"]
    )
    pairs, places, start = [], [], len(MAGIC)
    for variable, left_time, left, right_time, right, n_bytes, check in table.T.tolist():
        ends = [(left_time, *said["views"][left]), (right_time, *said["views"][right])]
        first, second = (
            Record(said["times"][time], theta, phi, said["variables"][variable]) for time, theta, phi in ends
        )
        pairs.append(ImagePair(first, second))
        places.append(Place(start, n_bytes, check))
        start += n_bytes
    height, width = said["size"]
    return DatabaseIndex(
        (height, width),
        pairs,
        places,
        config_of(said["codec"]),
        Weights(**said["weights"]),
        said["notes"],
        None if said["odds"] is None else np.array(said["odds"], np.int64),
    )
