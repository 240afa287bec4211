"""What a user types first: a series as it was opened is written, nothing in the way is harmed, units stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import destinations, open_series, write_series
from stsr_core.series import Variable, VolumeSeries

GRID = Grid((2, 3, 4), origin=(1.0, 2.0, 3.0), spacing=(0.5, 0.25, 2.0))
FORMATS = [
    "a.h5",
    "a.nc",
    "a.raw",
    pytest.param("a.ome.tif", marks=pytest.mark.requires_tifffile),
    *(
        pytest.param(n, marks=pytest.mark.requires_vtk)
        for n in ("a.pvd", "a.vti", "a.vtr", "a.vti.series", "a.vtr.series")
    ),
]


def two_variables(n_steps: int = 3) -> VolumeSeries:
    """Two types, irregular times, and every unit a series can have."""
    random = np.random.default_rng(0)
    shape = (n_steps, *GRID.shape)
    arrays = {
        "p": random.standard_normal(shape).astype(np.float32),
        "q": random.integers(0, 256, shape).astype(np.uint8),
    }
    times = np.array([0.0, 0.5, 2.0, 7.0])[:n_steps]
    return VolumeSeries.from_arrays(arrays, GRID, times, {"p": "Pa"}, "s", "mm")


def reopened(path: Path, series: VolumeSeries) -> VolumeSeries:
    """The series in the files that were written under ``path``."""
    v = series.variables[0]
    if path.suffix == ".raw":
        parts = [
            open_series(
                destinations(path, len(v.times), [u.name])
                if len(series) == 1
                else sorted(path.parent.glob(f"{path.stem}_{u.name}*.raw")),
                name=u.name,
                shape=v.grid.shape,
                dtype=u.dtype,
                times=v.times,
                spacing=v.grid.spacing,
                origin=v.grid.origin,
            )
            for u in series
        ]
        return VolumeSeries.merged(parts)
    numbered = path.suffix in (".vti", ".vtr") and len(v.times) > 1
    return open_series(sorted(path.parent.glob(f"{path.stem}_*{path.suffix}")) if numbered else path)


@pytest.mark.parametrize("n_steps", [1, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_a_series_is_written_as_it_was_opened(tmp_path, name, n_steps):
    series = two_variables(n_steps)
    write_series(tmp_path / name, series)
    opened = reopened(tmp_path / name, series)
    (tmp_path / "again").mkdir()
    write_series(tmp_path / "again" / name, opened)
    for copy in (opened, reopened(tmp_path / "again" / name, series)):
        assert copy.names == series.names
        for variable in series:
            found = copy[variable.name]
            assert found.grid.matches(GRID)
            assert found.dtype == variable.dtype
            np.testing.assert_array_equal(found.times, variable.times)
            np.testing.assert_array_equal(found.array(), variable.array())
            if not name.endswith(".raw"):
                assert found.unit == variable.unit
        if not name.endswith(".raw"):
            assert (copy.time_unit, copy.length_unit) == ("s", "mm")


@pytest.mark.parametrize("name", FORMATS)
def test_units_can_be_told(tmp_path, name):
    arguments = (GRID, [0.0], lambda i: {"p": np.zeros(GRID.shape)})
    write_series(tmp_path / name, *arguments, units={"p": "K"}, time_unit="d", length_unit="km")
    if not name.endswith(".raw"):
        series = open_series(tmp_path / name)
        assert (series["p"].unit, series.time_unit, series.length_unit) == ("K", "d", "km")


def test_what_is_told_goes_before_what_the_series_says(tmp_path):
    write_series(
        tmp_path / "a.h5", two_variables(), length_unit="m", time_unit="", dtypes={"p": "f8", "q": "f4"}
    )
    series = open_series(tmp_path / "a.h5")
    assert (series.time_unit, series.length_unit, series["p"].unit) == ("", "m", "Pa")
    assert [v.dtype for v in series] == [np.float64, np.float32]


def test_a_series_of_several_grids_or_times_is_refused(tmp_path):
    a = two_variables().select(["p"])
    other_times = VolumeSeries.from_arrays({"b": a["p"].array()}, GRID, [0, 1, 2])
    other_grid = VolumeSeries.from_arrays({"b": a["p"].array()}, times=a["p"].times)
    for other, what in ((other_times, "times"), (other_grid, "grids")):
        with pytest.raises(ValueError, match=f"must share grid and times, but p and b have different {what}"):
            write_series(tmp_path / "a.h5", VolumeSeries.merged([a, other]))
    assert list(tmp_path.iterdir()) == []


def test_a_series_and_times_are_not_given_together(tmp_path):
    with pytest.raises(TypeError, match="times and read_step must be given with a Grid only"):
        write_series(tmp_path / "a.h5", two_variables(), [0.0])  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="times and read_step must be given with a Grid, got only the grid"):
        write_series(tmp_path / "a.h5", GRID)  # type: ignore[call-overload]


@pytest.mark.parametrize("n_steps", [1, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_the_destinations_are_the_files_that_are_written(tmp_path, name, n_steps):
    series = two_variables(n_steps)
    write_series(tmp_path / name, series)
    listed = destinations(tmp_path / name, n_steps, series.names)
    assert sorted(listed) == sorted(p for p in tmp_path.rglob("*") if p.is_file())


@pytest.mark.parametrize("n_steps", [1, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_any_file_in_the_way_stops_the_writing_before_a_step_is_read(tmp_path, name, n_steps):
    asked = []

    def read(i: int) -> np.ndarray:
        asked.append(i)
        return np.zeros(GRID.shape, np.float32)

    times = np.arange(n_steps, dtype=np.float64)
    series = VolumeSeries((Variable("p", GRID, times, read), Variable("q", GRID, times, read)))
    for file in destinations(tmp_path / name, n_steps, series.names):
        file.parent.mkdir(exist_ok=True)
        file.write_text("somebody's")
        with pytest.raises(FileExistsError, match=f"{file.name} exists; choose another output"):
            write_series(tmp_path / name, series)
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == [file]
        assert file.read_text() == "somebody's"
        assert asked == []
        write_series(tmp_path / name, series, overwrite=True)
        assert file.read_bytes() != b"somebody's"
        asked.clear()
        for written in destinations(tmp_path / name, n_steps, series.names):
            written.unlink()


def test_raw_files_whose_names_only_the_first_step_tells_are_not_harmed(tmp_path):
    (tmp_path / "a_q_0001.raw").write_text("somebody's")
    series = two_variables()
    with pytest.raises(FileExistsError, match=r"a_q_0001\.raw exists"):
        write_series(
            tmp_path / "a.raw", GRID, series["p"].times, lambda i: {v.name: v.step(i) for v in series}
        )
    assert [p.name for p in tmp_path.iterdir()] == ["a_q_0001.raw"]


@pytest.mark.requires_vtk
@pytest.mark.parametrize(("dtype", "stored"), [("float16", "float32"), ("bool", "uint8"), (">i2", "int16")])
def test_types_that_vtk_has_not_are_held_by_the_next_larger(tmp_path, dtype, stored):
    values = np.array([0, 1, 1, 0] * 6).reshape(1, *GRID.shape).astype(dtype)
    series = VolumeSeries.from_arrays({"p": values}, GRID)
    write_series(tmp_path / "a.vti", series)
    variable = open_series(tmp_path / "a.vti")["p"]
    assert variable.dtype == stored
    np.testing.assert_array_equal(variable.array(), values)


def test_truth_values_are_held_as_numbers_and_halves_as_halves(tmp_path):
    arrays = {"flag": np.ones((1, *GRID.shape), bool), "half": np.full((1, *GRID.shape), 0.5, np.float16)}
    write_series(tmp_path / "a.h5", VolumeSeries.from_arrays(arrays, GRID))
    series = open_series(tmp_path / "a.h5")
    assert [series[n].dtype for n in ("flag", "half")] == [np.uint8, np.float16]
    for name, values in arrays.items():
        np.testing.assert_array_equal(series[name].array(), values)
