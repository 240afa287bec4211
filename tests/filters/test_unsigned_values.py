"""Whole numbers without a sign in the filters: differences do not wrap, arrays keep their type."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import required_bytes
from stsr_core.io.vtk import arrays_of, to_vtk_image, vtk_storable

pytestmark = pytest.mark.requires_vtk
GRID = Grid((12, 13, 14))


def numbers(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, GRID.shape, dtype=np.uint8)


def test_errors_of_unsigned_numbers_are_signed():
    from stsr_filters.comparison.differences import error_arrays
    from stsr_filters.comparison.pairs import pairs_of

    truth, prediction = numbers(0), numbers(1)
    images = [to_vtk_image(GRID, {"v": values}) for values in (prediction, truth)]
    (pair,) = pairs_of(*images).pairs
    found = error_arrays(pair)
    error = prediction.astype(np.float64) - truth
    assert error.min() < 0
    np.testing.assert_array_equal(found["v_error"], error)
    np.testing.assert_array_equal(found["v_absolute_error"], np.abs(error))
    assert found["v"].dtype == found["v_prediction"].dtype == np.uint8
    assert found["v_error"].dtype == np.float32


def test_measures_of_unsigned_numbers_are_those_of_the_same_floats():
    from stsr_core.measuring.measured import measure
    from stsr_core.measuring.survey import Survey
    from stsr_filters.comparison.pairs import pairs_of

    found = []
    for dtype in (np.uint8, np.float64):
        truth, prediction = numbers(0).astype(dtype), numbers(1).astype(dtype)
        survey = Survey()
        survey.add(truth.ravel())
        images = [to_vtk_image(GRID, {"v": values}) for values in (prediction, truth)]
        found.append(measure(pairs_of(*images).pairs[0], survey, 127.5).values)
    assert found[0] == pytest.approx(found[1], rel=1e-6, nan_ok=True)


def test_colours_of_unsigned_numbers_are_those_of_the_same_floats():
    from stsr_filters.rendering.derived_transfer_function import transfer_function_of

    whole, floats = (transfer_function_of(numbers(0).ravel().astype(t), name="v") for t in (np.uint8, float))
    assert whole.range == floats.range
    at = np.linspace(0, 255, 50)
    np.testing.assert_allclose(whole.opacities(at), floats.opacities(at), atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "held_as"), [("uint8", "uint8"), ("int16", "int16"), ("float16", "float32"), ("bool", "uint8")]
)
def test_an_image_holds_the_type_or_the_next_larger(dtype, held_as):
    values = (numbers(0) % 2).astype(dtype)
    found = arrays_of(to_vtk_image(GRID, {"v": values}))["v"]
    assert found.dtype == held_as
    np.testing.assert_array_equal(found, values)
    assert required_bytes(GRID, 1, {"v": vtk_storable(np.dtype(dtype))}) == found.nbytes


@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_neural_upscale_gives_the_type_the_data_came_in(tmp_path, models, dtype):
    from dataclasses import replace

    from stsr_core.inference import evaluate
    from stsr_core.model.checkpoint import load
    from stsr_core.request.output_grid import GridMode
    from stsr_filters import NeuralUpscale

    whole = type(models.domain())(replace(d, dtype=dtype) for d in models.domain())
    path = str(models.save_model(tmp_path / "m.stsr", whole))
    grid = whole[0].grid
    algorithm = NeuralUpscale()
    algorithm.SetInputDataObject(0, to_vtk_image(grid, {}))
    algorithm.SetModelFile(path)
    algorithm.SetOutputGrid(GridMode.FACTOR)
    algorithm.SetFactor(1.0)
    algorithm.Update()
    found = arrays_of(algorithm.GetOutputDataObject(0))
    field, time = load(path), whole[0].times[0]
    for name, values in found.items():
        assert values.dtype == dtype
        np.testing.assert_array_equal(values, evaluate(field, grid, [time], name, device="cpu")[0])
