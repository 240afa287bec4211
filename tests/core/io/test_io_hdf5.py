"""Reading HDF5 and NetCDF-4: axis orders, coordinates, groups, packed values, and refusals in words."""

from __future__ import annotations

import itertools

import h5py
import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import open_grid, open_series

SIZES = {"T": 2, "Z": 3, "Y": 4, "X": 5}
VALUES = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)


def arranged(axes: str) -> np.ndarray:
    """VALUES with its axes in the order given; a missing T or Z takes index 0."""
    values, letters = VALUES, "TZYX"
    for letter in set("TZ") - set(axes):
        values = values.take(0, axis=letters.index(letter))
        letters = letters.replace(letter, "")
    return values.transpose([letters.index(a) for a in axes])


@pytest.mark.parametrize("axes", ["".join(p) for p in itertools.permutations("TZYX")])
def test_every_axis_order(tmp_path, axes):
    names = {"T": "time", "Z": "depth", "Y": "lat", "X": "lon"}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["told"] = arranged(axes)
        file["labelled"] = arranged(axes)
        for i, letter in enumerate(axes):
            file["labelled"].dims[i].label = names[letter]
    told = open_series(f"{tmp_path}/a.h5:/told", axes=axes.lower())["told"]
    labelled = open_series(f"{tmp_path}/a.h5:/labelled")["labelled"]
    for variable in (told, labelled):
        assert variable.grid == Grid((3, 4, 5))
        np.testing.assert_array_equal(variable.array(), VALUES)


def test_three_axes_are_one_step_or_layers(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["zyx"] = arranged("ZYX")
        file["xtz"] = VALUES[:, :, 0, :].transpose(2, 0, 1)
        file["yxt"] = arranged("YXT")
    one = open_series(f"{tmp_path}/a.h5:/zyx")["zyx"]
    assert one.times.tolist() == [0.0]
    np.testing.assert_array_equal(one.step(0), VALUES[0])
    flat = open_series(f"{tmp_path}/a.h5:/yxt", axes="YXT")["yxt"]
    assert flat.grid.shape == (1, 4, 5)
    np.testing.assert_array_equal(flat.step(1)[0], VALUES[1, 0])
    lying = open_series(f"{tmp_path}/a.h5:/xtz", axes="XTZ")["xtz"]
    assert lying.grid.shape == (3, 1, 5)
    np.testing.assert_array_equal(lying.step(1)[:, 0], VALUES[1, :, 0])


def climate_file(path, lat=(10.0, 8.0, 6.0, 4.0), dtype=np.float32):
    """A NetCDF-4 file as its own library lays it out, latitudes descending."""
    with h5py.File(path, "w", track_order=True) as file:
        coordinates = {
            "time": ([0.0, 6.0], "hours since 2000-01-01"),
            "level": ([1.0, 2.0, 3.0], "km"),
            "lat": (lat, "degrees_north"),
            "lon": ([0.0, 0.5, 1.0, 1.5, 2.0], "degrees_east"),
        }
        for name, (values, unit) in coordinates.items():
            file[name] = np.asarray(values, dtype)
            file[name].make_scale(name)
            file[name].attrs["units"] = np.bytes_(unit)
        file["t2"] = VALUES
        file["t2"].attrs["units"] = "K"
        for i, name in enumerate(coordinates):
            file["t2"].dims[i].attach_scale(file[name])
    return path


def test_coordinates_of_dimension_scales(tmp_path):
    path = climate_file(tmp_path / "a.nc")
    series = open_series(path)
    variable = series["t2"]
    assert variable.grid == Grid((3, 4, 5), origin=(1.0, 4.0, 0.0), spacing=(1.0, 2.0, 0.5))
    assert variable.times.tolist() == [0.0, 6.0]
    assert (variable.unit, series.time_unit, series.length_unit) == (
        "K",
        "hours since 2000-01-01",
        "degrees_east",
    )
    np.testing.assert_array_equal(variable.array(), VALUES[:, :, ::-1])
    assert open_grid(f"{path}:/t2") == variable.grid


def test_uneven_coordinates_are_refused(tmp_path):
    path = climate_file(tmp_path / "a.nc", lat=(1.0, 2.0, 4.0, 8.0))
    with pytest.raises(
        ValueError, match=r"a\.nc:/t2: the y axis must be evenly spaced, .* range from 1 to 4"
    ):
        open_series(path)


def test_dimensions_without_positions_and_siblings(tmp_path):
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["f"] = VALUES
        file["x"] = 10.0 + 2.0 * np.arange(5)
        for i, name in enumerate(("time", "z", "y")):
            file[name] = np.zeros(VALUES.shape[i], np.float32)
            file[name].make_scale(
                f"This is a netCDF dimension but not a netCDF variable.{VALUES.shape[i]:10d}"
            )
            file["f"].dims[i].attach_scale(file[name])
        file["f"].dims[3].label = "x"
    variable = open_series(tmp_path / "a.nc")["f"]
    assert variable.grid == Grid((3, 4, 5), origin=(0, 0, 10.0), spacing=(1, 1, 2.0))
    assert variable.times.tolist() == [0.0, 1.0]


def test_groups(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/p"] = VALUES
        file["run/T"] = VALUES.astype(np.float64)
        file["run/surface"] = VALUES[:, 0]
        file["run/notes"] = "text"
    path = f"{tmp_path}/a.h5:/run"
    with pytest.raises(ValueError, match=r"equal rank, got .*/run/surface \(3 axes\).*; pass variables"):
        open_series(path)
    series = open_series(path, variables=["p", "T"], name="m1")
    assert series.names == ("m1.p", "m1.T")
    assert series["m1.T"].dtype == np.float64
    with pytest.raises(ValueError, match=r"a\.h5:/run: no variable 'q'; it has T, p, surface"):
        open_series(path, variables=["q"])
    with pytest.raises(ValueError, match=r"a\.h5: no '/walk'; it has /run/T, /run/p, /run/surface"):
        open_series(f"{tmp_path}/a.h5:/walk")
    with pytest.raises(
        ValueError, match=r"a\.h5:/: has no data set of three or four axes; the file has /run/T"
    ):
        open_series(f"{tmp_path}/a.h5")
    with pytest.raises(ValueError, match=r"a\.h5:/run/notes: expected real numbers"):
        open_series(f"{path}/notes")


def test_several_files_follow_each_other(tmp_path):
    for i in (2, 10):
        with h5py.File(tmp_path / f"s{i}.h5", "w") as file:
            file["f"] = VALUES[0] + i
    series = open_series(f"{tmp_path}/s*.h5:/f")
    np.testing.assert_array_equal(series["f"].step(1), VALUES[0] + 10)
    with h5py.File(tmp_path / "s11.h5", "w") as file:
        file["f"] = VALUES[0].astype(np.float64)
    with pytest.raises(ValueError, match=r"s11\.h5:/f: expected float32 as in .*s2\.h5, found float64"):
        open_series(f"{tmp_path}/s*.h5:/f")
    with h5py.File(tmp_path / "s11.h5", "w") as file:
        file["f"] = VALUES[0, :2]
    with pytest.raises(ValueError, match=r"s11\.h5:/f: expected shape .* \(3, 4, 5\) .*, found \(2, 4, 5\)"):
        open_series(f"{tmp_path}/s*.h5:/f")


def test_packed_and_missing_values(tmp_path):
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["packed"] = np.array([[[[0, 10, -99]]]], np.int16)
        file["packed"].attrs.update(scale_factor=np.array([0.5]), add_offset=3.0, _FillValue=np.int16(-99))
        file["plain"] = np.array([[[[1.0, 9e9]]]], np.float64)
        file["plain"].attrs["missing_value"] = 9e9
    series = open_series(tmp_path / "a.nc", variables=["packed"])
    assert series["packed"].dtype == np.float32
    np.testing.assert_array_equal(series["packed"].step(0), np.array([[[3.0, 8.0, np.nan]]], np.float32))
    plain = open_series(f"{tmp_path}/a.nc:/plain")["plain"]
    np.testing.assert_array_equal(plain.step(0), [[[1.0, np.nan]]])


def test_big_endian_becomes_native(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES.astype(">f4")
    variable = open_series(tmp_path / "a.h5")["f"]
    assert variable.dtype == np.float32 and variable.step(0).dtype.isnative
    np.testing.assert_array_equal(variable.array(), VALUES)


def test_opening_reads_no_values(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES
    reads = []
    original = h5py.Dataset.__getitem__
    monkeypatch.setattr(
        h5py.Dataset, "__getitem__", lambda self, *a, **k: reads.append(a) or original(self, *a, **k)
    )
    series = open_series(tmp_path / "a.h5")
    assert reads == []
    series["f"].step(1)
    assert reads == [((1, slice(None), slice(None), slice(None)),)]


def test_axes_that_cannot_be_told(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["f"] = VALUES
        for i, label in enumerate(("time", "member", "y", "x")):
            file["f"].dims[i].label = label
        file["g"] = np.zeros((2, 2))
    with pytest.raises(
        ValueError, match=r"cannot tell which axis 'member' is .*; pass axes, e\.g\. axes=\"TZYX\""
    ):
        open_series(f"{tmp_path}/a.h5:/f")
    for axes in ("TZY", "TZYY", "TZYQ"):
        with pytest.raises(ValueError, match=f"axes must name each of its 4 axes once .*, got '{axes}'"):
            open_series(f"{tmp_path}/a.h5:/f", axes=axes)
    with pytest.raises(ValueError, match=r"a\.h5:/g: expected three or four axes, found 2"):
        open_series(f"{tmp_path}/a.h5:/g")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "cannot read as HDF5"), (b"text", "cannot read as HDF5"), (b"CDF\x01aaaa", "is a NetCDF-3 file")],
)
def test_damaged_files_are_refused(tmp_path, content, message):
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.nc: {message}"):
        open_series(tmp_path / "a.nc")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["f"] = np.zeros((4, 20, 20, 20))
    whole = (tmp_path / "b.h5").read_bytes()
    (tmp_path / "b.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"b\.h5: cannot read as HDF5: .*truncated"):
        open_series(tmp_path / "b.h5")
