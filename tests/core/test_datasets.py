"""The tornado: the specification's check values, its grid, and that nothing is computed before it is read."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.datasets import tornado, tornado_value
from stsr_core.grid import Grid


@pytest.mark.parametrize(
    ("x", "y", "z", "tau", "speed"),
    [
        (0.25, 0.5, 0.5, 0, 0.17260619),
        (0.5, 0.5, 0.0, 0, 0.19975171),
        (0.7, 0.3, 0.9, 10, 0.29745093),
        (0.0, 0.0, 0.0, 47, 0.09593257),
    ],
)
def test_check_values(x, y, z, tau, speed):
    assert tornado_value(x, y, z, tau) == pytest.approx(speed, abs=5e-9)


def test_series_lies_on_the_unit_cube():
    series = tornado((5, 6, 9), times=4)
    variable = series["tornado"]
    assert variable.grid == Grid((5, 6, 9), spacing=(1 / 4, 1 / 5, 1 / 8))
    assert variable.times.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert variable.dtype == np.float32
    step = variable.step(3)
    assert step.dtype == np.float32
    z, y, x = (variable.grid.axis(i) for i in range(3))
    for k, j, i in [(0, 0, 0), (4, 5, 8), (2, 1, 3)]:
        assert step[k, j, i] == pytest.approx(float(tornado_value(x[i], y[j], z[k], 3.0)), rel=1e-6)


def test_coarse_grid_holds_values_of_the_fine_grid():
    fine, coarse = tornado(9, [0.5])["tornado"].step(0), tornado(5, [0.5])["tornado"].step(0)
    np.testing.assert_array_equal(fine[::2, ::2, ::2], coarse)


def test_default_is_the_series_of_the_paper():
    variable = tornado(128)["tornado"]
    assert variable.times.tolist() == list(range(48))
    assert variable.grid.end == pytest.approx((1.0, 1.0, 1.0))


def test_steps_are_computed_when_read():
    # 4e18 bytes in all: listing it must cost nothing.
    assert tornado(10**5, 10**3)["tornado"].grid.size == 10**15


def test_bad_shapes():
    with pytest.raises(ValueError, match=r"shape must be a number or three numbers \(Z, Y, X\) >= 1, got 0"):
        tornado(0)
    with pytest.raises(ValueError, match="shape must be a number or three numbers"):
        tornado((4, 4))
    with pytest.raises(ValueError, match="times must be a non-empty list"):
        tornado(4, 0)
