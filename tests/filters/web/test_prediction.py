"""A wish → what is decoded for it, and what the ground truth says of that."""

from __future__ import annotations

import math

import numpy as np
import pytest
from models import FULL_GRID, FULL_TIMES, moving_blob
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

from stsr_core.series import VolumeSeries
from stsr_filters.decoding.order import Performance
from stsr_filters.rendering.derived_transfer_function import transfer_function_of
from stsr_filters.web.pictured import pictured
from stsr_filters.web.prediction import Prediction, Wish, slider_position
from stsr_filters.web.scene import Look, Scene

U = Wish(1.25, (("u", 1.0), ("p", 0.0)))
MIXED = Wish(1.25, (("u", 1.0), ("p", 1.0)))
CPU = Performance("cpu", threads=1)


@pytest.fixture(scope="module")
def prediction(model, truth) -> Prediction:
    return Prediction(model, truth)


def decoded(prediction: Prediction, wish: Wish) -> np.ndarray:
    found = prediction.decoder.decode(prediction.order(wish), CPU, lambda *_: None, lambda: False)
    (values,) = found.values.values()
    return values


def test_what_is_decoded_is_what_the_model_says(prediction, expected) -> None:
    grid = FULL_GRID.refined(2.0)
    wish = Wish(1.25, U.weights, factor=2.0)
    assert prediction.order(wish).grid == grid
    np.testing.assert_allclose(decoded(prediction, wish), expected(grid, 1.25, "u"), rtol=1e-5)


def test_factor_zero_is_the_grid_of_the_ground_truth_or_of_the_data(model, truth, prediction) -> None:
    finer = FULL_GRID.refined(3.0)
    other = VolumeSeries.from_arrays({"u": moving_blob((2, *finer.shape))}, finer, (0.0, 1.0))
    wish = Wish(0.0, U.weights, factor=0.0)
    assert Prediction(model, other).order(wish).grid == finer
    assert Prediction(model).order(wish).grid == FULL_GRID
    assert prediction.order(Wish(0.0, MIXED.weights, factor=0.0)).grid == FULL_GRID


def test_a_mixture_lies_between_its_members_and_has_no_ground_truth(prediction) -> None:
    u, p, both = (
        decoded(prediction, Wish(1.0, weights))
        for weights in (U.weights, (("u", 0.0), ("p", 1.0)), MIXED.weights)
    )
    assert not np.allclose(u, p) and not np.allclose(both, u) and not np.allclose(both, p)
    assert prediction.truth(U).name == "u" and prediction.truth(MIXED) is None


def test_only_a_time_of_the_ground_truth_is_one_of_its_steps(prediction) -> None:
    variable = prediction.truth(U)
    assert [prediction.step_of(variable, time) for time in FULL_TIMES] == list(range(len(FULL_TIMES)))
    assert prediction.step_of(variable, 0.5 + 1e-9) == 1
    assert prediction.step_of(variable, 0.55) is None and prediction.step_of(variable, 99.0) is None


def test_why_there_is_no_ground_truth_is_told(model, truth, prediction) -> None:
    at_a_step, between = Wish(1.5, U.weights), U
    assert prediction.lacking(at_a_step) == "" == Prediction(model).lacking(between)
    assert prediction.lacking(between) == "between steps of the ground truth"
    assert prediction.lacking(MIXED) == "no ground truth of a mixture"
    only_p = VolumeSeries.from_arrays({"p": moving_blob((2, *FULL_GRID.shape))}, FULL_GRID, (0.0, 1.0))
    assert Prediction(model, only_p).lacking(at_a_step) == "no ground truth of u"


def test_a_slider_that_stands_near_an_irregular_step_is_at_it(models, tmp_path) -> None:
    times = (0.0, 0.3334, 2.0, 4.5)
    prediction = Prediction(str(models.save_model(tmp_path / "m.stsr", models.domain(full_times=times))))
    width = slider_position(times)
    positions = [width * round(time / width) for time in times]
    assert positions[1] != times[1], "no position of the slider is this step"
    assert [prediction.step_near(at) for at in positions] == list(times)
    assert prediction.step_near(positions[1] + 1.01 * width) == positions[1] + 1.01 * width


def test_views_keep_their_places_between_steps_of_the_ground_truth(prediction) -> None:
    at_a_step, between = (
        pictured(
            order := prediction.order(wish),
            prediction.decoder.decode(order, CPU, lambda *_: None, lambda: False),
            prediction.truth(wish),
            prediction.true_at(wish),
        )
        for wish in (Wish(1.5, U.weights, 0.0), Wish(1.25, U.weights, 0.0))
    )
    titles = ["ground truth", "prediction", "prediction − ground truth"]
    assert list(at_a_step[0]) == titles == list(between[0])
    assert [title for title, image in between[0].items() if image is None] == [titles[0], titles[2]]
    scene, colored = Scene(), []
    look = Look(transfer_function_of(np.linspace(-2, 10, 99), opacity=1.0, transparent=0.0), None, (1, 1, 1))
    for time, (images, arrays) in ((1.5, at_a_step), (1.25, between)):
        scene.show(images, arrays, look, time)
        views = np.split(np.ptp(drawn(scene.window), axis=2), 3, axis=1)  # box and letters are grey
        colored.append([float((view > 20).mean()) for view in views])
    assert min(colored[0][0], colored[0][2]) > 0.05
    assert colored[1][0] == colored[1][2] == 0, "an old picture stands where there is none"


def drawn(window) -> np.ndarray:
    """The picture (height, width, 3) of a window."""
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3).astype(float)


def test_psnr_is_that_of_a_known_error(prediction) -> None:
    variable = prediction.truth(U)
    true = variable.step(3).astype(np.float64)
    tenth = 0.1 * np.ptp(true)
    assert prediction.psnr(variable, 3, true + tenth) == pytest.approx(20.0)


def test_psnr_of_a_constant_is_not_a_number(model) -> None:
    flat = VolumeSeries.from_arrays({"u": np.ones((2, *FULL_GRID.shape))}, FULL_GRID, (0.0, 1.0))
    prediction = Prediction(model, flat)
    assert math.isnan(prediction.psnr(prediction.truth(U), 0, np.zeros(FULL_GRID.shape)))


def test_the_only_variable_of_both_may_have_another_name(models, small_domains, tmp_path) -> None:
    from stsr_core.coordinates import Domain

    alone = models.save_model(tmp_path / "alone.stsr", Domain([small_domains[0]]))
    named = VolumeSeries.from_arrays({"density": moving_blob((2, *FULL_GRID.shape))}, FULL_GRID, (0.0, 1.0))
    prediction = Prediction(str(alone), named)
    wish = Wish(1.0, (("u", 1.0),))
    assert prediction.truth(wish).name == "density" and prediction.order(wish).arrays[0][0] == "u"


def test_a_ground_truth_of_other_variables_is_refused(model) -> None:
    other = VolumeSeries.from_arrays({"rho": moving_blob((2, *FULL_GRID.shape))}, FULL_GRID, (0.0, 1.0))
    with pytest.raises(ValueError) as refused:
        Prediction(model, other)
    assert str(refused.value) == ("the ground truth must hold one of the model's variables u, p, got rho")
