"""Neural Fit in a plain VTK pipeline: what it keeps, what it writes, when it learns, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from models import blob_series, moving_blob
from vtkmodules.util.vtkAlgorithm import VTKPythonAlgorithmBase
from vtkmodules.vtkCommonDataModel import vtkDataObject, vtkImageData
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline
from vtkmodules.vtkFiltersCore import vtkPassThrough, vtkResampleToImage
from vtkmodules.vtkFiltersSources import vtkSphereSource
from vtkmodules.vtkImagingCore import vtkRTAnalyticSource

from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.inference.latent import interpolated
from stsr_core.io.vtk import arrays_of, grid_of, to_vtk_image
from stsr_core.kept import Kept, KeptSeries, subsample
from stsr_core.model import checkpoint
from stsr_core.request.clamp import Clamp
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_filters import LatentInterpolate, NeuralFit, NeuralUpscale, STSRModel
from stsr_filters.fitting.fit_run import learn
from stsr_filters.fitting.fit_settings import FitSettings
from stsr_filters.fitting.handover import Order
from stsr_filters.fitting.kept_input import KeptInput

SMALL = '{"width": 32, "depth": 3, "latent_length": 8}'


class SeriesSource(VTKPythonAlgorithmBase):
    """A VolumeSeries of one grid as a pipeline source; ``read`` lists the times it was asked for."""

    def __init__(self, series: VolumeSeries, with_times: bool = True) -> None:
        VTKPythonAlgorithmBase.__init__(self, nInputPorts=0, nOutputPorts=1, outputType="vtkImageData")
        self.series, self.with_times = series, with_times
        self.read: list[float] = []
        self.late = 0.0

    def RequestInformation(self, request, inInfo, outInfo):
        info, first = outInfo.GetInformationObject(0), self.series.variables[0]
        z, y, x = first.grid.shape
        info.Set(vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT(), (0, x - 1, 0, y - 1, 0, z - 1), 6)
        info.Set(vtkDataObject.ORIGIN(), first.grid.origin[::-1], 3)
        info.Set(vtkDataObject.SPACING(), first.grid.spacing[::-1], 3)
        if self.with_times:
            times = first.times.tolist()
            info.Set(vtkStreamingDemandDrivenPipeline.TIME_STEPS(), times, len(times))
            info.Set(vtkStreamingDemandDrivenPipeline.TIME_RANGE(), (times[0], times[-1]), 2)
        return 1

    def RequestData(self, request, inInfo, outInfo):
        info, first = outInfo.GetInformationObject(0), self.series.variables[0]
        key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
        time = info.Get(key) if info.Has(key) else float(first.times[0])
        self.read.append(time)
        i = int(np.argmin(np.abs(first.times - time)))
        units = {v.name: v.unit for v in self.series}
        image = to_vtk_image(
            first.grid, {v.name: v.step(i) for v in self.series}, units=units, time_unit=self.series.time_unit
        )
        output = vtkImageData.GetData(outInfo)
        output.ShallowCopy(image)
        if self.with_times:
            output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), float(first.times[i]) + self.late)
        return 1


def fit_of(source, path, **properties):
    """A quick one; keyword arguments are properties."""
    fit = NeuralFit()
    fit.SetInputConnection(source.GetOutputPort())
    for name, value in {
        "ModelFile": str(path),
        "Field": "modulated_siren",
        "Architecture": SMALL,
        "Minutes": 0,
        "Epochs": 2,
        "Device": "cpu",
        "Threads": 1,
        **properties,
    }.items():
        getattr(fit, f"Set{name}")(value)
    return fit


@pytest.fixture
def series():
    """Two blobs of 12³ nodes at the times 10 to 18."""
    return blob_series(("a", "b"))


@pytest.fixture
def source(series):
    return SeriesSource(series)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fit.stsr"


def image(algorithm):
    return algorithm.GetOutputDataObject(0)


def test_it_learns_what_the_command_line_would_and_passes_on_what_it_kept(source, series, path):
    fit = fit_of(source, path, KeepEvery=2, LeaveOut=3)
    fit.UpdateInformation()
    assert fit.GetStatus() == "ready to learn from 3 of 9 steps, 6 x 6 x 6 of 12 x 12 x 12 nodes"
    texts = []
    fit.AddObserver("ProgressEvent", lambda *_: texts.append(fit.GetProgressText()))
    fit.UpdateTimeStep(17.5)
    assert source.read == [10.0, 14.0, 18.0], "only kept steps are read, each once"
    header = checkpoint.read_header(path)
    kept = KeptSamples.read(series, 2, 3)
    assert header.data_hash == kept.data_hash
    assert header.domain == kept.domain
    assert (header.time_unit, header.domain[0].unit) == ("s", "kg")
    assert header.training is None
    assert header.history[-1]["recipe"]["epochs"] == 2
    coarse = subsample(series, 2, 3)
    assert grid_of(image(fit)).matches(coarse["a"].grid)
    for name in ("a", "b"):
        np.testing.assert_array_equal(arrays_of(image(fit))[name], coarse[name].step(2))
    assert image(fit).GetInformation().Get(vtkDataObject.DATA_TIME_STEP()) == 18.0
    assert any("read step 2 of 3" in text for text in texts if text)
    assert any("dB" in text and "left" in text for text in texts if text)
    status = fit.GetStatus()
    assert status.startswith(f"3 of 9 steps, 6 x 6 x 6 of 12 x 12 x 12 nodes: wrote {path} (")
    assert "dB on the kept samples after 0 s) on cpu" in status


def test_only_a_change_of_settings_or_input_learns_again(source, path):
    fit = fit_of(source, path, LeaveOut=3)
    fit.UpdateTimeStep(10.0)
    written = path.stat().st_mtime_ns
    del source.read[:]
    for time in (14.0, 10.0, 18.0):
        fit.UpdateTimeStep(time)
    assert source.read == [14.0, 10.0, 18.0], "a time is one step, passed on"
    fit.Modified()
    fit.SetDevice("auto")
    fit.UpdateTimeStep(18.0)
    assert path.stat().st_mtime_ns == written
    # Something upstream changed: the steps are read again, and are the same.
    del source.read[:]
    source.Modified()
    fit.UpdateTimeStep(18.0)
    assert source.read == [10.0, 14.0, 18.0]
    assert "is this model already (" in fit.GetStatus()
    assert path.stat().st_mtime_ns == written
    fit.SetSeed(1)
    fit.SetOverwrite(True)
    fit.UpdateTimeStep(18.0)
    assert path.stat().st_mtime_ns != written


def test_other_data_or_settings_never_replace_a_model_unasked(source, path, vtk_errors):
    fit_of(source, path).Update()
    written = path.read_bytes()
    again = fit_of(source, path)
    again.Update()
    assert "is this model already" in again.GetStatus(), "as when a state file is loaded"
    del source.read[:]
    other = fit_of(source, path, Seed=7)
    other.Update()
    assert vtk_errors.pop().endswith(
        f"{path} exists and is not this model; choose another file, or tick Overwrite\n"
    )
    assert len(source.read) == 1, "it is refused before the series is read"
    assert image(other).GetNumberOfPoints() == 0
    changed = SeriesSource(VolumeSeries.from_arrays({"a": moving_blob(phase=2.0)}))
    fit_of(changed, path).Update()
    assert f"{path} was learned from other samples" in vtk_errors.pop()
    assert path.read_bytes() == written
    path.write_bytes(b"something else")
    fit_of(source, path).Update()
    assert "exists and is not this model" in vtk_errors.pop()


def test_a_failure_is_told_once_and_the_series_is_not_read_for_it_again(source, path, vtk_errors):
    path.write_bytes(b"something else")
    fit = fit_of(source, path)
    fit.UpdateTimeStep(10.0)
    fit.UpdateTimeStep(12.0)
    fit.UpdateTimeStep(14.0)
    assert len(vtk_errors) == 1
    vtk_errors.clear()
    path.unlink()
    fit.UpdateTimeStep(10.0)
    assert fit.GetLastError() == ""
    assert path.exists()


def test_stopping_keeps_a_model_that_resume_goes_on_with(source, path):
    fit = fit_of(source, path, Epochs=300)
    tag = fit.AddObserver(
        "ProgressEvent", lambda *_: fit.SetAbortExecute(1) if fit.GetProgress() > 0.1 else None
    )
    fit.Update()
    status = fit.GetStatus()
    assert "stopped early" in status
    assert "can be used as it is (" in status
    assert status.endswith("press Continue Learning to go on")
    header = checkpoint.read_header(path)
    assert header.training is not None
    model = STSRModel()
    model.SetFileName(str(path))
    model.UpdateTimeStep(11.5)
    assert np.isfinite(arrays_of(image(model))["a"]).all()
    fit.RemoveObserver(tag)
    stopped = path.stat().st_mtime_ns
    fit.UpdateTimeStep(12.0)
    assert path.stat().st_mtime_ns == stopped, "a new time does not start it again"
    assert image(fit).GetNumberOfPoints() == 12**3
    fit.SetResume(True)
    fit.Update()
    assert checkpoint.read_header(path).training is None
    assert checkpoint.read_header(path).history[-1]["epochs"] == 300
    assert f"wrote {path}" in fit.GetStatus()


def test_stopping_while_motion_is_looked_for(source, path):
    fit = fit_of(source, path, Field="motion", Architecture="")
    texts = []

    def observe(*_):
        texts.append(fit.GetProgressText() or "")
        fit.SetAbortExecute("samples" in texts[-1])

    tag = fit.AddObserver("ProgressEvent", observe)
    fit.Update()
    assert "Neural Fit: taking the samples" in texts
    assert "stopped early" in fit.GetStatus()
    assert checkpoint.read_header(path).training is not None
    model = STSRModel()
    model.SetFileName(str(path))
    model.UpdateTimeStep(11.5)
    assert np.isfinite(arrays_of(image(model))["a"]).all()
    fit.RemoveObserver(tag)
    fit.ContinueLearning()
    fit.Update()
    assert f"wrote {path} (after" in fit.GetStatus()
    assert checkpoint.read_header(path).training is None


def test_learning_is_continued_as_often_as_wanted(source, path, vtk_errors):
    fit = fit_of(source, path, Epochs=300)
    tag = fit.AddObserver(
        "ProgressEvent", lambda *_: fit.SetAbortExecute("dB" in (fit.GetProgressText() or ""))
    )
    fit.Update()
    steps = []
    for _ in range(2):
        steps.append(checkpoint.read_header(path).training["step"])
        fit.ContinueLearning()
        fit.Update()
        assert "stopped early" in fit.GetStatus()
    fit.RemoveObserver(tag)
    fit.UpdateTimeStep(12.0)
    assert "stopped early" in fit.GetStatus(), "a new time does not go on with it"
    fit.ContinueLearning()
    fit.Update()
    assert checkpoint.read_header(path).training is None
    assert checkpoint.read_header(path).history[-1]["epochs"] == 300
    written = path.stat().st_mtime_ns
    fit.ContinueLearning()
    fit.Update()
    assert "is this model already" in fit.GetStatus(), "what is finished stays as it is"
    assert path.stat().st_mtime_ns == written
    assert steps[1] > steps[0]
    fit.SetSeed(1)
    fit.Update()
    assert "exists and is not this model" in vtk_errors.pop(), "it counts for one run, not for other settings"


def test_an_unfinished_model_is_not_started_anew_unasked(source, path, vtk_errors):
    fit = fit_of(source, path, Epochs=5000)
    fit.AddObserver("ProgressEvent", lambda *_: fit.SetAbortExecute(1) if fit.GetProgress() > 0.1 else None)
    fit.Update()
    fit_of(source, path, Epochs=5000).Update()
    assert "an unfinished run of these settings; press Continue Learning to go on with it" in vtk_errors.pop()
    other = SeriesSource(blob_series(("c",)))
    fit_of(other, path, Epochs=5000, Resume=True).Update()
    assert "cannot resume, it was learning other samples or variables" in vtk_errors.pop()


def test_stopping_while_reading(source, path):
    fit = fit_of(source, path)
    tag = fit.AddObserver(
        "ProgressEvent", lambda *_: fit.SetAbortExecute(1) if fit.GetProgressText() else None
    )
    fit.Update()
    assert fit.GetStatus() == (
        "stopped while reading, nothing was learned; press Continue Learning to start again"
    )
    assert len(source.read) == 1
    assert image(fit).GetNumberOfPoints() == 0
    fit.RemoveObserver(tag)
    fit.UpdateTimeStep(12.0)
    assert not path.exists(), "a new time does not start it again"
    fit.ContinueLearning()
    fit.Update()
    assert path.exists()


def test_the_model_is_there_for_filters_behind_it(source, path):
    fit = fit_of(source, path, KeepEvery=2, LeaveOut=1)
    upscale = NeuralUpscale()
    upscale.SetInputConnection(0, fit.GetOutputPort())
    upscale.SetModelFile(str(path))
    fit.Update()
    upscale.UpdateTimeStep(11.3)
    assert upscale.GetLastError() == ""
    assert image(upscale).GetDimensions() == (12, 12, 12)
    before = arrays_of(image(upscale))["a"].copy()
    fit.SetSeed(5)
    fit.SetOverwrite(True)
    upscale.UpdateTimeStep(11.3)
    assert not np.allclose(arrays_of(image(upscale))["a"], before), "the new model is read, not the old one"


def test_a_model_that_appears_during_an_update_is_shown_at_once(source, path):
    upscale = NeuralUpscale()
    fit = fit_of(source, path)
    upscale.SetInputConnection(0, fit.GetOutputPort())
    upscale.SetModelFile(str(path))
    upscale.UpdateTimeStep(11.3)
    assert upscale.GetLastError() == ""
    assert image(upscale).GetDimensions() == (23, 23, 23)
    assert upscale.GetTimeRange() == [10.0, 18.0]
    upscale.UpdateTimeStep(12.3)
    assert image(upscale).GetDimensions() == (23, 23, 23)


def test_what_is_behind_is_given_all_of_a_model_that_appears(source, path):
    """It was told of one node before there was a model, and asks for that one until something changes."""
    fit, upscale, behind = fit_of(source, path), NeuralUpscale(), vtkPassThrough()
    upscale.SetInputConnection(0, fit.GetOutputPort())
    behind.SetInputConnection(upscale.GetOutputPort())
    for time in (11.3, 12.3):
        behind.UpdateTimeStep(time)
        assert image(upscale).GetDimensions() == (23, 23, 23)


def test_an_input_that_lies_elsewhere_than_it_announced_is_learned_where_it_lies(path):
    """Resample To Image announces how many nodes it will have, and finds out where when it is executed."""
    wavelet, resample = vtkRTAnalyticSource(), vtkResampleToImage()
    wavelet.SetWholeExtent(-4, 4, -4, 4, -4, 4)
    resample.SetInputConnection(wavelet.GetOutputPort())
    resample.SetSamplingDimensions(9, 7, 5)
    fit = fit_of(resample, path, KeepEvery=2)
    upscale = NeuralUpscale()
    upscale.SetInputConnection(0, fit.GetOutputPort())
    upscale.Update()
    assert (fit.GetLastError(), upscale.GetLastError()) == ("", "")
    whole = grid_of(resample.GetOutput())
    assert whole.origin == pytest.approx((-4, -4, -4), abs=1e-4)
    assert checkpoint.read_header(path).domain[0].full_grid.matches(whole)
    assert grid_of(image(fit)).matches(whole.every(2))
    assert grid_of(image(upscale)).matches(whole)


def test_a_static_image_is_learned_in_space(series, path):
    fit = fit_of(SeriesSource(series, with_times=False), path, KeepEvery=3)
    fit.Update()
    header = checkpoint.read_header(path)
    assert header.domain[0].full_times == (0.0,)
    info = fit.GetOutputInformation(0)
    assert not info.Has(vtkStreamingDemandDrivenPipeline.TIME_STEPS())
    assert image(fit).GetDimensions() == (4, 4, 4)


@pytest.mark.parametrize("field", ["tricubic_linear", "nearest", "stsr_inr", "coordnet", "uvi_net"])
def test_other_kinds(source, path, field):
    small = '{"depth": 1, "latent_length": 8, "widths": [8, 16, 32]}' if field == "stsr_inr" else ""
    fit = fit_of(
        source, path, Field=field, Architecture=small, KeepEvery=3, LeaveOut=7, Epochs=1, Profile="paper"
    )
    fit.Update()
    assert fit.GetLastError() == ""
    assert checkpoint.read_header(path).kind == field
    again = fit_of(
        source, path, Field=field, Architecture=small, KeepEvery=3, LeaveOut=7, Epochs=1, Profile="paper"
    )
    again.Update()
    assert "is this model already" in again.GetStatus()


def test_chosen_variables_and_components(path):
    vectors = SeriesSource(blob_series(("a", "b")))
    fit = fit_of(vectors, path)
    fit.AddVariable("b")
    fit.Update()
    assert checkpoint.read_header(path).domain.names == ("b",)
    assert list(arrays_of(image(fit))) == ["b"]


def test_a_constant_field(path):
    constant = VolumeSeries.from_arrays({"c": np.full((3, 6, 6, 6), 4.0, np.float32)})
    fit_of(SeriesSource(constant), path).Update()
    model = STSRModel()
    model.SetFileName(str(path))
    model.UpdateTimeStep(0.5)
    np.testing.assert_allclose(arrays_of(image(model))["c"], 4.0, rtol=1e-6)


def with_nan():
    values = moving_blob((3, 6, 6, 6))
    values[1, 2, 3, :4] = np.nan
    return VolumeSeries.from_arrays({"a": values})


def test_missing_values_are_refused_or_replaced(path, vtk_errors):
    source = SeriesSource(with_nan())
    fit = fit_of(source, path)
    fit.Update()
    assert "a: step 1 (time 1) has 4 NaN or infinite values of 216; give a fill value" in vtk_errors.pop()
    assert not path.exists()
    fit.SetMissingValues(1)
    fit.SetFillValue(-1.0)
    fit.Update()
    assert fit.GetLastError() == ""
    assert checkpoint.read_header(path).domain[0].normalization.low == -1.0


def test_missing_values_are_left_out_and_axes_close(path):
    fit = fit_of(
        SeriesSource(with_nan()), path, Architecture="", Field="motion", MissingValues=2, Periodic="x, z"
    )
    fit.Update()
    assert fit.GetLastError() == ""
    header = checkpoint.read_header(path)
    assert header.domain[0].masked and header.configuration["periodic"] == "zx"
    again = fit_of(
        SeriesSource(with_nan()), path, Architecture="", Field="motion", MissingValues=2, Periodic="zx"
    )
    again.Update()
    assert "is this model already" in again.GetStatus()
    model = STSRModel()
    model.SetFileName(str(path))
    model.UpdateTimeStep(1.0)
    assert np.isnan(arrays_of(image(model))["a"]).sum() == 4


def test_points_marked_as_invalid_are_missing():
    picture = to_vtk_image(Grid((2, 2, 2)), {"a": np.arange(8.0).reshape(2, 2, 2)})
    marks = to_vtk_image(Grid((2, 2, 2)), {"m": np.array([1, 1, 1, 1, 1, 1, 1, 0], np.int8).reshape(2, 2, 2)})
    marks.GetPointData().GetArray("m").SetName("vtkValidPointMask")
    picture.GetPointData().AddArray(marks.GetPointData().GetArray("vtkValidPointMask"))
    found = KeptInput(Grid((2, 2, 2)), (), Kept()).voxels(picture)
    assert list(found) == ["a"]
    assert np.isnan(found["a"][1, 1, 1])
    assert np.isfinite(found["a"].reshape(-1)[:7]).all()


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ({"ModelFile": None}, "no model file is chosen; set Model File to where the .stsr file shall go"),
        ({"ModelFile": "m.pth"}, "Model File must end in .stsr, got m.pth"),
        ({"ModelFile": "/nowhere/m.stsr"}, "/nowhere/m.stsr: the folder /nowhere does not exist"),
        ({"KeepEvery": 0}, "Keep Every must be >= 1, got 0"),
        ({"LeaveOut": -1}, "Leave Out must be >= 0, got -1"),
        (
            {"Field": "stnet"},
            "Field must be one of auto, anchored, dyninr, modulated_siren, stsr_inr, coordnet, spatime_inr",
        ),
        ({"Profile": "best"}, "Profile must be one of released, paper, fast, stable, got 'best'"),
        ({"Minutes": 0, "Epochs": 0}, "Minutes or Epochs must be > 0, or learning would never end"),
        ({"Minutes": -1}, "Minutes and Epochs must be finite numbers >= 0 (0: no limit), got -1 and 2"),
        ({"Seed": -1}, "Seed must be >= 0, got -1"),
        ({"Architecture": "width=3"}, "Architecture must be a JSON object like"),
        ({"Architecture": '{"widht": 3}'}, "widht"),
        ({"Periodic": "x"}, "periodic axes belong to motion and mixture, got 'x' with modulated_siren"),
        ({"Device": "tpu"}, "Device must be auto, cpu, cuda, cuda:N or mps, got 'tpu'"),
    ],
)
def test_what_is_refused_is_said(source, path, vtk_errors, properties, sentence):
    fit = fit_of(source, path, **properties)
    fit.Update()
    assert sentence in fit.GetLastError()
    assert sentence in vtk_errors.pop()
    assert not vtk_errors
    assert image(fit).GetNumberOfPoints() == 0
    assert not path.exists()


def test_wrong_inputs(series, path, vtk_errors):
    fit = NeuralFit()
    sphere = vtkSphereSource()
    fit.SetInputConnection(sphere.GetOutputPort())
    fit.SetModelFile(str(path))
    fit.Update()
    assert "must be image data (a uniform grid), got vtkPolyData" in vtk_errors.pop()
    source = SeriesSource(series)
    fit = fit_of(source, path)
    fit.AddVariable("T")
    fit.Update()
    assert "the input has no point array 'T'; it has a, b" in vtk_errors.pop()
    source.late = 0.5
    source.Modified()
    fit_of(source, path).Update()
    assert "step 0 (time 10): the input gave the time 10.5 instead" in vtk_errors.pop()


def test_settings_know_their_model_again(source, path):
    fit_of(source, path, LeaveOut=3).Update()
    header = checkpoint.read_header(path)
    settings = FitSettings(str(path), (), 1, 3, "modulated_siren", architecture=SMALL, minutes=0, epochs=2)
    assert settings.made(header)
    for change in ({"seed": 1}, {"epochs": 3}, {"keep_every": 2}, {"fill": 0.0}, {"field": "coordnet"}):
        assert not FitSettings(**{**settings.__dict__, **change}).made(header)


def test_a_compact_network_is_known_again_and_latent_interpolate_mixes_its_members(path):
    architecture = f'{{"network": {SMALL}, "rehearsal_steps": 10}}'
    source = SeriesSource(blob_series(("a", "b")))
    fit_of(source, path, Field="mixture", Architecture=architecture, Compact=1).Update()
    header = checkpoint.read_header(path)
    assert header.kind == "modulated_siren"
    settings = FitSettings(
        str(path), field="mixture", architecture=architecture, minutes=0, epochs=2, compact=True
    )
    assert settings.made(header)
    for change in ({"compact": False}, {"seed": 1}, {"epochs": 3}, {"architecture": ""}):
        expected = change == {"architecture": ""}  # what is not asked for may be anything
        assert FitSettings(**{**settings.__dict__, **change}).made(header) == expected, change
    again = fit_of(source, path, Field="mixture", Architecture=architecture, Compact=1)
    again.Update()
    assert "is this model already" in again.GetStatus()
    between = LatentInterpolate()
    between.SetFileName(str(path))
    between.SetClamp(Clamp.OFF)
    between.Update()
    field = checkpoint.load(path)
    latent, _ = interpolated(field, {"a": 0.5, "b": 0.5})
    first = field.domain[0]
    expected = evaluate(field, first.grid, first.times[:1], {"a": 0.5, "b": 0.5}, latent=latent, device="cpu")
    found = arrays_of(between.GetOutputDataObject(0))["interpolated"]
    np.testing.assert_allclose(found, expected[0], rtol=1e-5, atol=1e-5)


def test_compact_of_another_field_is_refused(source, path, vtk_errors):
    fit_of(source, path, Field="cubic", Architecture="", Compact=1).Update()
    assert "Compact goes with the Field mixture, got cubic" in vtk_errors.pop()


class Counted(list):
    """Kept steps that count how often each is read."""

    def __init__(self, steps):
        super().__init__(steps)
        self.read = [0] * len(steps)

    def __getitem__(self, i):
        self.read[i] += 1
        return super().__getitem__(i)


@pytest.mark.parametrize("before", ["nothing", "unfinished", "finished"])
def test_the_kept_samples_are_read_once_and_are_all_that_is_held(series, path, before):
    image = to_vtk_image(series["a"].grid, {"a": series["a"].step(0)})
    incoming = KeptInput(series["a"].grid, (0.0, 1.0), Kept(2, 0))
    for _ in range(2):
        incoming.add(image)
    held = incoming.series()
    assert held.part["a"].step(1) is incoming.arrays["a"][1], "no copy, and no whole grid around it"
    with pytest.raises(ValueError, match="step 1 came through the pipeline; only its kept voxels are held"):
        held.whole["a"].step(1)
    settings = FitSettings(str(path), (), 2, 0, "modulated_siren", architecture=SMALL, minutes=0, epochs=2)

    def run(kept, stop=False):
        order = Order(settings, device="cpu", resume=True)
        learn(order, kept, report=lambda fraction, text: None, should_stop=lambda: stop)

    if before != "nothing":
        run(held, stop=before == "unfinished")
        assert (checkpoint.read_header(path).training is None) == (before == "finished")
    steps = Counted(incoming.arrays["a"])
    run(KeptSeries.of_steps(held.whole, held.kept, {"a": steps}))
    assert steps.read == [1, 1]
    assert checkpoint.read_header(path).training is None
