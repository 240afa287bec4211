"""Damaged files: read, or refused in a sentence that names the file; never a crash, never an endless loop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from stsr_core.io import open_series, write_series
from stsr_core.series import VolumeSeries

HERE = Path(__file__).resolve().parent
#: Each run takes a few seconds; what takes so much longer hangs.
LIMIT_S = 120


def in_a_process(*arguments: str) -> str:
    """What a Python process prints; a crash or an endless loop fails the test."""
    tests = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-X", "faulthandler", *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, "PYTHONPATH": tests},
    )
    assert result.returncode == 0, result.stdout[-200:] + result.stderr[-3000:]
    return result.stdout


@pytest.mark.parametrize(
    "suffix",
    [
        ".h5",
        ".nc",
        ".raw",
        ".stsr",
        pytest.param(".tif", marks=pytest.mark.requires_tifffile),
        *(pytest.param(s, marks=pytest.mark.requires_vtk) for s in (".vti", ".pvd")),
    ],
)
def test_three_hundred_damaged_copies(tmp_path, suffix):
    printed = in_a_process(str(HERE / "damaged_copies.py"), suffix, str(tmp_path), "300")
    assert [line for line in printed.splitlines() if not line.isdigit()] == ["done"]


def a_file_with_scales(path: Path) -> np.ndarray:
    values = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
    write_series(path, VolumeSeries.from_arrays({"p": values}, times=[1.0, 3.0]))
    return values


def test_a_damaged_heap_in_which_hdf5_loops_for_ever_is_not_read(tmp_path):
    """The last of the four references in the global heap claims to reach 16 bytes into the free space: there
    the library finds an object of no length, and finds it again for ever."""
    values = a_file_with_scales(tmp_path / "a.h5")
    content = bytearray((tmp_path / "a.h5").read_bytes())
    header_bytes, object_bytes = 16, 16 + 8
    last = content.index(b"GCOL") + header_bytes + 3 * object_bytes
    assert content[last + 8] == 8
    content[last + 8] += 16
    (tmp_path / "a.h5").write_bytes(content)
    code = "import sys; from stsr_core.io import open_series; print(open_series(sys.argv[1])['p'].times)"
    assert in_a_process("-c", code, str(tmp_path / "a.h5")) == "[1. 3.]\n"
    np.testing.assert_array_equal(open_series(tmp_path / "a.h5")["p"].array(), values)


def test_a_damaged_scale_is_ignored_with_a_warning(tmp_path):
    values = a_file_with_scales(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["time"].attrs["REFERENCE_LIST"]
        file["time"].attrs["REFERENCE_LIST"] = np.zeros(1)  # not what a scale lists
    with pytest.warns(UserWarning, match=r"a\.h5:/time: damaged dimension scale is ignored: "):
        variable = open_series(tmp_path / "a.h5")["p"]
    assert variable.times.tolist() == [0.0, 1.0]
    np.testing.assert_array_equal(variable.array(), values)


def test_a_scale_of_another_length_is_ignored_with_a_warning(tmp_path):
    values = np.zeros((2, 3, 4, 5), np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["p"] = values
        for i, (name, count) in enumerate(zip(("time", "z", "y", "x"), (2, 3, 9, 5), strict=True)):
            file[name] = 10.0 * np.arange(count)
            file[name].make_scale(name)
            file["p"].dims[i].attach_scale(file[name])
    with pytest.warns(UserWarning, match=r"a\.h5:/y: damaged dimension scale .* 9 positions for 4"):
        variable = open_series(tmp_path / "a.h5")["p"]
    # The axis without a name is the one that no other axis is.
    assert variable.grid.spacing == (10.0, 1.0, 10.0)


def test_an_object_that_cannot_be_opened_is_named_unless_it_was_not_asked_for(tmp_path):
    values = np.ones((2, 3, 4, 5), np.float32)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["p"], file["q"] = values, values
        place = h5py.h5o.get_info(file["q"].id).addr
    content = bytearray((tmp_path / "a.h5").read_bytes())
    content[place] = 99  # the version of its header
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.h5:/q: cannot read as HDF5: .*version"):
        open_series(tmp_path / "a.h5")
    np.testing.assert_array_equal(open_series(tmp_path / "a.h5", variables=["p"])["p"].array(), values)


def test_an_index_names_itself_and_the_file_it_misses(tmp_path):
    (tmp_path / "a.pvd").write_text("<V><DataSet timestep='0' file='gone.vti'/></V>")
    with pytest.raises(FileNotFoundError, match=r"a\.pvd lists .*gone\.vti: no such file"):
        open_series(tmp_path / "a.pvd")
