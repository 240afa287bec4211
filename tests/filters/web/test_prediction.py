"""A wish → what is decoded for it, and what the ground truth says of that."""

from __future__ import annotations

import math

import numpy as np
import pytest
from models import FULL_GRID, FULL_TIMES, moving_blob

from stsr_core.series import VolumeSeries
from stsr_filters.decoding.order import Performance
from stsr_filters.web.prediction import Prediction, Wish

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
