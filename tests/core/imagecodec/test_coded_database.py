"""A whole database as one file: random access, other processes and threads, damage, failures."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from image_databases import images_of

from stsr_core.imagecodec.bitstream.database_index import MAGIC
from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages, weight_bytes
from stsr_core.imagecodec.bitstream.encoding import encode
from stsr_core.imagecodec.open import open_images
from stsr_core.imagecodec.pairs import PAIRINGS, ImagePair, pairs_of
from stsr_core.imagecodec.training.recipe import CodecRecipe
from stsr_core.imagecodec.training.runs import fit
from stsr_core.imagecodec.views import geodesic_views
from stsr_core.imagecodec.writing import write
from stsr_core.interrupts import Stopped
from stsr_core.model.container import CheckpointError

#: Decodes every image of a file, and prints a hash of them all.
DECODE = """
import hashlib, sys
from stsr_core.imagecodec.open import open_images
images = open_images(sys.argv[1])
digest = hashlib.sha256()
for record in sorted(images.records, key=lambda r: r.key):
    digest.update(images.read(record).tobytes())
print(digest.hexdigest())
"""


def digest_of(path: Path, threads: int) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", DECODE, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_coded_database_is_read_as_any_other(balls, coded) -> None:
    images = open_images(coded)
    assert isinstance(images, EncodedImages)
    assert {record.key for record in images.records} == {record.key for record in balls.records}
    assert (images.size, images.times, images.views) == (balls.size, balls.times, balls.views)
    assert images.variables == balls.variables
    one = balls.records[7]
    found = images.read(one)
    assert found.shape == (64, 64, 3) and found.dtype == np.uint8
    assert np.abs(found.astype(int) - balls.read(one)).mean() < 60
    last = images.read(images.records[-1])
    np.testing.assert_array_equal(images.read(one), found)
    assert not np.array_equal(found, last)


def test_fact_15_other_processes_and_threads_decode_the_same_bytes(coded) -> None:
    images = open_images(coded)
    here = hashlib.sha256()
    for record in sorted(images.records, key=lambda r: r.key):
        here.update(images.read(record).tobytes())
    assert here.hexdigest() == digest_of(coded, threads=2)


def test_encoding_again_gives_the_same_file(balls, codec, coded, tmp_path) -> None:
    made = encode(balls, codec, tmp_path / "again.fcnr")
    assert (tmp_path / "again.fcnr").read_bytes() == coded.read_bytes()
    assert made.n_images == 24
    assert made.n_bytes == coded.stat().st_size > made.stream_bytes + made.weight_bytes
    # 24 images: index and table are a few hundred bytes.
    assert made.n_bytes - made.stream_bytes - made.weight_bytes < 1500
    # A file of tiny images has the last words of twelve coders.
    assert made.stream_bytes < 1.02 * made.estimated_bits / 8 + 12 * 16


def test_the_codec_may_lie_beside_the_file(balls, codec, tmp_path) -> None:
    beside = tmp_path / codec.name
    beside.write_bytes(codec.read_bytes())
    path = tmp_path / "balls.fcnr"
    encode(balls, codec, path, inside=False)
    images = EncodedImages.open(path)
    assert weight_bytes(images) == codec.stat().st_size
    picture = images.read(images.records[0])
    beside.unlink()
    with pytest.raises(CheckpointError, match=r"codec\.stsr: cannot read the model"):
        EncodedImages.open(path).read(images.records[0])
    np.testing.assert_array_equal(EncodedImages.open(path, codec).read(images.records[0]), picture)


def test_another_codec_is_refused(balls, codec, tmp_path) -> None:
    path = tmp_path / "balls.fcnr"
    encode(balls, codec, path, inside=False)
    other = tmp_path / "other.stsr"
    fit(
        balls, other, configuration={"channels": 12, "latents": 2}, recipe=CodecRecipe(epochs=1), device="cpu"
    )
    with pytest.raises(
        CheckpointError, match=r"other\.stsr: is not the codec that .*balls\.fcnr was encoded by"
    ):
        EncodedImages.open(path, other).read(balls.records[0])


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_images_of_several_variables_and_odd_numbers(codec, tmp_path, pairing: str) -> None:
    views = geodesic_views(1)[:3]
    images = write(tmp_path / "three.cdb", images_of(3, views, 40, ("a", "b")))
    encode(images, codec, tmp_path / "three.fcnr", pairing=pairing)
    found = EncodedImages.open(tmp_path / "three.fcnr")
    assert found.variables == ("a", "b")
    assert sorted(r.key for r in found.records) == sorted(r.key for r in images.records)
    assert list(found.index.pairs) == [
        ImagePair(replace(pair.left, file=""), replace(pair.right, file=""))
        for pair in pairs_of(images.records, pairing)
    ]
    assert all(found.read(record).shape == (40, 40, 3) for record in found.records)


def test_an_unknown_image_is_named(coded, balls) -> None:
    from stsr_core.imagecodec.images import Record

    with pytest.raises(ValueError, match="no image of balls at time 10 from theta 1, phi 2"):
        open_images(coded).read(Record(10.0, 1.0, 2.0, "balls"))


@pytest.mark.parametrize("part", ["magic", "stream", "weights", "index", "tail"])
def test_an_altered_byte_is_noticed(coded, tmp_path, part) -> None:
    data = bytearray(coded.read_bytes())
    index = EncodedImages.open(coded).index
    first, weights = index.places[0], index.weights
    place = {
        "magic": 2,
        "stream": first.start + first.length // 2,
        "weights": weights.start + weights.length // 2,
        "index": weights.start + weights.length + 5,
        "tail": len(data) - len(MAGIC) - 4,
    }[part]
    data[place] ^= 0x10
    path = tmp_path / "altered.fcnr"
    path.write_bytes(data)
    words = {
        "magic": "expected a database of coded images",
        "stream": "damaged: the pair of balls at time 10 from theta .* was altered",
        "weights": "damaged: the codec was altered",
        "index": "damaged: its index was altered",
        "tail": "altered|newer|cannot have",
    }[part]
    with pytest.raises(CheckpointError, match=words):
        images = EncodedImages.open(path)
        images.read(images.records[0])


def test_a_file_cut_off_anywhere_is_noticed(coded, tmp_path) -> None:
    data = coded.read_bytes()
    path = tmp_path / "cut.fcnr"
    for length in (0, 4, len(MAGIC), 200, len(data) // 2, len(data) - 300, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError, match=r"truncated|expected a database") as raised:
            EncodedImages.open(path)
        assert str(raised.value).startswith(str(path))


def test_a_stream_that_fits_its_checksum_and_no_distribution(coded, tmp_path) -> None:
    """As of a file that another kind of arithmetic has written: the tables' own checksum is compared."""
    images = EncodedImages.open(coded)
    place = images.index.places[0]
    data = coded.read_bytes()[place.start : place.start + place.length]
    wrong = bytes([data[0] ^ 1]) + data[1:]
    decoder = images.decoder
    from stsr_core.imagecodec.bitstream.range_coder import DamagedStream
    from stsr_core.imagecodec.pairs import parameters

    pair = images.index.pairs[0]
    where = [parameters(record, images.times) for record in (pair.left, pair.right)]
    assert zlib.crc32(data) == place.check
    with pytest.raises(DamagedStream, match="other distributions"):
        decoder.decode(wrong, images.size, *where)


def test_a_newer_file_is_refused(coded, tmp_path) -> None:
    data = bytearray(coded.read_bytes())
    data[-len(MAGIC) - 2] = 9
    (tmp_path / "newer.fcnr").write_bytes(data)
    with pytest.raises(CheckpointError, match="format version 9 is newer than this program reads"):
        EncodedImages.open(tmp_path / "newer.fcnr")


def test_nothing_is_left_of_a_file_that_cannot_be_written(balls, codec, tmp_path) -> None:
    """A full disk, as a limit on the size of files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OSError, match=r"full\.fcnr: cannot write the images: File too large"):
            encode(balls, codec, tmp_path / "full.fcnr")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_file_that_was_stopped(balls, codec, tmp_path) -> None:
    seen = []
    with pytest.raises(Stopped):
        encode(
            balls,
            codec,
            tmp_path / "stopped.fcnr",
            on_progress=lambda done, n: seen.append((done, n)),
            should_stop=lambda: len(seen) == 3,
        )
    assert seen == [(1, 12), (2, 12), (3, 12)]
    assert list(tmp_path.iterdir()) == []


def test_bad_outputs_and_models_are_refused(balls, codec, coded, tmp_path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.fcnr, got .*a\.cdb"):
        encode(balls, codec, tmp_path / "a.cdb")
    with pytest.raises(FileNotFoundError, match=r"the folder .*none does not exist"):
        encode(balls, codec, tmp_path / "none" / "a.fcnr")
    with pytest.raises(FileExistsError, match="exists; choose another output"):
        encode(balls, codec, coded)
    with pytest.raises(CheckpointError, match="cannot read the model"):
        encode(balls, tmp_path / "none.stsr", tmp_path / "a.fcnr")


def test_a_missing_image_of_the_database_is_named(codec, tmp_path) -> None:
    images = write(tmp_path / "some.cdb", images_of(1, geodesic_views(1)[:4], 32))
    (tmp_path / "some.cdb" / images.records[2].file).unlink()
    with pytest.raises(ValueError, match=r"theta.*\.png"):
        encode(images, codec, tmp_path / "some.fcnr")
    assert not (tmp_path / "some.fcnr").exists()
