"""Compare to GT in plain VTK: numbers against the metrics, times, grids, refusals, files, pictures."""

from __future__ import annotations

import csv
import json
import math
import sys

import numpy as np
import pytest
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline
from vtkmodules.vtkFiltersSources import vtkSphereSource

from stsr_core import metrics
from stsr_core.grid import Grid
from stsr_core.io.vtk import arrays_of, grid_of, to_vtk_image
from stsr_filters import CompareToGT

GRID = Grid((12, 13, 14), (1.0, 2.0, 3.0), (0.5, 0.25, 1.0))
TIMES = (0.0, 1.0, 2.5, 4.0)


def wave(grid: Grid, time: float, phase: float = 0.0) -> np.ndarray:
    """A smooth float32 field (Z, Y, X) that moves."""
    z, y, x = np.meshgrid(*(grid.axis(i) for i in range(3)), indexing="ij")
    return (3 * np.sin(0.3 * x + time + phase) + np.cos(y) * z).astype(np.float32)


def steps_of(shift: float = 0.0, names: tuple[str, ...] = ("u",)):
    """A function of grid and time: arrays that are the wave plus ``shift`` times another wave."""
    return lambda grid, time: {
        n: wave(grid, time, i) + np.float32(shift) * wave(grid, 2 * time, i + 1) for i, n in enumerate(names)
    }


class Series(VTKPythonAlgorithmBase):
    """A series of images like a reader's: at a time it does not have it gives its nearest step, and says so.

    ``span`` makes it continuous in time, like a model's.
    """

    def __init__(self, arrays, grid=GRID, times=TIMES, span=None, marks=None):
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=1, outputType="vtkImageData")
        self.arrays, self.grid, self.times, self.span, self.marks = arrays, grid, times, span, marks or {}
        self.asked: list[float | None] = []

    def RequestInformation(self, request, inInfo, outInfo):
        info = outInfo.GetInformationObject(0)
        z, y, x = self.grid.shape
        pipeline = vtkStreamingDemandDrivenPipeline
        info.Set(pipeline.WHOLE_EXTENT(), (0, x - 1, 0, y - 1, 0, z - 1), 6)
        info.Set(vtkDataObject.ORIGIN(), self.grid.origin[::-1], 3)
        info.Set(vtkDataObject.SPACING(), self.grid.spacing[::-1], 3)
        if self.times:
            info.Set(pipeline.TIME_STEPS(), self.times, len(self.times))
            info.Set(pipeline.TIME_RANGE(), self.span or (self.times[0], self.times[-1]), 2)
        return 1

    def RequestData(self, request, inInfo, outInfo):
        key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
        info = outInfo.GetInformationObject(0)
        time = info.Get(key) if info.Has(key) else None
        self.asked.append(time)
        if self.times and self.span is None:
            time = min(self.times, key=lambda t: abs(t - (time or 0.0)))
        image = to_vtk_image(self.grid, self.arrays(self.grid, time or 0.0), units={"u": "m/s"})
        for name, values in self.marks.items():
            mark = numpy_to_vtk(values.ravel(), deep=True)
            mark.SetName(name)
            image.GetPointData().AddArray(mark)
        output = vtkImageData.GetData(outInfo)
        output.ShallowCopy(image)
        if self.times:
            output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), time)
        return 1


@pytest.fixture
def compare():
    """``compare(prediction, truth)``: the filter, connected; keeps its inputs alive."""

    def connect(prediction, truth):
        algorithm = CompareToGT()
        algorithm.inputs = prediction, truth
        for port, source in enumerate((prediction, truth)):
            algorithm.SetInputConnection(port, source.GetOutputPort())
        return algorithm

    return connect


@pytest.fixture
def pair(compare):
    """A series and one that is 5 % off."""
    return compare(Series(steps_of(0.05)), Series(steps_of()))


def rows(algorithm, port=1):
    table = algorithm.GetOutputDataObject(port)
    names = [table.GetColumnName(i) for i in range(table.GetNumberOfColumns())]
    columns = [table.GetColumn(i) for i in range(len(names))]
    return [
        {name: column.GetValue(i) for name, column in zip(names, columns, strict=True)}
        for i in range(table.GetNumberOfRows())
    ]


def errors(algorithm):
    return arrays_of(algorithm.GetOutputDataObject(0))


def check_row(row, truth, prediction, mask=None):
    """Every measure but those of pictures is that of the metrics."""
    data_range = metrics.value_range(truth, mask=mask)
    expected = {
        "psnr": metrics.psnr(truth, prediction, data_range=data_range, mask=mask),
        "rmse": metrics.rmse(truth, prediction, mask=mask),
        "nrmse": metrics.nrmse(truth, prediction, data_range=data_range, mask=mask),
        "max_error": metrics.max_error(truth, prediction, mask=mask),
        "ssim": metrics.ssim(truth, prediction, data_range=data_range, mask=mask),
        "chamfer": metrics.chamfer_of_isosurfaces(truth, prediction, row["isovalue"], mask=mask),
    }
    assert {key: row[key] for key in expected} == pytest.approx(expected)


def test_every_measure_is_that_of_the_metrics(pair):
    pair.UpdateTimeStep(2.5)
    truth, prediction = steps_of()(GRID, 2.5)["u"], steps_of(0.05)(GRID, 2.5)["u"]
    (row,) = rows(pair)
    check_row(row, truth, prediction)
    assert truth.min() < row["isovalue"] < truth.max()
    assert (row["variable"], row["unit"], row["time"]) == ("u", "m/s", 2.5)
    assert (row["points"], row["masked"], row["chamfer_undefined"]) == (truth.size, 0, 0)
    assert all(math.isnan(row[key]) for key in ("psnr_global", "lpips", "cieluv"))
    assert pair.GetStatus().startswith(f"u: PSNR {row['psnr']:.2f} dB, RMSE ")
    assert pair.GetStatus().endswith(" m/s at t = 2.5")
    assert pair.GetLastError() == ""
    assert pair.inputs[0].asked == pair.inputs[1].asked == [2.5]


def test_a_range_that_is_given_serves_the_global_psnr(pair):
    pair.SetDataRange(20.0)
    pair.UpdateTimeStep(1.0)
    truth, prediction = steps_of()(GRID, 1.0)["u"], steps_of(0.05)(GRID, 1.0)["u"]
    assert rows(pair)[0]["psnr_global"] == pytest.approx(metrics.psnr(truth, prediction, data_range=20.0))


def test_the_overview_has_psnr_first_and_a_column_per_variable(compare):
    names = ("u", "v")
    algorithm = compare(Series(steps_of(0.05, names)), Series(steps_of(0, names)))
    algorithm.UpdateTimeStep(1.0)
    overview, measures = rows(algorithm, 4), rows(algorithm)
    assert list(overview[0]) == ["(measure)", "u", "v"]
    assert sorted(overview[0])[0] == "(measure)", "ParaView's spreadsheet sorts columns by name"
    assert [row["(measure)"] for row in overview] == [
        "PSNR [dB]",
        "RMSE [unit of the data]",  # u has one, v has none
        "NRMSE",
        "largest error [unit of the data]",
        "SSIM",
        "CD [voxels]",
    ]
    for row in measures:
        assert [line[row["variable"]] for line in overview[:2]] == [row["psnr"], row["rmse"]]


def test_error_arrays_stand_on_the_grid_of_the_ground_truth(pair):
    pair.UpdateTimeStep(1.0)
    image = pair.GetOutputDataObject(0)
    assert grid_of(image).matches(GRID)
    assert image.GetInformation().Get(vtkDataObject.DATA_TIME_STEP()) == 1.0
    truth, prediction = steps_of()(GRID, 1.0)["u"], steps_of(0.05)(GRID, 1.0)["u"]
    found = errors(pair)
    assert list(found) == ["u", "u_prediction", "u_error", "u_absolute_error", "u_relative_error"]
    error = prediction.astype(float) - truth
    np.testing.assert_array_equal(found["u"], truth)
    np.testing.assert_array_equal(found["u_prediction"], prediction)
    np.testing.assert_allclose(found["u_error"], error, rtol=1e-6)
    np.testing.assert_allclose(found["u_absolute_error"], np.abs(error), rtol=1e-6)
    np.testing.assert_allclose(found["u_relative_error"], np.abs(error / truth), rtol=1e-6)
    assert found["u_error"].dtype == np.float32
    units = image.GetPointData().GetArray("u_error").GetInformation()
    assert units.Get(vtkDataArray.UNITS_LABEL()) == "m/s"
    assert image.GetPointData().GetScalars().GetName() == "u_error"
    pair.Modified()
    pair.UpdateTimeStep(1.0, -1, 1, 0, (3, 7, 2, 9, 4, 5))
    assert pair.GetOutputDataObject(0).GetExtent() == (3, 7, 2, 9, 4, 5)
    np.testing.assert_allclose(errors(pair)["u_error"], error[4:6, 2:10, 3:8], rtol=1e-6)


def test_variables_are_matched_by_name_and_the_rest_is_told(compare, events):
    algorithm = compare(Series(steps_of(0.05, ("u", "v", "w"))), Series(steps_of(0, ("q", "v", "u"))))
    seen = events(algorithm)
    algorithm.UpdateTimeStep(1.0)
    assert [row["variable"] for row in rows(algorithm)] == ["v", "u"]
    check_row(
        rows(algorithm)[1],
        steps_of(0, ("q", "v", "u"))(GRID, 1.0)["u"],
        steps_of(0.05, ("u", "v", "w"))(GRID, 1.0)["u"],
    )
    assert seen == [
        "Compare to GT: not in the ground truth and so not compared: w",
        "Compare to GT: not in the prediction and so not compared: q",
    ]
    assert list(errors(algorithm))[:2] == ["v", "v_prediction"]


def test_arrays_of_other_names_are_paired_when_named(compare):
    algorithm = compare(Series(steps_of(0.05, ("p",))), Series(steps_of(0, ("t",))))
    algorithm.SetPredictionArray("p")
    algorithm.SetTruthArray("t")
    algorithm.UpdateTimeStep(1.0)
    assert rows(algorithm)[0]["variable"] == "t"
    assert list(errors(algorithm))[:2] == ["t", "t_prediction"]


def test_the_only_array_of_each_belongs_to_the_other(compare, events):
    algorithm = compare(Series(steps_of(0.05, ("p",))), Series(steps_of(0, ("t",))))
    seen = events(algorithm)
    algorithm.UpdateTimeStep(1.0)
    assert rows(algorithm)[0]["variable"] == "t"
    assert seen == ["Compare to GT: the prediction's p is compared with the ground truth's t"]


# Times


def test_readers_that_snap_to_one_step_are_compared_there(pair):
    pair.UpdateTimeStep(1.2)
    assert rows(pair)[0]["time"] == 1.0
    assert pair.GetOutputDataObject(0).GetInformation().Get(vtkDataObject.DATA_TIME_STEP()) == 1.0


def test_other_times_are_refused_unless_the_nearest_step_is_wanted(compare, events, vtk_errors):
    continuous = Series(steps_of(0.05), span=(0.0, 4.0))
    algorithm = compare(continuous, Series(steps_of()))
    refused(
        algorithm, events, vtk_errors, "the times differ: 1.2 in the prediction, 1 in the ground truth", 1.2
    )
    algorithm.SetTimeMatching(1)
    algorithm.UpdateTimeStep(1.2)
    assert algorithm.GetLastError() == ""
    assert rows(algorithm)[0]["time"] == 1.0
    check_row(rows(algorithm)[0], steps_of()(GRID, 1.0)["u"], steps_of(0.05)(GRID, 1.0)["u"])
    assert continuous.asked[-1] == 1.0


def test_steps_of_another_rhythm_are_refused(compare, events, vtk_errors):
    algorithm = compare(Series(steps_of(0.05), times=(0.0, 2.2, 4.0)), Series(steps_of()))
    refused(algorithm, events, vtk_errors, "2.2 in the prediction, 2.5 in the ground truth", 2.5)


def test_the_times_that_both_have_are_compared_and_said(compare, events):
    """A model asked for a later time shows its last one, and calls it by the time asked for."""
    algorithm = compare(Series(steps_of(0.05), times=(0.5, 2.5), span=(0.5, 2.5)), Series(steps_of()))
    seen = events(algorithm)
    algorithm.UpdateTimeStep(1.0)
    steps, ends = vtkStreamingDemandDrivenPipeline.TIME_STEPS(), vtkStreamingDemandDrivenPipeline.TIME_RANGE()
    information = algorithm.GetOutputInformation(0)
    assert (information.Get(steps), information.Get(ends)) == ((1.0, 2.5), (0.5, 2.5))
    overlap = "compared from 0.5 to 2.5, where both have times; 2 of 4 steps of the ground truth are left out"
    assert seen == [f"Compare to GT: {overlap}"]
    algorithm.UpdateTimeStep(4.0)
    assert rows(algorithm)[0]["time"] == 2.5
    check_row(rows(algorithm)[0], steps_of()(GRID, 2.5)["u"], steps_of(0.05)(GRID, 2.5)["u"])
    assert seen[1:] == ["Compare to GT: time 4 is not in 0.5 to 2.5, where both have times; at 2.5"]
    assert overlap in algorithm.GetStatus()


def test_times_that_do_not_overlap_are_refused(compare, events, vtk_errors):
    algorithm = compare(Series(steps_of(0.05), times=(7.0, 9.0)), Series(steps_of()))
    refused(
        algorithm,
        events,
        vtk_errors,
        "the times do not overlap: 7 to 9 in the prediction, 0 to 4 in the ground truth",
        1.0,
    )


def test_an_input_without_time_is_compared_with_a_warning(compare, events):
    algorithm = compare(Series(steps_of(0.05)), Series(steps_of(), times=()))
    seen = events(algorithm)
    algorithm.UpdateTimeStep(1.0)
    assert seen == ["Compare to GT: the ground truth has no time; it is compared with the prediction at 1"]
    static = compare(Series(steps_of(0.05), times=()), Series(steps_of(), times=()))
    seen = events(static)
    static.Update()
    assert math.isnan(rows(static)[0]["time"])
    assert seen == []


# Grids and masks


def test_another_grid_is_refused_or_resampled(compare, events, vtk_errors):
    """A field linear along each axis is reproduced by trilinear interpolation."""

    def linear(grid, time):
        z, y, x = np.meshgrid(*(grid.axis(i) for i in range(3)), indexing="ij")
        return {"u": 2 * x - 3 * y + z + x * y}

    coarse = Grid((4, 5, 8), GRID.origin, (1.5, 0.75, 1.5))  # spans 4.5, 3 and 10.5 of 5.5, 3 and 13
    algorithm = compare(Series(linear, coarse), Series(linear))
    refused(
        algorithm,
        events,
        vtk_errors,
        "the grids differ: 8 x 5 x 4 nodes over X 3 to 13.5, Y 2 to 5, Z 1 to 5.5 in the prediction",
    )
    seen = events(algorithm)
    algorithm.SetResample(1)
    algorithm.UpdateTimeStep(1.0)
    (row,) = rows(algorithm)
    assert row["points"] == 10 * 13 * 11  # the nodes up to Z 5.5, Y 5 and X 13
    assert row["points"] + row["masked"] == GRID.size
    assert row["max_error"] < 1e-12
    assert f"{row['masked']} points lie outside the prediction" in seen[0]
    found = algorithm.GetOutputDataObject(0).GetPointData()
    inside = vtk_to_numpy(found.GetArray("vtkValidPointMask")) != 0
    assert inside.sum() == row["points"]
    assert np.isnan(vtk_to_numpy(found.GetArray("u_error"))[~inside]).all()
    assert np.isfinite(vtk_to_numpy(found.GetArray("u_error"))[inside]).all()


def test_ghosts_invalid_and_missing_points_do_not_count(compare, events):
    def holed(grid, time):
        values = steps_of()(grid, time)["u"]
        values[0, 0, :3] = np.nan
        return {"u": values}

    def wrong_where_it_does_not_count(grid, time):
        values = steps_of(0.05)(grid, time)["u"]
        values[0] = 1e6
        values[5, 5, 5] = np.inf
        return {"u": values}

    ghosts = np.zeros(GRID.shape, np.uint8)
    ghosts[0, 1:] = 2
    valid = np.ones(GRID.shape, np.int8)
    valid[0, 0, 3:] = 0
    algorithm = compare(
        Series(wrong_where_it_does_not_count, marks={"vtkValidPointMask": valid}),
        Series(holed, marks={"vtkGhostType": ghosts}),
    )
    seen = events(algorithm)
    algorithm.UpdateTimeStep(1.0)
    mask = np.ones(GRID.shape, bool)
    mask[0] = mask[5, 5, 5] = False
    (row,) = rows(algorithm)
    truth, prediction = steps_of()(GRID, 1.0)["u"], steps_of(0.05)(GRID, 1.0)["u"]
    assert (row["points"], row["masked"]) == (mask.sum(), (~mask).sum())
    for key in ("rmse", "max_error"):
        assert row[key] == pytest.approx(getattr(metrics, key)(truth, prediction, mask=mask))
    assert seen[0] == "Compare to GT: u: the prediction is not finite at 1 points, which are left out"
    assert math.isnan(row["ssim"])
    assert "SSIM: mask must leave at least one window" in seen[1]
    assert np.array_equal(np.isnan(errors(algorithm)["u_error"]), ~mask)
    kept = algorithm.GetOutputDataObject(0).GetPointData().GetArray("vtkGhostType")
    np.testing.assert_array_equal(vtk_to_numpy(kept), ghosts.ravel())


# What is not defined


def test_a_constant_ground_truth_has_no_psnr(compare, events):
    algorithm = compare(
        Series(lambda grid, time: {"u": np.full(grid.shape, 2.5)}),
        Series(lambda grid, time: {"u": np.full(grid.shape, 2.0)}),
    )
    seen = events(algorithm)
    algorithm.Update()
    (row,) = rows(algorithm)
    assert (row["rmse"], row["max_error"]) == (0.5, 0.5)
    assert all(math.isnan(row[key]) for key in ("psnr", "nrmse", "ssim", "chamfer", "isovalue"))
    assert seen == [
        "Compare to GT: u: the ground truth is constant (2), so PSNR, NRMSE and SSIM are not defined"
    ]


def test_an_isovalue_outside_the_range_and_an_empty_surface_give_no_number(compare, events):
    algorithm = compare(Series(lambda grid, time: {"u": 0 * wave(grid, 0)}), Series(steps_of()))
    seen = events(algorithm)
    algorithm.SetIsosurface(2)
    algorithm.SetIsovalue(1.0)
    algorithm.UpdateTimeStep(1.0)
    (row,) = rows(algorithm)
    assert (row["isovalue"], row["chamfer_undefined"]) == (1.0, 1)
    assert math.isnan(row["chamfer"])
    assert "u: the isosurface 1 of the prediction is empty at this step" in seen.pop()
    algorithm.SetIsovalue(99.0)
    algorithm.UpdateTimeStep(1.0)
    assert math.isnan(rows(algorithm)[0]["chamfer"])
    assert "isovalue must lie in the range of the ground truth [" in seen.pop()
    algorithm.SetIsosurface(0)
    algorithm.UpdateTimeStep(1.0)
    assert rows(algorithm)[0]["chamfer_undefined"] == 0
    assert seen == []


def test_a_small_or_flat_grid_has_what_is_defined_on_it(compare, events):
    flat = Grid((1, 6, 20))
    algorithm = compare(Series(steps_of(0.05), flat), Series(steps_of(), flat))
    seen = events(algorithm)
    algorithm.UpdateTimeStep(1.0)
    assert "u: SSIM needs at least 11 nodes along each axis, got 20 x 6 x 1" in seen[0]
    row = rows(algorithm)[0]
    assert row["psnr"] > 20
    assert row["chamfer"] >= 0


def refused(algorithm, events, vtk_errors, message, time=None):
    """The update fails with one error that contains ``message``, and with nothing else."""
    seen = events(algorithm)

    def update():
        algorithm.Update() if time is None else algorithm.UpdateTimeStep(time)

    update()
    assert all(algorithm.GetOutputDataObject(port).GetNumberOfPoints() == 0 for port in (0, 2))
    assert all(algorithm.GetOutputDataObject(port).GetNumberOfRows() == 0 for port in (1, 3))
    assert len(seen) == 1
    assert message in seen[0]
    assert message in algorithm.GetLastError()
    assert algorithm.GetStatus() == algorithm.GetLastError()
    assert len(vtk_errors) == 1
    vtk_errors.clear()
    update()
    assert not vtk_errors, "a failure is told once"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.SetTimeMatching(5), "Time Matching must be 0 (exact) or 1 (nearest step), got 5"),
        (lambda a: a.SetIsosurface(7), "Isosurface must be 0 (none)"),
        (lambda a: [a.SetIsosurface(2), a.SetIsovalue(math.nan)], "Isovalue must be finite, got nan"),
        (lambda a: a.SetDataRange(-1), "Data Range must be a finite number >= 0, got -1"),
        (lambda a: a.SetPictureKind(4), "Picture Kind must be 0 (volume) or 1 (isosurface), got 4"),
        (lambda a: a.SetPictureSize(3), "Picture Size must be from 64 to 4096 pixels, got 3"),
        (
            lambda a: a.SetTableFile("measures.txt"),
            "Table File must end in .csv or .json, got 'measures.txt'",
        ),
        (lambda a: a.SetTableFile("/nowhere/a.csv"), "the folder /nowhere does not exist"),
        (lambda a: a.SetModelFile("/nowhere.stsr"), "/nowhere.stsr: cannot read the model"),
        (lambda a: a.SetPredictionArray("T"), "the prediction has no variable 'T'; it has u"),
        (lambda a: a.SetTruthArray("T"), "the ground truth has no variable 'T'; it has u"),
    ],
)
def test_bad_properties_are_refused_in_words(pair, events, vtk_errors, change, message):
    if "ground truth has no" in message:
        pair.SetPredictionArray("u")
    change(pair)
    refused(pair, events, vtk_errors, message)


def test_wrong_inputs_are_refused_in_words(compare, events, vtk_errors):
    sphere = vtkSphereSource()
    message = "the prediction must be image data (a uniform grid), got vtkPolyData; make an image of it"
    refused(compare(sphere, Series(steps_of())), events, vtk_errors, message)
    alone = CompareToGT()
    source = Series(steps_of())
    alone.SetInputConnection(0, source.GetOutputPort())
    refused(alone, events, vtk_errors, "the ground truth is not connected")
    other = compare(Series(steps_of(0, ("a", "b"))), Series(steps_of(0, ("c",))))
    refused(other, events, vtk_errors, "the prediction has a, b, the ground truth c; name one of each")
    nothing = compare(Series(steps_of()), Series(lambda g, t: {"u": np.full(g.shape, np.nan)}))
    refused(nothing, events, vtk_errors, "u: the ground truth holds no finite value")
    bare = compare(Series(steps_of()), Series(lambda g, t: {}))
    refused(bare, events, vtk_errors, "the ground truth has no numeric point array")
    static = compare(Series(steps_of()), Series(steps_of(), times=()))
    static.SetAllTimeSteps(1)
    refused(static, events, vtk_errors, "the ground truth lists no time steps")


def test_after_an_error_the_next_update_works(pair, vtk_errors):
    pair.SetDataRange(-1)
    pair.Update()
    vtk_errors.clear()
    steps = vtkStreamingDemandDrivenPipeline.TIME_STEPS()
    announced = [pair.GetOutputInformation(port).Get(steps) for port in range(5)]
    assert announced == [TIMES] * 5, "or else the animation would leave its time"
    pair.SetDataRange(0)
    pair.UpdateTimeStep(1.0)
    assert pair.GetLastError() == ""
    assert len(rows(pair)) == 1


def test_at_least_twenty_reports_of_progress_in_order(pair):
    seen = []
    pair.AddObserver("ProgressEvent", lambda c, e: seen.append((c.GetProgress(), c.GetProgressText())))
    pair.UpdateTimeStep(1.0)
    told = [fraction for fraction, text in seen if text]
    assert len(told) >= 20
    assert told == sorted(told)
    assert any(text == "Compare to GT: u: SSIM" for _, text in seen)


def stop(caller, event):
    """Press the Abort button; VTK itself sends events without a text before and after."""
    if caller.GetProgressText() and caller.GetProgress() >= 0.4:
        caller.SetAbortExecute(1)


def test_abort_leaves_empty_outputs_and_the_next_update_works(pair):
    pair.SetAllTimeSteps(1)
    tag = pair.AddObserver("ProgressEvent", stop)
    pair.UpdateTimeStep(1.0)
    assert pair.GetOutputDataObject(0).GetNumberOfPoints() == 0
    assert pair.GetOutputDataObject(1).GetNumberOfRows() == 0
    assert "stopped" in pair.GetStatus()
    assert len(pair.inputs[0].asked) < 4, "not one more step is computed"
    pair.RemoveObserver(tag)
    told = []
    tag = pair.AddObserver("ProgressEvent", lambda c, e: told.append(c.GetProgressText()))
    for port in range(5):  # as ParaView does
        pair.GetOutputInformation(port).Set(vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP(), 1.0)
        pair.Update(port)
    assert not any(told), "the other outputs do not start it anew"
    pair.UpdateTimeStep(2.5)
    assert len(rows(pair, 3)) == 4
    assert pair.GetLastError() == ""


def test_after_an_abort_a_change_starts_it_anew(pair):
    tag = pair.AddObserver("ProgressEvent", stop)
    pair.UpdateTimeStep(1.0)
    assert "stopped" in pair.GetStatus()
    pair.RemoveObserver(tag)
    pair.Modified()
    pair.UpdateTimeStep(1.0)
    assert len(rows(pair)) == 1


# All time steps


def expected_curves():
    return [(steps_of()(GRID, t)["u"], steps_of(0.05)(GRID, t)["u"]) for t in TIMES]


def test_all_steps_give_curves_means_and_the_range_of_the_series(pair):
    pair.SetAllTimeSteps(1)
    pair.UpdateTimeStep(1.0)
    curves = rows(pair, 3)
    assert [(row["step"], row["time"]) for row in curves] == list(enumerate(TIMES))
    wide = metrics.value_range(np.array([truth for truth, _ in expected_curves()]))
    for row, (truth, prediction) in zip(curves, expected_curves(), strict=True):
        own = metrics.value_range(truth)
        assert row["u_psnr"] == pytest.approx(metrics.psnr(truth, prediction, data_range=own))
        assert row["u_psnr_global"] == pytest.approx(metrics.psnr(truth, prediction, data_range=wide))
        assert math.isnan(row["u_kept"])
    (mean,) = rows(pair)
    assert (mean["steps"], mean["n_steps"]) == ("all", 4)
    assert mean["psnr"] == pytest.approx(np.mean([row["u_psnr"] for row in curves]))
    assert mean["max_error"] == pytest.approx(max(row["u_max_error"] for row in curves))
    np.testing.assert_array_equal(errors(pair)["u"], expected_curves()[1][0])
    assert "over 4 steps" in pair.GetStatus()
    # The ground truth is read once more for the survey; the prediction is computed once per step.
    assert pair.inputs[0].asked == [0.0, 2.5, 4.0, 1.0]
    assert pair.inputs[1].asked == [0.0, 2.5, 4.0, 1.0, 0.0, 2.5, 4.0, 1.0]


def test_another_time_keeps_the_curves_and_walks_no_more(pair):
    pair.SetAllTimeSteps(1)
    pair.UpdateTimeStep(1.0)
    before, asked = rows(pair, 3), len(pair.inputs[0].asked)
    pair.UpdateTimeStep(4.0)
    assert len(pair.inputs[0].asked) == asked + 1
    assert str(rows(pair, 3)) == str(before)
    np.testing.assert_array_equal(errors(pair)["u"], expected_curves()[3][0])
    pair.inputs[1].Modified()
    pair.UpdateTimeStep(4.0)
    assert len(pair.inputs[1].asked) > asked + 4, "another ground truth is walked through again"


def missing_after(time: float):
    """The wave, without any value later than ``time``."""
    return lambda grid, t: {"u": wave(grid, t) if t <= time else np.full(grid.shape, np.nan, np.float32)}


def test_a_time_that_cannot_be_shown_does_not_cost_the_curves(compare, vtk_errors):
    prediction = Series(steps_of(0.05), span=(0, 9))
    algorithm = compare(prediction, Series(missing_after(3), span=(0, 9)))
    algorithm.SetAllTimeSteps(1)
    algorithm.UpdateTimeStep(1.0)
    before = rows(algorithm, 3)
    algorithm.UpdateTimeStep(7.0)
    assert "there is nothing to compare" in algorithm.GetLastError()
    assert rows(algorithm, 3) == []
    vtk_errors.clear()
    asked = len(prediction.asked)
    algorithm.UpdateTimeStep(2.0)
    assert len(prediction.asked) == asked + 1
    assert str(rows(algorithm, 3)) == str(before)


def test_an_error_on_the_way_begins_it_anew(compare, vtk_errors):
    """The last visit is the one that is shown: where it cannot be compared, nothing is."""
    prediction = Series(steps_of(0.05), span=(0, 9))
    algorithm = compare(prediction, Series(missing_after(3), span=(0, 9)))
    algorithm.SetAllTimeSteps(1)
    algorithm.UpdateTimeStep(7.0)
    assert "there is nothing to compare" in algorithm.GetLastError()
    vtk_errors.clear()
    algorithm.UpdateTimeStep(1.0)
    assert algorithm.GetLastError() == ""
    assert [math.isnan(row["u_psnr"]) for row in rows(algorithm, 3)] == [False, False, False, True]


def test_progress_over_all_steps_never_goes_back(pair):
    seen = []
    pair.AddObserver("ProgressEvent", lambda c, e: seen.append((c.GetProgress(), c.GetProgressText())))
    pair.SetAllTimeSteps(1)
    pair.UpdateTimeStep(1.0)
    told = [fraction for fraction, text in seen if text]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_shown_time_between_the_steps_of_two_models(compare):
    algorithm = compare(Series(steps_of(0.05), span=(0, 4)), Series(steps_of(), span=(0, 4)))
    algorithm.SetAllTimeSteps(1)
    algorithm.UpdateTimeStep(1.7)
    assert [row["time"] for row in rows(algorithm, 3)] == list(TIMES)
    np.testing.assert_array_equal(errors(algorithm)["u"], steps_of()(GRID, 1.7)["u"])


def test_steps_that_cannot_be_compared_are_left_out_and_told(compare, events):
    def all_missing_at_first(grid, time):
        return {"u": np.full(grid.shape, np.nan, np.float32)} if time == 0 else steps_of()(grid, time)

    algorithm = compare(
        Series(steps_of(0.05), times=(0.0, 1.0, 2.5), span=(0.0, 2.5)), Series(all_missing_at_first)
    )
    seen = events(algorithm)
    algorithm.SetAllTimeSteps(1)
    algorithm.UpdateTimeStep(1.0)
    (mean,) = rows(algorithm)
    curves = rows(algorithm, 3)
    assert mean["n_steps"] == 2
    assert [math.isnan(row["u_psnr"]) for row in curves] == [True, False, False, True]
    assert [row["u_points"] for row in curves] == [0, GRID.size, GRID.size, 0]
    assert any("the ground truth holds no finite value" in text for text in seen)
    assert any("1 of 4 steps of the ground truth are left out" in text for text in seen)


def test_kept_and_unseen_steps_are_told_apart_by_the_model(compare, models, tmp_path):
    times = tuple(0.5 * i for i in range(10))
    path = models.save_model(tmp_path / "m.stsr", models.domain())  # keeps every fourth step
    algorithm = compare(Series(steps_of(0.05), times=times), Series(steps_of(), times=times))
    algorithm.SetModelFile(str(path))
    algorithm.SetAllTimeSteps(1)
    algorithm.SetIsosurface(0)
    algorithm.UpdateTimeStep(0.0)
    curves, means = rows(algorithm, 3), rows(algorithm)
    assert [row["u_kept"] for row in curves] == [1, 0, 0, 0, 1, 0, 0, 0, 1, 0]
    assert [(row["steps"], row["n_steps"]) for row in means] == [("all", 10), ("kept", 3), ("unseen", 7)]
    unseen = [row["u_psnr"] for row in curves if not row["u_kept"]]
    assert means[2]["psnr"] == pytest.approx(np.mean(unseen))


# Files


def strict(text):
    """JSON as the standard has it: NaN and Infinity are errors."""

    def refuse(word):
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def test_json_is_strict_and_whole(pair, tmp_path):
    path = tmp_path / "measures.json"
    path.write_text("old")
    pair.SetTableFile(str(path))
    pair.UpdateTimeStep(1.0)
    found = strict(path.read_text())
    assert found["measures"][0]["psnr"] == rows(pair)[0]["psnr"]
    assert found["measures"][0]["lpips"] is None
    assert (found["time"], found["curves"], found["remarks"]) == (1.0, [], [])
    assert list(tmp_path.iterdir()) == [path]


def test_csv_holds_the_measures_or_all_curves(compare, tmp_path):
    path = tmp_path / "measures.csv"
    names = ("u", "v")
    algorithm = compare(Series(steps_of(0.05, names)), Series(steps_of(0, names)))
    algorithm.SetTableFile(str(path))
    algorithm.UpdateTimeStep(1.0)
    with open(path, newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row["variable"] for row in found] == ["u", "v"]
    assert float(found[0]["psnr"]) == rows(algorithm)[0]["psnr"]
    assert found[0]["lpips"] == ""
    algorithm.SetAllTimeSteps(1)
    algorithm.UpdateTimeStep(1.0)
    with open(path, newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [(row["variable"], float(row["time"])) for row in found] == [(n, t) for n in names for t in TIMES]
    assert [float(row["psnr"]) for row in found[:4]] == [row["u_psnr"] for row in rows(algorithm, 3)]
    assert found[0]["kept"] == ""


def test_identical_data_are_infinitely_good(compare, tmp_path):
    path = tmp_path / "same.csv"
    algorithm = compare(Series(steps_of()), Series(steps_of()))
    algorithm.SetTableFile(str(path))
    algorithm.Update()
    (row,) = rows(algorithm)
    assert row["psnr"] == math.inf
    assert (row["rmse"], row["ssim"], row["chamfer"]) == (0.0, pytest.approx(1.0), 0.0)
    with open(path, newline="") as stream:
        assert next(csv.DictReader(stream))["psnr"] == "inf"
    path = tmp_path / "same.json"
    algorithm.SetTableFile(str(path))
    algorithm.Update()
    assert strict(path.read_text())["measures"][0]["psnr"] is None


# Pictures


def picture(algorithm):
    image = algorithm.GetOutputDataObject(2)
    x, y, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(y, x, -1)[::-1]


def test_without_pictures_the_third_output_is_white_and_large_enough_to_be_shown(pair):
    pair.Update()
    assert picture(pair).tolist() == [[[255, 255, 255]] * 2] * 2
    asked = len(pair.inputs[0].asked)
    for port in range(5):
        pair.Update(port)
    assert len(pair.inputs[0].asked) == asked, "one execution serves all outputs"


@pytest.mark.requires_lpips_weights
def test_pictures_are_drawn_measured_and_announced(compare):
    names = ("u", "v")
    algorithm = compare(Series(steps_of(0.2, names)), Series(steps_of(0, names)))
    algorithm.SetPictures(1)
    algorithm.SetPictureSize(96)
    algorithm.SetPictureVariable("v")
    algorithm.UpdateTimeStep(1.0)
    assert algorithm.GetLastError() == ""
    found = picture(algorithm)
    assert found.dtype == np.uint8
    assert found.shape[1] > 3 * 96
    assert found.std() > 10
    key = vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT()
    information = algorithm.GetOutputInformation(2)
    whole = tuple(key.Get(information, i) for i in range(6))
    assert whole == algorithm.GetOutputDataObject(2).GetExtent()
    for row in rows(algorithm):
        assert row["lpips"] > 0
        assert row["cieluv"] > 0
    algorithm.SetPictureVariable("u")
    algorithm.UpdateTimeStep(1.0)
    assert picture(algorithm).shape == found.shape
    assert not np.array_equal(picture(algorithm), found)
    algorithm.SetPictureKind(1)
    algorithm.UpdateTimeStep(1.0)
    assert picture(algorithm).shape[0] == found.shape[0]
    assert algorithm.GetLastError() == ""


@pytest.mark.requires_lpips_weights
def test_equal_data_look_equal(compare):
    algorithm = compare(Series(steps_of()), Series(steps_of()))
    algorithm.SetPictures(1)
    algorithm.SetPictureSize(64)
    algorithm.Update()
    (row,) = rows(algorithm)
    assert (row["lpips"], row["cieluv"]) == (0.0, 0.0)


def test_what_cannot_be_drawn_is_told_and_the_numbers_stay(compare, events):
    flat = Grid((1, 16, 20))
    algorithm = compare(Series(steps_of(0.05), flat), Series(steps_of(), flat))
    algorithm.SetPictures(1)
    algorithm.SetPictureSize(64)
    seen = events(algorithm)
    algorithm.Update()
    assert seen == [
        "Compare to GT: the pictures are left out: image must have at least 2 nodes on each axis, got "
        "dimensions (20, 16, 1)"
    ]
    assert rows(algorithm)[0]["psnr"] > 20
    assert (picture(algorithm) == 255).all()


def test_without_a_usable_matplotlib_the_numbers_stay(pair, events, monkeypatch):
    """In ParaView it may find a numpy that is too old for it."""
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)  # importing it fails now
    pair.SetPictures(1)
    pair.SetPictureSize(64)
    seen = events(pair)
    pair.UpdateTimeStep(1.0)
    assert [text.split("left out: ")[0] for text in seen] == ["Compare to GT: the pictures are "]
    assert rows(pair)[0]["psnr"] > 20
    assert (picture(pair) == 255).all()
