"""Motion and error bars as arrays of Neural Upscale and STSR Model."""

from __future__ import annotations

import numpy as np
import pytest
from models import blob_series
from vtkmodules.vtkCommonCore import vtkDataArray

import stsr_core as stsr
from stsr_core.inference.beside import evaluate_beside
from stsr_core.io.vtk import arrays_of, grid_of
from stsr_core.request.extras import Quantity
from stsr_filters import CompareToGT, NeuralUpscale, STSRModel

VECTORS = ("a_motion_X", "a_motion_Y", "a_motion_Z")


@pytest.fixture(scope="module")
def moving_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "motion.stsr"
    stsr.fit(blob_series(), path, field="motion", spatial_factor=2, temporal_gap=1, device="cpu")
    return str(path)


@pytest.fixture
def source(moving_model):
    algorithm = STSRModel()
    algorithm.SetFileName(moving_model)
    algorithm.SetMotion(True)
    return algorithm


def arrays(algorithm):
    return {name: v.copy() for name, v in arrays_of(algorithm.GetOutputDataObject(0)).items()}


def test_motion_is_a_vector_array_with_its_unit(source, moving_model):
    source.UpdateTimeStep(12.25)
    image = source.GetOutputDataObject(0)
    array = image.GetPointData().GetArray("a_motion")
    assert array.GetNumberOfComponents() == 3
    assert not array.GetInformation().Has(vtkDataArray.UNITS_LABEL())  # the series tells no length unit
    assert image.GetPointData().GetScalars().GetName() == "a"
    field = stsr.load(moving_model)
    expected = evaluate_beside(field, grid_of(image), 12.25, "a", Quantity.MOTION)
    found = arrays(source)
    for i, name in enumerate(VECTORS):
        np.testing.assert_allclose(found[name], expected[..., i], atol=1e-6)
    assert np.abs(expected).max() > 0.05
    assert source.GetStatus().startswith("a with motion: ")


def test_turning_motion_on_and_off_computes_what_is_new_and_shows_nothing_stale(source):
    source.SetMotion(False)
    source.UpdateTimeStep(12.25)
    assert list(arrays(source)) == ["a"]
    texts = []
    source.AddObserver("ProgressEvent", lambda s, _: texts.append(s.GetProgressText()))
    source.SetMotion(True)
    source.UpdateTimeStep(12.25)
    first = arrays(source)
    assert list(first) == ["a", *VECTORS]
    assert any("a_motion on" in text for text in filter(None, texts))
    assert not any("a on" in text for text in filter(None, texts)), "the values came from the cache"
    source.UpdateTimeStep(16.75)
    later = arrays(source)
    assert not np.allclose(later["a_motion_X"], first["a_motion_X"])
    source.UpdateTimeStep(12.25)
    assert "from the cache" in source.GetStatus()
    for name, values in arrays(source).items():
        np.testing.assert_array_equal(values, first[name])


def test_a_part_of_the_output_has_the_part_of_the_motion(source):
    source.UpdateTimeStep(12.25)
    whole = arrays(source)
    part = STSRModel()
    part.SetFileName(source.GetFileName())
    part.SetMotion(True)
    z, y, x = slice(3, 7), slice(2, 8), slice(0, 12)
    part.UpdateTimeStep(12.25, 0, 1, 0, (0, 11, 2, 7, 3, 6))
    found = arrays(part)
    assert list(found) == ["a", *VECTORS]
    for name, values in found.items():
        np.testing.assert_allclose(values, whole[name][z, y, x], atol=1e-5)


def test_neural_upscale_says_what_a_model_lacks(coarse, model, vtk_errors):
    upscale = NeuralUpscale()
    upscale.source = coarse(stsr.Grid((5, 6, 7), (1.0, 2.0, 3.0), (0.5, 1.0, 2.0)), (0.0, 2.0, 4.0))
    upscale.SetInputConnection(0, upscale.source.GetOutputPort())
    upscale.SetModelFile(model)
    for setter, lacking in (("SetMotion", "motion"), ("SetUncertainty", "error bars")):
        getattr(upscale, setter)(1)
        upscale.Update()
        assert f"a model of the kind modulated_siren has no {lacking}" in upscale.GetLastError()
        assert upscale.GetOutputDataObject(0).GetNumberOfPoints() == 0
        getattr(upscale, setter)(0)
        upscale.Update()
        assert upscale.GetLastError() == ""
    vtk_errors.clear()


def test_compare_to_gt_passes_over_motion(source, moving_model):
    truth = STSRModel()
    truth.SetFileName(moving_model)
    compare = CompareToGT()
    compare.SetInputConnection(0, source.GetOutputPort())
    compare.SetInputConnection(1, truth.GetOutputPort())
    compare.UpdateTimeStep(12.25)
    assert compare.GetLastError() == ""
    assert "not compared" not in compare.GetStatus()
    assert compare.GetOutputDataObject(1).GetNumberOfRows() == 1
