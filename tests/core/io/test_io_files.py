"""Finding files, raw files, and writing that never leaves half a file or harms an older one."""

from __future__ import annotations

import shutil
from collections import namedtuple

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import open_grid, open_series, write_series
from stsr_core.io.paths import natural_key, split_dataset

GRID = Grid((2, 3, 4))
FORMATS = [
    "a.h5",
    "a.nc",
    "a.raw",
    *(pytest.param(n, marks=pytest.mark.requires_vtk) for n in ("a.pvd", "a.vti", "a.vtr", "a.vti.series")),
]


def constant(value):
    return lambda i: {"f": np.full(GRID.shape, value + i, np.float32)}


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_natural_order():
    names = ["s10.vti", "s2.vti", "s1.vti", "b1/s3.vti", "s02b.vti"]
    assert sorted(names, key=natural_key) == ["b1/s3.vti", "s1.vti", "s2.vti", "s02b.vti", "s10.vti"]


def test_data_set_paths():
    assert split_dataset("C:/x/run.HDF5:/a/b") == ("C:/x/run.HDF5", "/a/b")
    assert split_dataset("run:1.vti") == ("run:1.vti", "")


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.vti: no such file"):
        open_series(tmp_path / "gone.vti")
    with pytest.raises(FileNotFoundError, match=r"\*\.vti: no file matches the pattern"):
        open_series(f"{tmp_path}/*.vti")
    with pytest.raises(ValueError, match=r"is a folder; give a pattern such as .*\*\.vti"):
        open_series(tmp_path)
    with pytest.raises(ValueError, match="source must name at least one file, got an empty list"):
        open_series([])
    (tmp_path / "a.xyz").touch()
    with pytest.raises(ValueError, match=r"a\.xyz: file name must end in one of \.pvd "):
        open_series(tmp_path / "a.xyz")
    (tmp_path / "a.raw").touch()
    (tmp_path / "a.vti").touch()
    with pytest.raises(ValueError, match=r"must be of one kind, got \.raw, \.vti"):
        open_series([tmp_path / "a.raw", tmp_path / "a.vti"])
    with pytest.raises(ValueError, match=r"axes must be given for HDF5, NetCDF and TIFF files only"):
        open_series(tmp_path / "a.vti", axes="ZYX")
    with pytest.raises(ValueError, match=r"shape and dtype must be given for raw files only"):
        open_series(tmp_path / "a.vti", shape=(1, 2, 3))


def test_raw_files(tmp_path):
    values = np.arange(24).reshape(GRID.shape)
    for i in (1, 2, 10):
        (values + i).astype("<i2").tofile(tmp_path / f"rho_{i}.dat")
    series = open_series(f"{tmp_path}/rho_*.dat", shape=(2, 3, 4), dtype="int16", spacing=(1, 2, 3))
    assert series.names == ("rho",)
    assert series["rho"].grid.spacing == (1.0, 2.0, 3.0)
    np.testing.assert_array_equal(series["rho"].step(2), values + 10)
    # The second number of the file is one step along x.
    assert series["rho"].step(0)[0, 0, 1] == 2
    with pytest.raises(
        ValueError, match=r"expected 96 bytes for shape \(Z, Y, X\) = \(2, 3, 4\) of float32, found 48"
    ):
        open_series(f"{tmp_path}/rho_*.dat", shape=(2, 3, 4), dtype="float32")
    with pytest.raises(
        ValueError, match=r"a raw file does not tell its layout; pass shape=\(Z, Y, X\) and dtype"
    ):
        open_series(f"{tmp_path}/rho_*.dat", dtype="float32")
    with pytest.raises(ValueError, match=r"dtype must name a number type such as float32, got 'floaty'"):
        open_series(f"{tmp_path}/rho_*.dat", shape=(2, 3, 4), dtype="floaty")
    with pytest.raises(ValueError, match=r"a raw file has no grid"):
        open_grid(tmp_path / "rho_1.dat")


def test_raw_files_are_little_endian(tmp_path):
    write_series(tmp_path / "a.raw", Grid((1, 1, 2)), [0], lambda i: {"f": np.array([[[1, 2]]], ">i2")})
    assert (tmp_path / "a.raw").read_bytes() == b"\x01\x00\x02\x00"
    big = open_series(tmp_path / "a.raw", shape=(1, 1, 2), dtype=">i2")
    assert big["a"].step(0).tolist() == [[[1, 2]]]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_an_interruption_leaves_what_was_there(tmp_path, name, failure):
    def failing(i):
        if i == 2:
            raise failure
        return constant(5)(i)

    with pytest.raises(failure):
        write_series(tmp_path / name, GRID, [0, 1, 2], failing)
    assert list(tmp_path.iterdir()) == []
    write_series(tmp_path / name, GRID, [0, 1, 2], constant(0))
    before = contents(tmp_path)
    with pytest.raises(failure):
        write_series(tmp_path / name, GRID, [0, 1, 2], failing, overwrite=True)
    assert contents(tmp_path) == before
    write_series(tmp_path / name, GRID, [0, 1, 2], constant(5), overwrite=True)
    assert contents(tmp_path).keys() == before.keys()
    assert contents(tmp_path) != before


@pytest.mark.requires_vtk
def test_a_shorter_series_removes_only_its_own_older_steps(tmp_path):
    write_series(tmp_path / "a.pvd", GRID, range(5), constant(0))
    (tmp_path / "a" / "mine.vti").write_text("not of the series")
    write_series(tmp_path / "a.pvd", GRID, range(2), constant(7), overwrite=True)
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["a_0000.vti", "a_0001.vti", "mine.vti"]
    assert open_series(tmp_path / "a.pvd")["f"].step(1).max() == 8.0


@pytest.mark.parametrize("dtypes", [None, {"f": "float32"}])
def test_a_full_disk_is_said_beforehand(tmp_path, monkeypatch, dtypes):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(2000, 1000, 1000))
    asked = []

    def read_step(i):
        asked.append(i)
        return constant(0)(i)

    with pytest.raises(OSError, match=r"the output needs 1\.9 KiB, but only 1000 B are free"):
        write_series(tmp_path / "a.h5", GRID, range(20), read_step, dtypes=dtypes)
    assert asked == ([0] if dtypes is None else [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gone/a.h5", GRID, [0], constant(0)), r"a\.h5: the folder .*gone does not exist"),
        (("a.txt", GRID, [0], constant(0)), r"a\.txt: file name must end in one of"),
        (("a.h5", GRID, [], constant(0)), "times must be finite, strictly increasing and at least one"),
        (("a.h5", GRID, [0, 0], constant(0)), "times must be finite, strictly increasing and at least one"),
        (("a.h5", GRID, [0], lambda i: {}), "read_step must return at least one array, got none"),
        (
            ("a.h5", Grid((2, 2, 2)), [0], constant(0)),
            r"f: step 0 must have shape .* \(2, 2, 2\), got \(2, 3, 4\)",
        ),
        (
            ("a.h5", GRID, [0, 1], lambda i: {"fg"[i]: np.zeros(GRID.shape)}),
            "step 1 must have the variables f, got g",
        ),
        (
            ("a.h5", GRID, [0], lambda i: {"time": np.zeros(GRID.shape)}),
            "'time' cannot be a variable name in HDF5",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, arguments, message):
    name, *rest = arguments
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        write_series(tmp_path / name, *rest)
    assert list(tmp_path.iterdir()) == []
