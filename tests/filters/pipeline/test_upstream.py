"""Without a model file the model of what stands before in the pipeline is taken."""

from __future__ import annotations

import numpy as np
import pytest
from models import blob_series
from vtkmodules.vtkCommonExecutionModel import vtkTrivialProducer
from vtkmodules.vtkImagingCore import vtkExtractVOI

from stsr_core.io.vtk import arrays_of, grid_of, to_vtk_image
from stsr_filters import LatentInterpolate, NeuralFit, NeuralUpscale, STSRModel


@pytest.fixture
def truth():
    """One step of two variables on 12³ nodes."""
    series = blob_series(("a", "b"))
    producer = vtkTrivialProducer()
    producer.SetOutput(to_vtk_image(series.variables[0].grid, {v.name: v.step(3) for v in series}))
    return producer


@pytest.fixture
def fit(truth, tmp_path):
    algorithm = NeuralFit()
    algorithm.SetInputConnection(truth.GetOutputPort())
    algorithm.SetModelFile(str(tmp_path / "fit.stsr"))
    algorithm.SetField("tricubic_linear")
    algorithm.SetKeepEvery(2)
    return algorithm


def behind(algorithm, before):
    algorithm.SetInputConnection(0, before.GetOutputPort())
    return algorithm


def image(algorithm):
    algorithm.Update()
    assert algorithm.GetLastError() == ""
    return algorithm.GetOutputDataObject(0)


def test_upscale_on_a_fit_needs_no_setting_to_be_compared_with_the_truth(fit, truth):
    upscale = behind(NeuralUpscale(), fit)
    found = image(upscale)
    whole = truth.GetOutputDataObject(0)
    assert grid_of(found).matches(grid_of(whole)), "6 nodes of 12 were kept: a factor of 2 would give 11"
    kept = (slice(None, None, 2),) * 3
    for name, values in arrays_of(found).items():
        np.testing.assert_allclose(values[kept], arrays_of(whole)[name][kept], atol=1e-5)
    assert upscale.GetModelFile() == fit.GetModelFile()


def test_what_stands_between_does_not_hide_the_model_and_its_region_counts(fit):
    half = vtkExtractVOI()
    half.SetInputConnection(fit.GetOutputPort())
    half.SetVOI(0, 2, 0, 5, 0, 5)
    found = grid_of(image(behind(NeuralUpscale(), half)))
    assert found.shape == (12, 12, 5), "X ends with the input, Y and Z with the training grid"


def test_another_file_of_the_fit_is_followed_and_one_of_its_own_comes_first(fit, model, tmp_path):
    upscale = behind(NeuralUpscale(), fit)
    image(upscale)
    fit.SetModelFile(str(tmp_path / "other.stsr"))
    image(upscale)
    assert upscale.GetModelFile() == str(tmp_path / "other.stsr")
    upscale.SetModelFile(model)
    assert upscale.GetModelFile() == model
    upscale.SetModelFile(None)
    assert upscale.GetModelFile() == str(tmp_path / "other.stsr")


def test_a_blend_takes_the_model_of_its_input_and_next_to_nothing_else(model):
    source = STSRModel()
    source.SetFileName(model)
    source.SetFactor(2)
    blend = behind(LatentInterpolate(), source)
    blend.SetWeight(0.25)
    own = LatentInterpolate()
    own.SetFileName(model)
    own.SetWeight(0.25)
    np.testing.assert_array_equal(*(arrays_of(image(a))["interpolated"] for a in (blend, own)))
    assert source.GetOutputDataObject(0).GetNumberOfPoints() == 1, "only its model is wanted"
    assert blend.GetMemberChoices() == ["(automatic)", "u", "p"]
    source.UpdateWholeExtent()
    blend.SetWeight(0.5)
    image(blend)
    assert source.GetOutputDataObject(0).GetNumberOfPoints() > 1, "what is shown of it stays"


def test_a_sweep_behind_a_source_keeps_the_sources_time(model):
    source = STSRModel()
    source.SetFileName(model)
    blend = behind(LatentInterpolate(), source)
    blend.SetBlend(2)
    blend.SetSimulationTime(2.5)
    blend.UpdateTimeStep(0.5)
    assert blend.GetLastError() == ""
    shown = source.GetOutputDataObject(0).GetInformation()
    assert shown.Get(source.GetOutputDataObject(0).DATA_TIME_STEP()) == 2.5


def test_where_nothing_has_a_model_that_is_said(truth, vtk_errors):
    upscale = behind(NeuralUpscale(), truth)
    upscale.Update()
    assert upscale.GetLastError() == "no model file is chosen; set the property to a .stsr file"
    assert upscale.GetModelFile() == ""
    vtk_errors.clear()
