"""PSNR, RMSE, NRMSE, largest error: the numbers of the docstrings, invariances, and refusals."""

import importlib
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stsr_core import metrics
from stsr_core.metrics import max_error, nrmse, psnr, psnr_per_step, rmse, value_range, volume

TRUTH = np.array([-1, 0, 1, 0.5])
PREDICTION = np.array([-0.9, 0.1, 0.8, 0.5])


def test_every_exported_name_exists_once_and_is_documented():
    assert len(set(metrics.__all__)) == len(metrics.__all__)
    for name in metrics.__all__:
        value = getattr(metrics, name)
        assert name in dir(metrics)
        if not isinstance(value, tuple):
            assert inspect.getdoc(value), name
            assert value.__module__.startswith("stsr_core.metrics.")
    with pytest.raises(AttributeError, match="no attribute 'mse'"):
        metrics.mse  # noqa: B018


def test_importing_the_measures_does_not_shadow_a_function_by_its_module():
    for path in set(metrics._EXPORTS.values()):
        importlib.import_module(path)
        assert path.rsplit(".", 1)[1] not in metrics.__all__


def test_reference_numbers():
    assert rmse(TRUTH, PREDICTION) ** 2 == pytest.approx(0.015, abs=1e-12)
    assert psnr(TRUTH, PREDICTION, data_range=2) == pytest.approx(24.259687, abs=1e-6)
    assert nrmse(TRUTH, PREDICTION, data_range=2) == pytest.approx(0.015**0.5 / 2)
    assert max_error(TRUTH, PREDICTION) == pytest.approx(0.2)
    assert value_range(TRUTH) == 2.0


def test_identical_arrays_have_infinite_psnr_and_no_error():
    values = np.random.default_rng(0).random((4, 5, 6), dtype=np.float32)
    assert psnr(values, values, data_range=1) == np.inf
    assert rmse(values, values) == 0.0 and max_error(values, values) == 0.0
    assert psnr_per_step(values[None], values[None]).tolist() == [np.inf]


def test_psnr_agrees_with_scikit_image():
    skimage_metrics = pytest.importorskip("skimage.metrics")
    rng = np.random.default_rng(1)
    a, b = rng.random((8, 9, 10)), rng.random((8, 9, 10))
    expected = skimage_metrics.peak_signal_noise_ratio(a, b, data_range=1.5)
    assert psnr(a, b, data_range=1.5) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    scale=st.floats(0.01, 100),
    offset=st.floats(-10, 10),
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
)
def test_psnr_per_range_does_not_change_with_the_unit(scale, offset, shape):
    rng = np.random.default_rng(2)
    a, b = rng.random(shape), rng.random(shape)
    expected = psnr(a, b, data_range=1.0)
    assert psnr(a * scale + offset, b * scale + offset, data_range=scale) == pytest.approx(expected, abs=1e-5)


def test_blocks_do_not_change_the_sums(monkeypatch):
    rng = np.random.default_rng(3)
    a, b, mask = rng.random((7, 5, 4)), rng.random((7, 5, 4)), rng.random((7, 5, 4)) > 0.3
    whole = rmse(a, b, mask=mask), max_error(a, b, mask=mask), rmse(a, b)
    monkeypatch.setattr(volume, "_BLOCK", 40)
    assert (rmse(a, b, mask=mask), max_error(a, b, mask=mask), rmse(a, b)) == pytest.approx(whole, rel=1e-14)
    assert whole[0] == pytest.approx(np.sqrt(np.mean((a - b)[mask] ** 2)), rel=1e-14)


def test_bytes_do_not_wrap_around():
    a, b = np.array([0, 255], np.uint8), np.array([255, 0], np.uint8)
    assert max_error(a, b) == 255.0 and rmse(a, b) == 255.0


def test_single_precision_is_summed_in_double():
    a = np.zeros(2_000_000, np.float32)
    assert rmse(a, a + np.float32(0.1)) == pytest.approx(float(np.float32(0.1)), rel=1e-12)


def test_mask_leaves_out_whatever_the_points_hold():
    mask = np.array([True, True, True, True, False, False])
    a, b = np.append(TRUTH, [np.nan, 5]), np.append(PREDICTION, [0, np.inf])
    assert psnr(a, b, data_range=2, mask=mask) == pytest.approx(24.259687, abs=1e-6)
    assert value_range(a, mask=mask) == 2.0
    assert max_error(a, b, mask=mask) == pytest.approx(0.2)


def test_each_step_has_its_own_range_and_undefined_steps_are_nan():
    truth = np.stack([TRUTH, 10 * TRUTH, np.full(4, 3.0), TRUTH]).reshape(4, 1, 2, 2)
    prediction = np.stack([PREDICTION, 10 * PREDICTION, np.full(4, 3.0), PREDICTION]).reshape(4, 1, 2, 2)
    mask = np.ones(truth.shape, bool)
    mask[3] = False
    values = psnr_per_step(truth, prediction, mask=mask)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, [24.259687, 24.259687, np.nan, np.nan], atol=1e-6)
    same_for_all = psnr_per_step(truth[:2], prediction[:2], mask=np.ones((1, 2, 2), bool))
    np.testing.assert_allclose(same_for_all, 24.259687, atol=1e-6)


@pytest.mark.parametrize("data_range", [0, -1, np.nan, np.inf])
def test_a_range_that_is_none_is_refused(data_range):
    with pytest.raises(ValueError, match="data_range must be finite and > 0, got"):
        psnr(TRUTH, PREDICTION, data_range=data_range)
    with pytest.raises(ValueError, match="data_range must be finite and > 0, got"):
        nrmse(TRUTH, PREDICTION, data_range=data_range)


def test_the_range_is_never_guessed():
    with pytest.raises(TypeError, match="data_range"):
        psnr(TRUTH, PREDICTION)


def test_bad_input_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"same shape, got \(4,\) and \(3,\)"):
        rmse(TRUTH, PREDICTION[:3])
    with pytest.raises(ValueError, match="truth must be finite where it is compared"):
        rmse(TRUTH * np.nan, PREDICTION)
    with pytest.raises(ValueError, match="prediction must be finite where it is compared"):
        rmse(TRUTH, PREDICTION * np.nan)
    with pytest.raises(ValueError, match="at least one point"):
        max_error(TRUTH, PREDICTION, mask=np.zeros(4, bool))
    with pytest.raises(ValueError, match="at least one point"):
        rmse(np.empty((0, 3)), np.empty((0, 3)))
    with pytest.raises(TypeError, match="mask must be boolean"):
        rmse(TRUTH, PREDICTION, mask=np.ones(4))
    with pytest.raises(ValueError, match=r"mask must have the shape \(4,\)"):
        rmse(TRUTH, PREDICTION, mask=np.ones(3, bool))
    with pytest.raises(ValueError, match="values must be finite"):
        value_range(np.array([np.nan, 1.0]))
