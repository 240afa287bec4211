"""SSIM against scikit-image in two and three dimensions, masks and refusals."""

import numpy as np
import pytest

from stsr_core.metrics import ssim, structure


def pair(shape, dtype=np.float64):
    rng = np.random.default_rng(0)
    axes = np.meshgrid(*[np.linspace(0, 3, n) for n in shape], indexing="ij")
    truth = np.sin(sum(axes)) + 0.2 * rng.standard_normal(shape)
    return truth.astype(dtype), (truth + 0.3 * rng.standard_normal(shape)).astype(dtype)


def reference(a, b, data_range, window, **options):
    skimage_metrics = pytest.importorskip("skimage.metrics")
    if window == "gaussian":
        options |= {"gaussian_weights": True, "sigma": 1.5}
    return skimage_metrics.structural_similarity(
        a, b, data_range=data_range, use_sample_covariance=False, **options
    )


@pytest.mark.parametrize("window", ["gaussian", "uniform"])
@pytest.mark.parametrize("shape", [(31, 24), (11, 12), (16, 14, 18), (11, 11, 11)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)])
def test_agrees_with_scikit_image(shape, window, dtype, tolerance):
    a, b = pair(shape, dtype)
    value = ssim(a, b, data_range=2.5, window=window)
    assert isinstance(value, float)
    assert 0.1 < value < 0.95
    assert value == pytest.approx(reference(a, b, 2.5, window), abs=tolerance)


def test_agrees_with_scikit_image_on_a_colour_picture_of_bytes():
    a, b = pair((20, 30, 3))
    a, b = (np.clip(80 * x + 120, 0, 255).astype(np.uint8) for x in (a, b))
    expected = reference(a, b, 255, "gaussian", channel_axis=2)
    assert ssim(a, b, data_range=255, channel_axis=2) == pytest.approx(expected, abs=1e-6)


def test_slabs_do_not_change_the_mean(monkeypatch):
    a, b = pair((40, 12, 13))
    mask = np.ones(a.shape, bool)
    mask[20, 3, 3] = False
    whole = ssim(a, b, data_range=2), ssim(a, b, data_range=2, mask=mask)
    monkeypatch.setattr(structure, "_BLOCK", 1)
    assert len(list(structure._blocks(a.shape, 5))) > 1
    assert (ssim(a, b, data_range=2), ssim(a, b, data_range=2, mask=mask)) == pytest.approx(whole, abs=1e-13)


def test_equal_arrays_are_one_and_constants_follow_the_formula():
    a, _ = pair((12, 12))
    assert ssim(a, a, data_range=1) == pytest.approx(1.0, abs=1e-12)
    one, two = np.full((11, 11), 1.0), np.full((11, 11), 2.0)
    assert ssim(one, two, data_range=1) == pytest.approx((4 + 1e-4) / (5 + 1e-4), abs=1e-9)


def test_a_volume_of_one_slice_is_an_image():
    a, b = pair((20, 22))
    assert ssim(a[None], b[None], data_range=2) == ssim(a, b, data_range=2)


def test_mask_leaves_out_every_window_that_touches_an_invalid_point():
    a, b = pair((40, 12))
    mask = np.ones(a.shape, bool)
    mask[:10] = False
    hidden_a, hidden_b = a.copy(), b.copy()
    hidden_a[:10], hidden_b[3] = np.nan, np.inf
    value = ssim(hidden_a, hidden_b, data_range=2, mask=mask)
    assert value == pytest.approx(ssim(a[10:], b[10:], data_range=2), abs=1e-12)


def test_bad_input_is_refused_in_one_sentence():
    a, b = pair((20, 22))
    with pytest.raises(TypeError, match="data_range"):
        ssim(a, b)
    with pytest.raises(ValueError, match="data_range must be finite and > 0, got 0"):
        ssim(a, b, data_range=0)
    with pytest.raises(ValueError, match=r"at least 11 nodes for this window, got \(10, 22\)"):
        ssim(a[:10], b[:10], data_range=1)
    with pytest.raises(ValueError, match="same shape"):
        ssim(a, b[:-1], data_range=1)
    with pytest.raises(ValueError, match='window must be "gaussian" or "uniform", got \'box\''):
        ssim(a, b, data_range=1, window="box")
    with pytest.raises(ValueError, match="must be finite where they are compared"):
        ssim(a * np.nan, b, data_range=1)
    with pytest.raises(ValueError, match="at least one window of 11 nodes"):
        ssim(a, b, data_range=1, mask=np.eye(20, 22, dtype=bool))
    with pytest.raises(ValueError, match="together with channel_axis"):
        ssim(a, b, data_range=1, mask=np.ones(a.shape, bool), channel_axis=1)
