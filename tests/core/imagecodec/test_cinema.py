"""Cinema databases: what is written comes back, other programs read it, and what is wrong is named."""

from __future__ import annotations

import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_core.imagecodec.images import Record, nearest_record, record_of
from stsr_core.imagecodec.open import open_images
from stsr_core.imagecodec.views import geodesic_views
from stsr_core.imagecodec.writing import file_of, write

VIEWS = geodesic_views(1)[:3].tolist()
TIMES = (0.1, 2.5)
VARIABLES = ("u/v, mean", "π")  # a comma, a slash and a letter beyond ASCII
ABOUT = {"size": [8, 6], "camera": {"distance": 2.5}}


def picture(record: Record) -> np.ndarray:
    """Random pixels (6, 8, 3) that belong to a record alone."""
    seed = abs(hash((record.time, record.theta, record.phi, len(record.variable)))) % 2**32
    return np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def wanted() -> list[Record]:
    return [Record(t, *view, name) for t in TIMES for name in VARIABLES for view in VIEWS]


@pytest.fixture
def database(tmp_path: Path) -> ImageDatabase:
    return write(tmp_path / "d.cdb", [(r, picture(r)) for r in wanted()], description=ABOUT)


def test_what_is_written_comes_back(database):
    again = open_images(database.path / "data.csv")
    assert isinstance(again, ImageDatabase) and again == database
    assert again.size == (6, 8)
    assert (again.times, again.variables) == (TIMES, VARIABLES)
    assert again.views == tuple(map(tuple, VIEWS)) and again.description == ABOUT
    assert [r.key for r in again.records] == [r.key for r in wanted()]
    for record in again.records:
        pixels = again.read(record)
        assert pixels.dtype == np.uint8
        np.testing.assert_array_equal(pixels, picture(record))


def test_the_index_is_that_of_specification_d(database):
    """A line of names, then a line for each image with the same number of entries; FILE last and relative."""
    with open(database.path / "data.csv", newline="", encoding="utf-8") as stream:
        header, *lines = csv.reader(stream)
    assert header[-1] == "FILE" and len(set(header)) == len(header)
    assert len(lines) == len(TIMES) * len(VARIABLES) * len(VIEWS)
    for line in lines:
        assert len(line) == len(header)
        assert (database.path / line[-1]).is_file() and not Path(line[-1]).is_absolute()
    assert len({line[-1] for line in lines}) == len(lines)
    assert {float(line[header.index("time")]) for line in lines} == set(TIMES)


@pytest.mark.skipif(importlib.util.find_spec("pycinema") is None, reason="needs the package pycinema")
def test_pycinema_reads_the_same_images(database):
    """In a process of its own: it brings a whole window system."""
    code = (
        "import json, sys, pycinema, pycinema.filters as f\n"
        "reader = f.CinemaDatabaseReader(); reader.inputs.path.set(sys.argv[1]); reader.update()\n"
        "images = f.ImageReader(); images.inputs.table.set(reader.outputs.table)\n"
        "images.update(); table = reader.outputs.table.get()\n"
        "print(json.dumps([[r[:4] for r in table], [i.channels['rgba'][..., :3].tolist() "
        "for i in images.outputs.images.get()]]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, database.path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (header, *rows), pixels = json.loads(done.stdout.splitlines()[-1])
    assert header == ["time", "theta", "phi", "variable"]
    assert [(float(t), float(a), float(b), v) for t, a, b, v in rows] == [
        (r.time, r.theta, r.phi, r.variable) for r in database.records
    ]
    np.testing.assert_array_equal(pixels, [database.read(r) for r in database.records])


# Extending, stopping ------------------------------------------------------------------------------------


def test_a_database_is_extended_and_images_are_replaced(database):
    old, new = database.records[0], Record(9.0, 0.0, 0.0, "π")
    white = np.full((6, 8, 3), 255, np.uint8)
    counts: list[int] = []
    more = write(database.path, [(old, white), (new, white)], on_written=counts.append)
    assert counts == [1, 2] and len(more.records) == len(database.records) + 1
    assert more.read(more.records[0]).min() == 255 and more.records[-1].key == new.key
    np.testing.assert_array_equal(more.read(more.records[1]), picture(more.records[1]))
    assert more.description == ABOUT


def test_what_stops_leaves_a_database_that_lists_what_is_there(tmp_path):
    def broken():
        for record in wanted()[:4]:
            yield record, picture(record)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "d.cdb", broken(), description=ABOUT)
    stopped = ImageDatabase.open(tmp_path / "d.cdb")
    assert [r.key for r in stopped.records] == [r.key for r in wanted()[:4]]
    assert len([*(tmp_path / "d.cdb").rglob("*.png")]) == 4 and stopped.description == ABOUT
    assert [p.name for p in tmp_path.iterdir()] == ["d.cdb"], "no lock and no temporary file"


def test_of_no_image_nothing_is_left(tmp_path):
    with pytest.raises(ValueError, match="at least one image is needed, got none"):
        write(tmp_path / "d.cdb", [])
    wrong = [(wanted()[0], np.zeros((6, 8), np.uint8))]
    with pytest.raises(ValueError, match=r"must be \(H, W, 3\) uint8, got \(6, 8\) uint8"):
        write(tmp_path / "d.cdb", wrong)
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_leaves_what_was_there(database, monkeypatch):
    """Pillow cannot write: the temporary file goes, the index stays true."""
    from PIL import Image

    def save(self, file, **options):
        Path(file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", save)
    record = Record(77.0, 0.0, 0.0, "π")
    with pytest.raises(OSError, match="No space left"):
        write(database.path, [(record, picture(record))])
    assert ImageDatabase.open(database.path) == database
    assert not [p for p in database.path.rglob("*") if p.is_file() and "tmp" in p.name]


def test_a_new_database_on_a_disk_that_fills_up_is_one(tmp_path, monkeypatch):
    """The first image is listed at once: what stops later stops a database that opens and resumes."""
    from PIL import Image

    real = Image.Image.save

    def save(self, file, **options):
        if "time_0.1/" not in Path(file).as_posix():
            raise OSError(28, "No space left on device")
        real(self, file, **options)

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "d.cdb", [(r, picture(r)) for r in wanted()])
    assert len(ImageDatabase.open(tmp_path / "d.cdb").records) == 6


def test_one_run_at_a_time_writes_a_database(database):
    from stsr_core.model.claim import claimed

    with (
        claimed(database.path),
        pytest.raises(BlockingIOError, match=r"d\.cdb is being written by another run"),
    ):
        write(database.path, [(r, picture(r)) for r in wanted()])


def test_files_of_records_differ():
    names = [Record(t, 0.0, phi, v) for t in (1, 1.5) for phi in (0, 90) for v in ("a/b", "a b", "a%2Fb")]
    assert len({file_of(record) for record in names}) == 12


# Bad input ------------------------------------------------------------------------------------------------


def test_a_missing_image_is_named(database):
    gone = [r.file for r in database.records[2:4]]
    for file in gone:
        (database.path / file).unlink()
    with pytest.raises(FileNotFoundError) as raised:
        ImageDatabase.open(database.path)
    assert str(raised.value) == f"{database.path / gone[0]}: is listed in data.csv and missing and 1 more"


def test_an_image_of_another_size_and_a_damaged_one_are_named(database):
    from PIL import Image

    one, two = (database.path / r.file for r in database.records[1:3])
    Image.new("RGB", (9, 6)).save(one)
    with pytest.raises(ValueError, match=r"expected 8x6 pixels, as .* has, got 9x6"):
        database.read(database.records[1])
    two.write_bytes(two.read_bytes()[:90])
    with pytest.raises(ValueError) as raised:
        database.read(database.records[2])
    assert str(raised.value).startswith(f"{two}: cannot be read as an image: ")
    record = Record(0.1, 1.0, 2.0, "π")
    with pytest.raises(ValueError, match=r"d\.cdb: has images of 8x6 pixels, got one of 4x4"):
        write(database.path, [(record, np.zeros((4, 4, 3), np.uint8))])


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("", "expected the columns time, theta, phi, variable, FILE, found none"),
        (
            "time,phi,FILE\n1,2,a.png\n",
            "expected the columns time, theta, phi, variable, FILE, found time, phi, FILE",
        ),
        ("time,theta,phi,FILE\n", "lists no image"),
        ("time,theta,phi,FILE\n1,2,x,a.png\n", "line 2: phi must be a number, got 'x'"),
        ("time,theta,phi,FILE\n1,2,3\n", "line 2: fewer entries than columns"),
        ("time,theta,phi,FILE\n1,95,3,a.png\n", "line 2: theta must be a number in [-90, 90], got 95.0"),
        ("time,theta,phi,FILE\nnan,5,3,a.png\n", "line 2: time must be a finite number, got nan"),
        ("time,theta,phi,FILE\n1,2,3,../a.png\n", "line 2: FILE must be a path inside the database"),
        ("time,theta,phi,FILE\n1,2,3,a.png\n1,2,3,b.png\n", "line 3: the image of a.png once more"),
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path, index, words):
    (tmp_path / "data.csv").write_text(index)
    with pytest.raises(ValueError) as raised:
        ImageDatabase.open(tmp_path)
    assert words in str(raised.value)


def test_what_is_no_database_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder; a Cinema database \(\.cdb\) was expected"):
        open_images(tmp_path / "none.cdb")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError, match=r"has no data\.csv"):
        open_images(tmp_path / "folder")
    with pytest.raises(ValueError, match=r"must end in \.cdb"):
        open_images(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"must end in \.cdb"):
        write(tmp_path / "a", [])


def test_a_database_of_other_programs(tmp_path):
    """Columns in another order and case, more of them, no variable; a transparent image lies on white."""
    from PIL import Image

    (tmp_path / "data.csv").write_text("Phi,Theta,Time,producer,FILE\n-30,10,2,x,a.png\n")
    Image.fromarray(np.zeros((2, 3, 4), np.uint8)).save(tmp_path / "a.png")
    database = ImageDatabase.open(tmp_path)
    assert database.records == (Record(2.0, 10.0, -30.0, "image", "a.png"),)
    assert database.size == (2, 3) and database.read(database.records[0]).min() == 255


def test_an_unknown_view_names_the_nearest(database):
    record = record_of(database.records, "π", 2.5, tuple(VIEWS[1]))
    assert record.key == ("π", 2.5, *VIEWS[1])
    with pytest.raises(
        ValueError, match="no image of π is stored at time 2 from theta 1, phi 2; the nearest is"
    ):
        record_of(database.records, "π", 2.0, (1.0, 2.0))
    with pytest.raises(ValueError, match="the database has no variable 'w'; it has u/v, mean, π"):
        nearest_record(database.records, "w", 2.0, (1.0, 2.0))
    assert nearest_record(database.records, "π", 1.3, tuple(VIEWS[2])).time == 0.1, (
        "equally near: the earlier"
    )
