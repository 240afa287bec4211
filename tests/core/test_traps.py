"""The traps are what they say: nothing moves, two things move, or waves run."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.datasets import flicker, layers, waves
from stsr_core.measuring.comparison import compare
from stsr_core.training import fit


@pytest.mark.parametrize("trap", [flicker, layers, waves])
def test_a_seed_makes_one_series(trap):
    series = trap(8, 3)
    (variable,) = series
    assert variable.grid.shape == (8, 8, 8) and variable.grid.end == pytest.approx((1, 1, 1))
    assert variable.times.tolist() == [0, 1, 2] and variable.name == trap.__name__
    np.testing.assert_array_equal(variable.step(2), trap(8, 3)[trap.__name__].step(2))
    assert np.abs(variable.step(2) - trap(8, 3, seed=1)[trap.__name__].step(2)).max() > 0.1
    with pytest.raises(ValueError, match=f"{trap.__name__} needs at least 2 nodes and 1 step, got 1 and 3"):
        trap(1, 3)


def test_what_flickers_comes_back_after_its_period():
    steps = flicker(8, 25)["flicker"]
    np.testing.assert_allclose(steps.step(24), steps.step(0), atol=1e-6)
    np.testing.assert_allclose(steps.step(12) + steps.step(0), 2 * steps.array().mean(0)[None][0], atol=0.2)


@pytest.mark.parametrize("trap", [flicker, layers, waves])
def test_motion_stays_with_the_better_spline(trap):
    series, kept = trap(24, 33), {"spatial_factor": 2, "temporal_gap": 3}
    fields = {kind: fit(series, field=kind, **kept) for kind in ("tricubic_linear", "cubic", "motion")}
    linear, cubic, motion = (row.unseen_inside for row in compare(series, fields, **kept).rows({}))
    assert motion > max(linear, cubic) - 0.1
