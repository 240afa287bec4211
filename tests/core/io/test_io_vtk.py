"""Reading VTK files: names, times, laziness, and every refusal in words."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import open_grid, open_series, vtk_xml, write_series
from stsr_core.io.vtk import arrays_of, grid_of, to_vtk_image

pytestmark = pytest.mark.requires_vtk
GRID = Grid((3, 4, 5), origin=(1.0, 2.0, 3.0), spacing=(0.5, 0.25, 2.0))


def image(grid=GRID, **arrays):
    return to_vtk_image(grid, {n: np.asarray(a, np.float32) for n, a in arrays.items()})


def save(path, data):
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter, vtkXMLRectilinearGridWriter

    writer = vtkXMLImageDataWriter() if data.IsA("vtkImageData") else vtkXMLRectilinearGridWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    assert writer.Write()
    return path


def save_steps(folder, count=3, grid=GRID, name="step"):
    """Files name0.vti, name1.vti, …, each full of its number, without a time."""
    return [save(folder / f"{name}{i}.vti", image(grid, f=np.full(grid.shape, i))) for i in range(count)]


def with_array(data, name, components, attributes="points", dtype=np.float32):
    from vtkmodules.util.numpy_support import numpy_to_vtk

    where = data.GetPointData() if attributes == "points" else data.GetCellData()
    count = data.GetNumberOfPoints() if attributes == "points" else data.GetNumberOfCells()
    values = np.arange(count * components).reshape(count, components).astype(dtype)
    array = numpy_to_vtk(values, deep=True)
    array.SetName(name)
    where.AddArray(array)
    return values


def test_viscous_fingers(shared):
    pattern = str(shared / "data/viscous_fingers/run01/*.vti")
    series = open_series(pattern, name="run01")
    variable = series["run01"]
    assert series.names == ("run01",)
    assert variable.grid == Grid((64, 64, 64))
    assert variable.times.tolist() == list(range(33))
    assert variable.step(0).dtype == np.float32
    assert variable.step(0).max() == pytest.approx(107.91557)
    assert open_grid(pattern) == variable.grid


def test_files_come_in_natural_order(tmp_path):
    save_steps(tmp_path, 12)
    series = open_series(f"{tmp_path}/step*.vti")
    assert [int(series["f"].step(i)[0, 0, 0]) for i in range(12)] == list(range(12))
    listed = open_series(sorted(tmp_path.glob("*.vti")), times=np.arange(12) * 2.0)
    assert [int(listed["f"].step(i)[0, 0, 0]) for i in (1, 2, 10)] == [1, 2, 10]
    assert listed["f"].times[-1] == 22.0


def test_components_and_masks(tmp_path):
    data = image(p=np.ones(GRID.shape))
    velocity = with_array(data, "velocity", 3)
    with_array(data, "pair", 2, dtype=np.float64)
    count = with_array(data, "count", 1, dtype=np.int32)
    ghosts = with_array(data, "vtkGhostType", 1, dtype=np.uint8)
    valid = with_array(data, "vtkValidPointMask", 1, dtype=np.int8)
    series = open_series(save(tmp_path / "a.vti", data))
    assert series.names == ("p", "velocity_X", "velocity_Y", "velocity_Z", "pair_0", "pair_1", "count")
    unset = ((ghosts & 2 != 0) | (valid == 0))[:, 0]  # HIDDENPOINT, and no value
    assert unset[:4].tolist() == [True, False, True, True]
    for name, values in (("velocity_Y", velocity[:, 1]), ("count", count[:, 0])):
        expected = np.where(unset, np.nan, values).reshape(GRID.shape)
        np.testing.assert_array_equal(series[name].step(0), expected)
        assert series[name].step(0).dtype == series[name].dtype
    assert [series[name].dtype for name in ("p", "pair_1", "count")] == [np.float32, np.float64, np.float64]
    assert tuple(arrays_of(data)) == series.names
    np.testing.assert_array_equal(arrays_of(data)["velocity_Z"], velocity[:, 2].reshape(GRID.shape))


def test_names(tmp_path):
    data = image(p=np.ones(GRID.shape))
    with_array(data, "velocity", 3)
    path = save(tmp_path / "a.vti", data)
    assert open_series(path, variables=["velocity"], name="run").names == (
        "run.velocity_X",
        "run.velocity_Y",
        "run.velocity_Z",
    )
    assert open_series(path, variables=["velocity_Y", "p"]).names == ("velocity_Y", "p")
    assert open_series(path, variables=["p"], name="run").names == ("run",)
    with pytest.raises(
        ValueError, match=r"a\.vti: no variable 'q'; it has p, velocity_X, velocity_Y, velocity_Z"
    ):
        open_series(path, variables=["q"])


@pytest.mark.parametrize("direction", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (0, -1, 0, 1, 0, 0, 0, 0, 1)])
def test_extent_that_does_not_begin_at_zero(tmp_path, direction):
    from vtkmodules.vtkCommonDataModel import vtkImageData

    data = vtkImageData()
    data.SetExtent(2, 6, -1, 2, 3, 5)
    data.SetOrigin(10.0, 20.0, 30.0)
    data.SetSpacing(1.0, 2.0, 0.5)
    data.SetDirectionMatrix(*direction)
    with_array(data, "f", 1)
    grid = grid_of(data)
    assert grid.shape == (3, 4, 5)
    assert grid.origin == data.GetPoint(0)[::-1]
    assert grid.direction == direction
    series = open_series(save(tmp_path / "a.vti", data))
    assert series["f"].grid == grid
    again = to_vtk_image(grid, arrays_of(data))
    for i in (0, 7, data.GetNumberOfPoints() - 1):
        assert again.GetPoint(i) == pytest.approx(data.GetPoint(i))


def test_times_of_files_given_and_default(tmp_path):
    for i, time in enumerate((0.5, 0.7, 2.0)):
        save(tmp_path / f"t{i}.vti", to_vtk_image(GRID, {"f": np.zeros(GRID.shape)}, time=time))
    assert open_series(f"{tmp_path}/t*.vti")["f"].times.tolist() == [0.5, 0.7, 2.0]
    assert open_series(f"{tmp_path}/t*.vti", times=[1, 2, 3])["f"].times.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=r"times must hold one value for each of 3 steps, got 2"):
        open_series(f"{tmp_path}/t*.vti", times=[1, 2])
    # One file without a time: none of them counts.
    save(tmp_path / "t3.vti", to_vtk_image(GRID, {"f": np.zeros(GRID.shape)}))
    assert open_series(f"{tmp_path}/t*.vti")["f"].times.tolist() == [0.0, 1.0, 2.0, 3.0]
    save(tmp_path / "t3.vti", to_vtk_image(GRID, {"f": np.zeros(GRID.shape)}, time=1.0))
    with pytest.raises(ValueError, match=r"step 2 is at 2 and step 3 at 1; pass times"):
        open_series(f"{tmp_path}/t*.vti")


def test_values_are_read_when_asked_for(tmp_path):
    files = save_steps(tmp_path, 3)
    series = open_series(f"{tmp_path}/*.vti")
    save(files[1], image(f=np.full(GRID.shape, 7.0)))
    files[2].unlink()
    assert series["f"].step(1).max() == 7.0
    with pytest.raises(FileNotFoundError, match=r"step2\.vti: no such file"):
        series["f"].step(2)
    save(files[0], image(Grid((2, 2, 2)), f=np.zeros((2, 2, 2))))
    with pytest.raises(ValueError, match=r"step0\.vti: the file has changed since it was opened"):
        series["f"].step(0)


def test_only_the_array_asked_for_is_read(tmp_path):
    data = image(a=np.zeros(GRID.shape), b=np.ones(GRID.shape))
    path = save(tmp_path / "a.vti", data)
    points = vtk_xml._Reader(path).output(("b",)).GetPointData()
    assert [points.GetArrayName(i) for i in range(points.GetNumberOfArrays())] == ["b"]


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.999])
def test_truncated_values_are_refused(tmp_path, kept):
    # VTK itself reads such a file without a word.
    write_series(tmp_path / "s.vti", Grid((20, 20, 20)), [0], lambda k: {"f": np.ones((20, 20, 20))})
    series = open_series(tmp_path / "s.vti")
    whole = (tmp_path / "s.vti").read_bytes()
    (tmp_path / "s.vti").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ValueError, match=r"s\.vti: expected a VTK XML file, found a truncated"):
        series["f"].step(0)
    with pytest.raises(ValueError, match="truncated"):
        open_series(tmp_path / "s.vti")


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (Grid((3, 4, 6), GRID.origin, GRID.spacing), r"shape \(Z, Y, X\) = \(3, 4, 5\) .* \(3, 4, 6\)"),
        (
            Grid((3, 4, 5), GRID.origin, (1, 1, 1)),
            r"spacing \(z, y, x\) = \(0\.5, 0\.25, 2\.0\) .* \(1\.0, 1",
        ),
        (Grid((3, 4, 5), (1, 2, 4), GRID.spacing), r"origin \(z, y, x\) = \(1\.0, 2\.0, 3\.0\) .* 4\.0\)"),
    ],
)
def test_a_step_on_another_grid_is_refused(tmp_path, grid, message):
    save_steps(tmp_path, 2)
    save(tmp_path / "step2.vti", image(grid, f=np.zeros(grid.shape)))
    with pytest.raises(ValueError, match=r"step2\.vti: expected " + message):
        open_series(f"{tmp_path}/*.vti")


def test_a_step_of_another_type_or_without_the_array_is_refused(tmp_path):
    save_steps(tmp_path, 2)
    save(tmp_path / "step2.vti", to_vtk_image(GRID, {"f": np.zeros(GRID.shape)}))
    with pytest.raises(
        ValueError, match=r"step2\.vti: expected 'f' as float32 .* as in .*step0\.vti, found float64"
    ):
        open_series(f"{tmp_path}/*.vti")
    save(tmp_path / "step2.vti", image(g=np.zeros(GRID.shape)))
    with pytest.raises(ValueError, match=r"step2\.vti: expected point array 'f' as in .*, found g"):
        open_series(f"{tmp_path}/*.vti")


def test_cell_data_only_is_refused(tmp_path):
    data = image()
    with_array(data, "rho", 1, "cells")
    with_array(data, "u", 3, "cells")
    path = save(tmp_path / "c.vti", data)
    with pytest.raises(
        ValueError, match=r"c\.vti: has no point data, only cell data \(rho, u\); apply Cell Data to"
    ):
        open_series(path)
    assert open_grid(path) == GRID
    with pytest.raises(ValueError, match=r"e\.vti: has no numeric point array"):
        open_series(save(tmp_path / "e.vti", image()))


END = b"</VTKFile>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found a truncated or foreign one"),
        (bytes(range(256)), "found a truncated or foreign one"),
        (b"<VTKFile type='ImageData'><Im", "found a truncated or foreign one"),
        (b"hello <" + END, "cannot read the header: Error parsing XML"),
        (b"<VTKFile type='ImageData'><ImageData>" + END, "cannot read the header: "),
        (b"<VTKFile type='ImageData'>" + END, "cannot read the header: "),
        (b"<VTKFile>" + END, "cannot read the header: "),
    ],
)
@pytest.mark.parametrize("suffix", [".vti", ".vtr"])
def test_damaged_files_are_refused(tmp_path, capfd, content, message, suffix):
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad\{suffix}: .*{message}") as error:
        open_series(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_a_file_of_another_kind_is_refused(tmp_path):
    rectilinear(tmp_path / "a.vtr", x=[0, 1, 2])
    (tmp_path / "a.vti").write_bytes((tmp_path / "a.vtr").read_bytes())
    with pytest.raises(ValueError, match=r"a\.vti: cannot read the header: "):
        open_series(tmp_path / "a.vti")


def rectilinear(path, x, dtype=np.float64):
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkRectilinearGrid

    data = vtkRectilinearGrid()
    data.SetDimensions(len(x), 2, 3)
    data.SetXCoordinates(numpy_to_vtk(np.asarray(x, dtype), deep=True))
    data.SetYCoordinates(numpy_to_vtk(np.array([0.0, 1.0]), deep=True))
    data.SetZCoordinates(numpy_to_vtk(np.array([5.0, 7.0, 9.0]), deep=True))
    with_array(data, "f", 1)
    return save(path, data)


def test_rectilinear_grids(tmp_path):
    grid = open_series(rectilinear(tmp_path / "a.vtr", x=100 + np.arange(11) / 10, dtype=np.float32))[
        "f"
    ].grid
    assert grid.shape == (3, 2, 11)
    assert grid.origin == (5.0, 0.0, 100.0)
    assert grid.spacing == pytest.approx((2.0, 1.0, 0.1), rel=1e-4)
    path = rectilinear(tmp_path / "b.vtr", x=[0, 0.1, 0.3])
    with pytest.raises(
        ValueError, match=r"b\.vtr: the x axis must be evenly spaced, .* range from 0\.1 to 0\.2"
    ):
        open_series(path)


def test_indices(tmp_path):
    (tmp_path / "data").mkdir()
    save_steps(tmp_path / "data", 3)
    listed = [("step2.vti", 5.0), ("step0.vti", 1.0), ("step1.vti", 1.5)]
    lines = "".join(f'<DataSet timestep="{t}" part="0" file="data/{n}"/>' for n, t in listed)
    (tmp_path / "a.pvd").write_text(f"<VTKFile type='Collection'><Collection>{lines}</Collection></VTKFile>")
    files = [{"name": f"data/{n}", "time": t} for n, t in listed]
    (tmp_path / "a.vti.series").write_text(json.dumps({"file-series-version": "1.0", "files": files}))
    for name in ("a.pvd", "a.vti.series"):
        series = open_series(tmp_path / name)
        assert series["f"].times.tolist() == [1.0, 1.5, 5.0]
        assert [float(series["f"].step(i).max()) for i in range(3)] == [0.0, 1.0, 2.0]


def test_a_step_saved_without_its_time_is_at_zero(tmp_path):
    """As ParaView saves data that know no time."""
    save_steps(tmp_path, 1)
    (tmp_path / "a.pvd").write_text("<V><DataSet part='0' file='step0.vti'/></V>")
    assert open_series(tmp_path / "a.pvd")["f"].times.tolist() == [0.0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.pvd", "<VTKFile", "expected XML of a ParaView collection"),
        ("a.pvd", "<VTKFile><Collection/></VTKFile>", "lists no steps"),
        ("a.pvd", "<V><DataSet timestep='0'/></V>", "damaged list of steps: KeyError"),
        (
            "a.pvd",
            "<V><DataSet file='a.vti'/><DataSet file='b.vti'/></V>",
            r"expected one file per time, found a\.vti and b\.vti at 0",
        ),
        (
            "a.pvd",
            "<V><DataSet timestep='0' file='a.vtu'/></V>",
            r"expected \.vti or \.vtr files, found a\.vtu",
        ),
        (
            "a.pvd",
            "<V><DataSet timestep='0' file='a.vti'/><DataSet timestep='0' file='b.vti'/></V>",
            r"expected one file per time, found a\.vti and b\.vti at 0",
        ),
        ("a.vti.series", "{", "expected JSON of a file series"),
        ("a.vti.series", "[1]", "damaged list of steps: TypeError"),
    ],
)
def test_damaged_indices_are_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=rf"{name}: {message}"):
        open_series(tmp_path / name)


def test_a_file_an_index_lists_is_missing(tmp_path):
    (tmp_path / "a.pvd").write_text("<V><DataSet timestep='0' file='gone.vti'/></V>")
    with pytest.raises(FileNotFoundError, match=r"gone\.vti: no such file"):
        open_series(tmp_path / "a.pvd")


def test_without_vtk(tmp_path, monkeypatch):
    (path,) = save_steps(tmp_path, 1)
    for module in [m for m in sys.modules if m.split(".")[0] == "vtkmodules"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "vtkmodules", None)
    with pytest.raises(ImportError, match=r'needs VTK: pip install "stsr\[vtk\]"'):
        open_series(path)


def test_direction_cannot_be_stored_in_vtr(tmp_path):
    grid = Grid((2, 2, 2), direction=(0, -1, 0, 1, 0, 0, 0, 0, 1))
    with pytest.raises(ValueError, match=r"\.vtr cannot store the direction matrix"):
        write_series(tmp_path / "a.vtr", grid, [0], lambda i: {"f": np.zeros((2, 2, 2))})
    assert list(tmp_path.iterdir()) == []
