"""Curves over the steps: kept and unseen means, undefined steps, and plain rows."""

import csv
import io
import json
import math

import numpy as np
import pytest

from stsr_core.metrics import StepMean, mean_over_steps, psnr_per_step, step_curve


def test_mean_leaves_nan_out_and_counts_it():
    assert mean_over_steps([1.0, np.nan, 3.0]) == StepMean(2.0, 2, 1)
    nothing = mean_over_steps([np.nan])
    assert math.isnan(nothing.mean) and (nothing.count, nothing.undefined) == (0, 1)
    assert math.isnan(mean_over_steps([]).mean)


def test_an_exactly_reproduced_step_is_not_left_out():
    assert mean_over_steps([30.0, np.inf]) == StepMean(np.inf, 2, 0)


def test_kept_and_unseen_steps_are_never_one_number_only():
    curve = step_curve("T", "PSNR (dB)", [40, 20, 22, 24, 44, np.nan], kept=[0, 4])
    assert curve.kept == (True, False, False, False, True, False)
    assert curve.mean == StepMean(30.0, 5, 1)
    assert curve.kept_mean == StepMean(42.0, 2, 0)
    assert curve.unseen_mean == StepMean(22.0, 3, 1)
    assert step_curve("T", "PSNR (dB)", curve.values, kept=curve.kept).kept == curve.kept


def test_a_curve_without_unseen_steps_has_no_unseen_mean():
    curve = step_curve("T", "RMSE", [1, 2], kept=[True, True])
    assert math.isnan(curve.unseen_mean.mean) and curve.unseen_mean.count == 0
    assert step_curve("T", "RMSE", [1, 2], kept=[]).kept == (False, False)


def test_rows_and_summary_are_plain_python_for_csv_and_json():
    truth = np.random.default_rng(0).random((3, 2, 3, 4), dtype=np.float32)
    values = psnr_per_step(truth, truth + np.float32(0.1))
    curve = step_curve(
        "T", "PSNR (dB)", values, kept=np.array([0, 2]), times=np.array([0, 0.5, 2], np.float32)
    )
    rows = curve.rows()
    assert json.loads(json.dumps(rows)) == rows
    assert rows[1] == {
        "variable": "T",
        "measure": "PSNR (dB)",
        "step": 1,
        "time": 0.5,
        "kept": False,
        "value": values[1],
    }
    assert [type(v) for v in rows[0].values()] == [str, str, int, float, bool, float]
    table = io.StringIO()
    writer = csv.DictWriter(table, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    assert len(table.getvalue().splitlines()) == 4
    summary = curve.summary()
    assert json.loads(json.dumps(summary)) == summary
    assert (summary["steps"], summary["kept"], summary["undefined"]) == (3, 2, 0)
    assert summary["mean"] == pytest.approx(values.mean())
    assert summary["unseen_mean"] == values[1]


def test_bad_input_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"one number per step, got shape \(0,\)"):
        step_curve("T", "RMSE", [], kept=[])
    with pytest.raises(ValueError, match="one number per step"):
        mean_over_steps(np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"times must be one per step \(2\), got shape \(3,\)"):
        step_curve("T", "RMSE", [1, 2], kept=[0], times=[0, 1, 2])
    with pytest.raises(ValueError, match=r"kept must be one flag per step \(2\)"):
        step_curve("T", "RMSE", [1, 2], kept=[True])
    with pytest.raises(ValueError, match="kept must be indices of steps from 0 to 1, got 0 to 2"):
        step_curve("T", "RMSE", [1, 2], kept=[0, 2])
    with pytest.raises(TypeError, match="kept must be flags or indices of steps, got float64"):
        step_curve("T", "RMSE", [1, 2], kept=[0.5])
