"""What is written is read back: names, values, grid, times, units and types, for every format."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stsr_core.grid import Grid
from stsr_core.io import open_grid, open_series, required_bytes, write_series

# A turn about z by 90 degrees, and a permutation of the axes.
DIRECTIONS = [
    (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
]
sizes = st.integers(1, 6)
positions = st.floats(-1e3, 1e3, allow_nan=False)
distances = st.floats(1e-3, 1e3, allow_nan=False)


@st.composite
def cases(draw, directions=DIRECTIONS):
    """A grid, irregular times, arrays (T, Z, Y, X) of several types, and units."""
    grid = Grid(
        draw(st.tuples(sizes, sizes, sizes)),
        draw(st.tuples(positions, positions, positions)),
        draw(st.tuples(distances, distances, distances)),
        draw(st.sampled_from(directions)),
    )
    gaps = draw(st.lists(st.floats(1e-3, 10.0), min_size=0, max_size=3))
    times = draw(positions) + np.concatenate([[0.0], np.cumsum(gaps)])
    names = draw(st.lists(st.sampled_from(["p", "Tempé rature", "rho.x", "vel_0"]), min_size=1, unique=True))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    arrays = {
        name: (100 * random.standard_normal((len(times), *grid.shape))).astype(
            draw(st.sampled_from(["float32", "float64", "uint8", "int16", "int64"]))
        )
        for name in names
    }
    units = {name: draw(st.sampled_from(["", "kg/m³", "K"])) for name in names}
    return grid, times, arrays, units


def write(path: Path, case, **options) -> None:
    grid, times, arrays, units = case
    write_series(
        path,
        grid,
        times,
        lambda i: {n: a[i] for n, a in arrays.items()},
        units=units,
        time_unit="µs",
        **options,
    )


def assert_same(series, case, exact_grid: bool = True) -> None:
    grid, times, arrays, units = case
    assert sorted(series.names) == sorted(arrays)
    for variable in series:
        expected = arrays[variable.name]
        assert variable.dtype == expected.dtype
        assert variable.unit == units[variable.name]
        np.testing.assert_array_equal(variable.times, times)
        np.testing.assert_array_equal(variable.array(), expected)
        assert variable.step(0).dtype == expected.dtype
        if exact_grid:
            assert variable.grid == grid
        else:
            assert variable.grid.matches(grid)


VTK_INDICES = [pytest.param(suffix, marks=pytest.mark.requires_vtk) for suffix in (".pvd", ".vti.series")]


@pytest.mark.parametrize("suffix", [*VTK_INDICES, ".h5", ".nc"])
@settings(max_examples=15, deadline=None)
@given(case=cases())
def test_series_in_one_place_round_trip(suffix, case):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out{suffix}"
        write(path, case)
        series = open_series(path)
        assert_same(series, case)
        assert series.time_unit == "µs"
        assert open_grid(path) == case[0]


@pytest.mark.requires_vtk
@settings(max_examples=15, deadline=None)
@given(case=cases())
def test_numbered_images_keep_their_times(case):
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "out.vti", case)
        one = len(case[1]) == 1
        assert_same(open_series(f"{folder}/out.vti" if one else f"{folder}/out_*.vti"), case)


@pytest.mark.requires_vtk
@pytest.mark.parametrize("suffix", [".vtr", ".vtr.series"])
@settings(max_examples=10, deadline=None)
@given(case=cases(directions=DIRECTIONS[:1]))
def test_rectilinear_round_trip(suffix, case):
    grid = Grid(tuple(max(2, n) for n in case[0].shape), case[0].origin, case[0].spacing)
    arrays = {n: np.resize(a, (len(case[1]), *grid.shape)) for n, a in case[2].items()}
    case = (grid, case[1], arrays, case[3])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"out{suffix}"
        write(path, case)
        numbered = suffix == ".vtr" and len(case[1]) > 1
        assert_same(open_series(f"{folder}/out_*.vtr" if numbered else path), case, exact_grid=False)


@settings(max_examples=15, deadline=None)
@given(case=cases())
def test_raw_round_trip(case):
    grid, times, arrays, _ = case
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "out.raw", case)
        for name, values in arrays.items():
            variable = f"_{name}" if len(arrays) > 1 else ""
            number = "_*" if len(times) > 1 else ""
            series = open_series(
                f"{folder}/out{variable}{number}.raw",
                shape=grid.shape,
                dtype=values.dtype,
                times=times,
                spacing=grid.spacing,
                origin=grid.origin,
                name=name,
            )
            np.testing.assert_array_equal(series[name].array(), values)
            np.testing.assert_array_equal(series[name].times, times)
            assert series[name].grid.origin == grid.origin
            assert series[name].grid.spacing == grid.spacing


@pytest.mark.requires_vtk
def test_x_varies_fastest_in_vtk(tmp_path):
    grid = Grid((2, 3, 4), origin=(30.0, 20.0, 10.0), spacing=(3.0, 2.0, 1.0))
    values = np.arange(24, dtype=np.float32).reshape(grid.shape)
    write_series(tmp_path / "a.vti", grid, [0.5], lambda i: {"f": values})
    from vtkmodules.vtkIOXML import vtkXMLImageDataReader

    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(tmp_path / "a.vti"))
    reader.Update()
    image = reader.GetOutput()
    assert image.GetDimensions() == (4, 3, 2)
    assert image.GetPoint(image.FindPoint(11.0, 22.0, 33.0)) == (11.0, 22.0, 33.0)
    assert image.GetPointData().GetArray("f").GetValue(image.FindPoint(11.0, 22.0, 33.0)) == values[1, 1, 1]
    assert image.GetFieldData().GetArray("TimeValue").GetValue(0) == 0.5


@pytest.mark.requires_vtk
def test_netcdf_is_read_by_the_netcdf_library(tmp_path):
    grid = Grid((3, 4, 5), origin=(0.5, 1.5, 2.5), spacing=(0.1, 0.2, 0.4))
    arrays = {"p": np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)}
    write(tmp_path / "a.nc", (grid, np.array([1.0, 4.0]), arrays, {"p": "Pa"}))
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIONetCDF import vtkNetCDFCFReader

    reader = vtkNetCDFCFReader()
    reader.SetFileName(str(tmp_path / "a.nc"))
    reader.SetOutputTypeToImage()
    reader.SphericalCoordinatesOff()
    reader.UpdateInformation()
    reader.UpdateTimeStep(4.0)
    image = reader.GetOutputDataObject(0)
    assert image.GetDimensions() == (5, 4, 3)
    assert image.GetBounds() == pytest.approx((2.5, 4.1, 1.5, 2.1, 0.5, 0.7))
    np.testing.assert_array_equal(
        vtk_to_numpy(image.GetPointData().GetArray("p")).reshape(grid.shape), arrays["p"][1]
    )
    assert reader.QueryArrayUnits("p") == "Pa"


@pytest.mark.requires_vtk
def test_index_files_are_what_paraview_writes(tmp_path):
    grid, arrays = Grid((2, 2, 2)), {"p": np.zeros((3, 2, 2, 2), np.float32)}
    case = (grid, np.array([0.0, 0.1, 2.5]), arrays, {})
    write(tmp_path / "a.pvd", case)
    assert sorted(f.name for f in (tmp_path / "a").iterdir()) == ["a_0000.vti", "a_0001.vti", "a_0002.vti"]
    assert (
        '<DataSet timestep="0.1" group="" part="0" file="a/a_0001.vti"/>' in (tmp_path / "a.pvd").read_text()
    )
    write(tmp_path / "b.vti.series", case)
    index = json.loads((tmp_path / "b.vti.series").read_text())
    assert index["file-series-version"] == "1.0"
    assert index["files"][1] == {"name": "b_0001.vti", "time": 0.1}


def test_types_can_be_chosen_and_progress_is_told(tmp_path):
    told = []
    write_series(
        tmp_path / "a.h5",
        Grid((2, 2, 2)),
        [0, 1],
        lambda i: {"p": np.full((2, 2, 2), i, np.float64)},
        dtypes={"p": np.float32},
        on_progress=told.append,
    )
    assert open_series(tmp_path / "a.h5")["p"].dtype == np.float32
    assert told == [0.5, 1.0]


def test_required_bytes():
    assert required_bytes(Grid((2, 3, 4)), 5, {"p": np.float32, "T": "float64"}) == 24 * 5 * 12
