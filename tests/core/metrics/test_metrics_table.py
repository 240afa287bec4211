"""The table of measures: every row is the function of its name, and one more row is one more measure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stsr_core import metrics
from stsr_core.cli.tables import measures_table
from stsr_core.datasets import tornado
from stsr_core.measuring.measured import measure
from stsr_core.measuring.pair import Pair
from stsr_core.measuring.rows import curve_rows, mean_rows
from stsr_core.measuring.survey import Survey
from stsr_core.metrics.table import MEASURES, Measure, Pictures, Undefined, Volumes

TRUTH = tornado(12, 1)["tornado"].step(0)
PREDICTION = TRUTH + np.float32(0.02) * np.cos(np.arange(TRUTH.size, dtype=np.float32)).reshape(TRUTH.shape)


def measured(truth: np.ndarray = TRUTH, prediction: np.ndarray = PREDICTION):
    survey = Survey()
    survey.add(truth)
    return measure(Pair("u", "u", truth, prediction, np.isfinite(truth)), survey)


def test_the_keys_are_in_the_order_of_tables() -> None:
    assert [*MEASURES] == [
        *["psnr", "psnr_global", "rmse", "nrmse", "max_error", "ssim", "chamfer", "dsc", "bsa"],
        *["sphericity", "sphericity_truth", "volume", "volume_truth", "surface", "surface_truth"],
        *["lpips", "cieluv"],
    ]
    assert all(key == row.key for key, row in MEASURES.items())


@pytest.mark.requires_vtk
def test_every_row_is_the_function_of_its_name() -> None:
    own, isovalue = metrics.value_range(TRUTH), float(TRUTH.mean())
    given = Volumes(TRUTH, PREDICTION, series_range=2.0, isovalue=isovalue)
    pictures = Pictures(np.zeros((4, 4, 3)), np.ones((4, 4, 3)))
    expected = {
        "psnr": metrics.psnr(TRUTH, PREDICTION, data_range=own),
        "psnr_global": metrics.psnr(TRUTH, PREDICTION, data_range=2.0),
        "rmse": metrics.rmse(TRUTH, PREDICTION),
        "nrmse": metrics.nrmse(TRUTH, PREDICTION, data_range=own),
        "max_error": metrics.max_error(TRUTH, PREDICTION),
        "ssim": metrics.ssim(TRUTH, PREDICTION, data_range=own),
        "chamfer": metrics.chamfer_of_isosurfaces(TRUTH, PREDICTION, isovalue),
        "cieluv": 100.0,
    }
    found = {k: MEASURES[k].value(pictures if MEASURES[k].of_pictures else given) for k in expected}
    assert found == pytest.approx(expected)


def test_what_was_not_given_is_none_and_what_is_not_defined_is_nan() -> None:
    given = Volumes(np.ones((2, 2, 2)), np.zeros((2, 2, 2)))
    assert MEASURES["psnr_global"].value(given) is None and MEASURES["chamfer"].value(given) is None
    assert math.isnan(MEASURES["psnr"].value(given)) and math.isnan(MEASURES["ssim"].value(given))
    with pytest.raises(Undefined, match=r"the ground truth is constant \(1\)"):
        MEASURES["nrmse"].function(given)


def test_numbers_in_tables() -> None:
    texts = [MEASURES["psnr"].text(v) for v in (30.126, math.inf, math.nan, None)]
    assert texts == ["30.13", "∞", "–", "–"]
    assert MEASURES["max_error"].text(123456.0) == "1.235e+05"


def test_a_new_measure_is_its_function_and_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def mean_absolute_error(given: Volumes) -> float:
        if given.truth.max() > 1e3:
            raise Undefined("too large for this")
        return float(np.abs(given.prediction - given.truth)[given.mask].mean())

    row = Measure("mae", "mean error", "data", False, 3, mean_absolute_error)
    monkeypatch.setitem(MEASURES, "mae", row)
    steps = [measured(), measured(prediction=TRUTH + 1), measured(TRUTH + np.float32(2e3), TRUTH)]
    expected = float(np.abs(PREDICTION - TRUTH).mean())
    assert steps[0].values["mae"] == pytest.approx(expected, rel=1e-5)
    assert "u: too large for this" in steps[2].remarks
    curves, (mean,) = curve_rows("u", (0, 1, 2), None, steps), mean_rows("u", "K", None, steps)
    assert [*curves[0]].index("mae") == [*curves[0]].index("cieluv") + 1
    assert mean["mae"] == pytest.approx((expected + 1) / 2, rel=1e-5)
    assert "mean error" in measures_table([mean]).splitlines()[0]
