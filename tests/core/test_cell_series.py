"""The three generated cells are where their formulas say, keep their volumes, and are as noisy as asked."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.datasets import CELLS, dividing_cell, roaming_ball, turning_ellipsoid
from stsr_core.datasets.cells import BRIGHT, DARK
from stsr_core.metrics.cells import numbered, shape_of

HALF = (DARK + BRIGHT) / 2


def centre_of(step: np.ndarray, grid) -> np.ndarray:
    weights = step.astype(np.float64) - DARK
    axes = [grid.axis(i) for i in range(3)]
    return np.array([np.tensordot(weights, axes[i], ([i], [0])).sum() for i in range(3)]) / weights.sum()


@pytest.mark.parametrize("make", CELLS.values())
def test_every_series_says_where_when_and_in_what_unit(make):
    series = make(8, 4)
    (cell,) = series
    assert cell.name == make.__name__ and (series.length_unit, series.time_unit) == ("µm", "min")
    assert cell.grid.end == pytest.approx((16, 16, 16)) and cell.times.tolist() == pytest.approx(
        [0, 11 / 3, 22 / 3, 11]
    )
    assert (
        cell.step(0).dtype == np.float32 and DARK - 1e-3 <= cell.step(0).min() < cell.step(0).max() <= BRIGHT
    )
    with pytest.raises(ValueError, match=f"{make.__name__} needs at least 2 nodes and 1 step, got 1 and 4"):
        make(1, 4)
    with pytest.raises(ValueError, match="noise must be a finite number >= 0, got -1"):
        make(8, 4, noise=-1)


def test_the_ball_goes_half_round_its_circle():
    cell = roaming_ball(24, 3)["roaming_ball"]
    where = [centre_of(cell.step(i), cell.grid) - 8 for i in range(3)]
    tilted = 3.2 * np.array([np.sin(np.pi / 6), np.cos(np.pi / 6), 0])
    np.testing.assert_allclose(where, [[0, 0, 3.2], tilted, [0, 0, -3.2]], atol=0.03)


def test_one_cell_becomes_two_of_about_half_its_volume():
    cell = dividing_cell(32, 3)["dividing_cell"]
    masks = [cell.step(i) > HALF for i in (0, 2)]
    assert [numbered(mask).max() for mask in masks] == [1, 2]
    halves = [shape_of(numbered(masks[1]) == i, cell.grid.spacing) for i in (1, 2)]
    assert halves[0].volume == pytest.approx(halves[1].volume, rel=1e-6)
    assert sum(half.volume for half in halves) == pytest.approx(
        shape_of(masks[0], cell.grid.spacing).volume, rel=0.1
    )
    assert min(half.sphericity for half in halves) > 0.98


def test_the_long_axis_turns_by_two_thirds_of_a_half_turn():
    cell = turning_ellipsoid(24, 2)["turning_ellipsoid"]
    y, x = np.meshgrid(cell.grid.axis(1) - 8, cell.grid.axis(2) - 8, indexing="ij")
    for i, angle in ((0, 0.0), (1, 120.0)):
        mass = (cell.step(i) - DARK).sum(axis=0)
        moments = np.array([[(mass * a * b).sum() for a in (x, y)] for b in (x, y)])
        longest = np.linalg.eigh(moments)[1][:, 1]
        assert np.degrees(np.arctan2(longest[1], longest[0])) % 180 == pytest.approx(angle, abs=0.5)


def test_noise_is_as_wide_as_asked_and_the_same_at_every_reading():
    clean, noisy = roaming_ball(16, 2)["roaming_ball"], roaming_ball(16, 2, noise=5)["roaming_ball"]
    difference = noisy.step(1).astype(np.float64) - clean.step(1)
    assert difference.std() == pytest.approx(5, rel=0.05) and abs(difference.mean()) < 0.3
    np.testing.assert_array_equal(noisy.step(1), noisy.step(1))
    assert np.abs(noisy.step(1) - roaming_ball(16, 2, noise=5, seed=1)["roaming_ball"].step(1)).max() > 5
