"""Neural Upscale in a plain VTK pipeline: values, grids, times, caches, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline
from vtkmodules.vtkFiltersSources import vtkSphereSource

from stsr_core.grid import Grid
from stsr_core.io.vtk import arrays_of, grid_of
from stsr_filters import NeuralUpscale

COARSE = Grid((5, 6, 7), (1.0, 2.0, 3.0), (0.5, 1.0, 2.0))


@pytest.fixture
def upscale(coarse, model):
    """Over the model's kept nodes at its kept times."""
    algorithm = NeuralUpscale()
    algorithm.source = coarse(COARSE, (0.0, 2.0, 4.0))
    algorithm.SetInputConnection(0, algorithm.source.GetOutputPort())
    algorithm.SetModelFile(model)
    return algorithm


def image(algorithm):
    return algorithm.GetOutputDataObject(0)


def arrays(algorithm):
    return {name: values.copy() for name, values in arrays_of(image(algorithm)).items()}


def listed_times(algorithm):
    info = algorithm.GetOutputInformation(0)
    key = vtkStreamingDemandDrivenPipeline.TIME_STEPS()
    return [key.Get(info, i) for i in range(key.Length(info))]


def test_values_are_those_of_the_core(upscale, expected):
    upscale.SetOutputGrid(0)
    upscale.SetFactor(1.5)
    upscale.UpdateTimeStep(1.3)
    grid = grid_of(image(upscale))
    assert grid.matches(COARSE.refined(1.5))
    assert image(upscale).GetBounds() == (3.0, 15.0, 2.0, 7.0, 1.0, 3.0)
    found = arrays(upscale)
    assert list(found) == ["u", "p"]
    for name, values in found.items():
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, expected(COARSE.refined(1.5), 1.3, name), atol=1e-6)
    assert not np.allclose(found["u"], found["p"])
    array = image(upscale).GetPointData().GetArray("p")
    assert array.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == "Pa"
    assert image(upscale).GetInformation().Get(image(upscale).DATA_TIME_STEP()) == 1.3
    assert upscale.GetStatus().startswith("u, p: 10 x 9 x 7 nodes at t = 1.3 in")
    assert upscale.GetLastError() == ""


def test_dimensions_spacing_and_match(upscale, coarse, expected):
    upscale.SetOutputGrid(1)
    upscale.SetDimensions(9, 8, 7)
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetDimensions() == (9, 8, 7)
    assert image(upscale).GetBounds() == (3.0, 15.0, 2.0, 7.0, 1.0, 3.0)

    upscale.SetOutputGrid(2)
    upscale.SetSpacing(1.0, 0.5, 0.25)
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetDimensions() == (13, 11, 9)

    like = Grid((4, 3, 5), (1.5, 2.5, 4.0), (0.3, 0.7, 1.1))
    other = coarse(like)
    upscale.SetInputConnection(1, other.GetOutputPort())
    upscale.SetOutputGrid(3)
    upscale.UpdateTimeStep(1.0)
    assert grid_of(image(upscale)).matches(like)
    np.testing.assert_allclose(arrays(upscale)["u"], expected(like, 1.0, "u"), atol=1e-6)


def test_grid_and_times_are_known_before_anything_is_computed(upscale):
    upscale.UpdateInformation()
    assert listed_times(upscale) == [0.5 * i for i in range(10)], "all steps of the series"
    assert upscale.GetTimesBetween().startswith("10 steps are listed; Time Factor 4 lists three more")
    assert upscale.GetValueRange() == [-1.0, 3.0]
    upscale.SetTimeSteps(0)
    upscale.SetTimeFactor(4)
    upscale.UpdateInformation()
    info = upscale.GetOutputInformation(0)
    extent = vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT()
    assert [extent.Get(info, i) for i in range(6)] == [0, 12, 0, 10, 0, 8]
    assert listed_times(upscale) == [0.5 * i for i in range(9)]
    assert upscale.GetTimeRange() == [0.0, 4.5]
    low, high = upscale.GetFactorRange()
    assert low == pytest.approx(1 / 6)
    assert high >= 1.0
    assert upscale.GetStatus() == "ready to decode u, p: 13 x 11 x 9 nodes"
    assert upscale.KnowsTrainingGrid() == 1
    assert "modulated_siren, format version 1" in upscale.GetModelSummary()
    assert "u: 7 x 6 x 5 of 13 x 11 x 9 nodes, 3 of 10 steps from 0 to 4.5, values -1 to 3 m/s" in (
        upscale.GetModelSummary()
    )
    assert "0123456789abcdef…" in upscale.GetModelSummary()
    upscale.SetTimeSteps(2)
    upscale.SetTimeFactor(1)
    upscale.UpdateInformation()
    assert listed_times(upscale) == [0.0, 2.0, 4.0]


def test_the_steps_of_the_input_are_listed_until_a_model_is_chosen(upscale):
    upscale.SetModelFile("")
    upscale.UpdateInformation()
    assert listed_times(upscale) == [0.0, 2.0, 4.0]


def test_the_input_is_asked_for_its_own_nearest_step(upscale):
    upscale.UpdateTimeStep(3.2)
    assert upscale.source.asked == [4.0]


def test_an_extent_that_begins_elsewhere_is_the_same_region(upscale, coarse, expected):
    shifted = coarse(COARSE, (), (4, -3, 7))
    upscale.SetInputConnection(0, shifted.GetOutputPort())
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetBounds() == (3.0, 15.0, 2.0, 7.0, 1.0, 3.0)
    np.testing.assert_allclose(arrays(upscale)["u"], expected(COARSE.refined(2), 1.0, "u"), atol=1e-6)


def test_a_part_of_the_output_equals_that_part_of_the_whole(upscale):
    upscale.UpdateTimeStep(1.0)
    whole = arrays(upscale)["p"]
    part = (3, 7, 2, 9, 4, 5)
    for tile in (5, 7):
        upscale.SetTileSize(tile)
        upscale.UpdateTimeStep(1.0, -1, 1, 0, part)
        assert image(upscale).GetExtent() == part
        np.testing.assert_allclose(arrays(upscale)["p"], whole[4:6, 2:10, 3:8], atol=1e-6)


def test_pieces_cover_every_cell_once(upscale):
    upscale.UpdateInformation()
    cells = np.zeros((8, 10, 12), int)
    for rank in range(3):
        upscale.UpdatePiece(rank, 3, 0)
        x0, x1, y0, y1, z0, z1 = image(upscale).GetExtent()
        cells[z0:z1, y0:y1, x0:x1] += 1
    assert np.all(cells == 1)


def test_only_chosen_variables_are_decoded(upscale):
    upscale.GetVariableSelection().DisableArray("u")
    upscale.UpdateTimeStep(1.0)
    assert list(arrays(upscale)) == ["p"]
    upscale.GetVariableSelection().EnableArray("u")
    upscale.UpdateTimeStep(1.0)
    assert list(arrays(upscale)) == ["u", "p"]


def test_a_choice_made_before_the_model_is_kept(coarse, model):
    algorithm = NeuralUpscale()
    algorithm.GetVariableSelection().AddArray("u", False)
    source = coarse(COARSE)
    algorithm.SetInputConnection(0, source.GetOutputPort())
    algorithm.SetModelFile(model)
    algorithm.Update()
    assert list(arrays(algorithm)) == ["p"]


def test_returning_to_a_step_computes_nothing(upscale):
    upscale.UpdateTimeStep(1.0)
    upscale.UpdateTimeStep(2.5)
    assert "in" in upscale.GetStatus()
    ticks = []
    upscale.AddObserver("ProgressEvent", lambda caller, event: ticks.append(caller.GetProgressText()))
    upscale.UpdateTimeStep(1.0)
    assert upscale.GetStatus() == "u, p: 13 x 11 x 9 nodes at t = 1 from the cache"
    assert not any(ticks), "only VTK's own progress events, which have no text"
    before = image(upscale).GetMTime()
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetMTime() == before
    upscale.SetCacheSteps(0)
    upscale.UpdateTimeStep(2.5)
    upscale.UpdateTimeStep(1.0)
    assert "from the cache" not in upscale.GetStatus()


def test_another_model_under_the_same_name_is_read_anew(upscale, tmp_path, model):
    import os
    import shutil

    path = tmp_path / "model.stsr"
    shutil.copy(model, path)
    upscale.SetModelFile(str(path))
    upscale.UpdateTimeStep(1.0)
    os.utime(path, ns=(1, 1))
    upscale.Modified()
    upscale.UpdateTimeStep(1.0)
    assert "from the cache" not in upscale.GetStatus()


def test_at_least_twenty_reports_of_progress(upscale):
    seen = []
    upscale.AddObserver("ProgressEvent", lambda c, e: seen.append((c.GetProgress(), c.GetProgressText())))
    upscale.UpdateTimeStep(1.0)
    fractions = [fraction for fraction, _ in seen]
    assert len(fractions) >= 20
    assert max(fractions) == 1.0
    assert any(text == "Neural Upscale: u on cpu" for _, text in seen)


def test_abort_leaves_an_empty_output_and_the_next_update_works(upscale):
    ticks = []

    def stop(caller, event):
        ticks.append(caller.GetProgress())
        if caller.GetProgress() >= 0.2:
            caller.SetAbortExecute(1)

    tag = upscale.AddObserver("ProgressEvent", stop)
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetNumberOfPoints() == 0
    assert ticks.pop() == 1.0  # VTK's own, at the end of every execution
    assert 0.2 <= max(ticks) < 0.3  # within one tile
    assert "stopped" in upscale.GetStatus()
    upscale.RemoveObserver(tag)
    upscale.SetAbortExecute(0)
    upscale.Modified()
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetDimensions() == (13, 11, 9)
    assert upscale.GetLastError() == ""


def test_time_outside_the_trained_range_is_a_visible_warning(upscale, events, expected):
    seen = events(upscale)
    upscale.UpdateTimeStep(7.0)
    assert seen == ["Neural Upscale: time 7 is outside the trained range 0 to 4.5; showing 4.5"]
    assert "outside the trained range" in upscale.GetStatus()
    np.testing.assert_allclose(arrays(upscale)["u"], expected(COARSE.refined(2), 4.5, "u"), atol=1e-6)


def test_a_region_beyond_the_model_is_a_visible_warning(upscale, coarse, events):
    upscale.SetOutputGrid(0)
    wider = coarse(Grid((5, 6, 9), COARSE.origin, COARSE.spacing))
    upscale.SetInputConnection(0, wider.GetOutputPort())
    seen = events(upscale)
    upscale.Update()
    assert len(seen) == 1
    assert "values beyond the model's region are extrapolated" in seen[0]
    assert image(upscale).GetDimensions() == (17, 11, 9)


def refused(algorithm, events, vtk_errors, message):
    """The update fails with one error that contains ``message``, and with nothing else."""
    seen = events(algorithm)
    algorithm.Update()
    assert image(algorithm).GetNumberOfPoints() == 0
    assert len(seen) == 1
    assert message in seen[0]
    assert message in algorithm.GetLastError()
    assert algorithm.GetStatus() == algorithm.GetLastError()
    assert len(vtk_errors) == 1
    assert message in vtk_errors[0]
    vtk_errors.clear()
    algorithm.Update()
    assert not vtk_errors, "a failure is told once"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.SetModelFile(""), "no model file is chosen"),
        (lambda a: a.SetModelFile("/nowhere/m.stsr"), "/nowhere/m.stsr: cannot read the model: No such file"),
        (lambda a: a.SetModelFile(__file__), "expected a .stsr model, found"),
        (lambda a: a.SetFactor(-2), "Factor must be a finite number > 0, got -2"),
        (
            lambda a: (a.SetOutputGrid(0), a.SetFactor(float("nan"))),
            "Factor must be a finite number > 0, got nan",
        ),
        (lambda a: (a.SetOutputGrid(0), a.SetFactor(20000)), "GiB are free"),
        (lambda a: a.SetOutputGrid(9), "Output Grid must be 0 (factor)"),
        (lambda a: a.SetOutputGrid(3), "no dataset is connected to the input Like"),
        (lambda a: a.SetTimeFactor(0), "Time Factor must be a finite number > 0, got 0"),
        (lambda a: a.SetTimeSteps(8), "Time Steps must be"),
        (lambda a: a.SetDevice("tpu"), "Device must be auto, cpu, cuda, cuda:N or mps, got 'tpu'"),
        (lambda a: a.GetVariableSelection().AddArray("T"), "the model has no variable 'T'; it has u, p"),
        (
            lambda a: a.GetVariableSelection().DisableAllArrays(),
            "at least one variable must be chosen of u, p",
        ),
    ],
)
def test_bad_properties_are_refused_in_words(upscale, events, vtk_errors, change, message):
    upscale.GetVariableSelection()
    change(upscale)
    refused(upscale, events, vtk_errors, message)


def test_wrong_inputs_are_refused_in_words(upscale, coarse, events, vtk_errors):
    sphere = vtkSphereSource()
    upscale.SetInputConnection(0, sphere.GetOutputPort())
    refused(upscale, events, vtk_errors, "must be image data (a uniform grid), got vtkPolyData")
    elsewhere = coarse(Grid((5, 6, 7), (100.0, 0.0, 0.0)))
    other = NeuralUpscale()
    other.SetInputConnection(0, elsewhere.GetOutputPort())
    other.SetModelFile(upscale.GetModelFile())
    refused(other, events, vtk_errors, "the input lies outside the model")


def test_after_an_error_the_next_update_works(upscale, events, vtk_errors):
    upscale.SetOutputGrid(0)
    upscale.SetFactor(-2)
    upscale.Update()
    assert image(upscale).GetNumberOfPoints() == 0
    vtk_errors.clear()
    upscale.SetFactor(2)
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetDimensions() == (13, 11, 9)
    assert upscale.GetLastError() == ""


def test_an_absent_device_is_replaced_with_a_warning(upscale, events):
    import torch

    seen = events(upscale)
    upscale.SetDevice(f"cuda:{torch.cuda.device_count()}")
    upscale.UpdateTimeStep(1.0)
    assert image(upscale).GetDimensions() == (13, 11, 9)
    assert len(seen) == 1
    assert "computed on the CPU" in seen[0]


def test_threads_are_put_back(upscale):
    import torch

    before = torch.get_num_threads()
    upscale.SetThreads(1)
    upscale.UpdateTimeStep(1.0)
    assert torch.get_num_threads() == before
