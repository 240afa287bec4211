"""Smoothing splines along time: scipy's own, closed forms, and noise that goes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline, make_smoothing_spline

from stsr_core.fields.interpolation import BSpline
from stsr_core.fields.interpolation.smoothing import curvature, smoother
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.series import VolumeSeries
from stsr_core.training import fit


def test_the_curvature_is_that_of_the_natural_spline():
    times, values = np.array([0.0, 0.5, 2.0, 2.5, 4.0]), np.array([1.0, -1, 0.5, 2, 0])
    second = CubicSpline(times, values, bc_type="natural").derivative(2)
    fine = np.linspace(0, 4, 40_001)
    integral = np.trapezoid(second(fine) ** 2, fine)
    assert values @ curvature(times) @ values == pytest.approx(integral, rel=1e-6)


def test_no_spline_of_scipy_is_better_by_cross_validation():
    draw = np.random.default_rng(0)
    times = np.linspace(0, 10, 25)
    noisy = np.sin(times) + draw.normal(0, 0.2, 25)

    def score(smooth: np.ndarray) -> float:
        left = noisy - smooth @ noisy
        return 25 * left @ left / np.trace(np.eye(25) - smooth) ** 2

    found = smoother(times, np.outer(noisy, noisy))
    others = [
        np.stack([make_smoothing_spline(times, unit, lam=10.0**power)(times) for unit in np.eye(25)], axis=1)
        for power in np.arange(-6, 4, 0.25)
    ]
    scores = [score(other) for other in others]
    assert score(found) <= min(scores) * (1 + 1e-9)
    np.testing.assert_allclose(found, others[int(np.argmin(scores))], atol=0.05)
    assert np.std(found @ noisy - np.sin(times)) < 0.8 * np.std(noisy - np.sin(times))


@pytest.mark.parametrize("n", [1, 2, 4])
def test_few_steps_are_kept_as_they_are(n):
    np.testing.assert_array_equal(smoother(np.arange(n), np.ones((n, n))), np.eye(n))


def test_a_field_smooths_noise_and_leaves_what_is_smooth():
    draw = np.random.default_rng(1)
    times = np.arange(16.0)
    grid = Grid((3, 4, 5))
    smooth = np.sin(0.4 * times)[:, None, None, None] * draw.random(grid.shape) + 3
    noisy = smooth + draw.normal(0, 0.1, smooth.shape)
    errors = {}
    for label, values in (("smooth", smooth), ("noisy", noisy)):
        series = VolumeSeries.from_arrays({"a": values.astype(np.float32)}, grid, times)
        for kind in ("cubic", "b_spline"):
            field = fit(series, field=kind, device="cpu")
            found = evaluate(field, grid, times, "a", device="cpu")
            errors[label, kind] = np.sqrt(((found - smooth) ** 2).mean())
    assert errors["smooth", "b_spline"] < 2e-3
    assert errors["noisy", "b_spline"] < 0.75 * errors["noisy", "cubic"]


def test_it_is_a_field_of_its_kind():
    assert BSpline.kind == "b_spline" and BSpline.smooths
    assert torch.nn.Module in BSpline.__mro__
