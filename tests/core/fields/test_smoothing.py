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


def test_the_amount_is_that_of_cross_validation():
    draw = np.random.default_rng(0)
    times = np.linspace(0, 10, 25)
    noisy = np.sin(times) + draw.normal(0, 0.2, 25)
    found = smoother(times, np.outer(noisy, noisy)) @ noisy
    expected = make_smoothing_spline(times, noisy)(times)
    assert np.abs(found - expected).max() < 0.02  # a grid of powers of ten against a search
    assert np.std(found - np.sin(times)) < 0.6 * np.std(noisy - np.sin(times))


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
