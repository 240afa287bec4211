"""Which nodes and which times are asked for."""

from __future__ import annotations

import re

import numpy as np
import pytest
from models import small_domains

from stsr_core.grid import Grid
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.output_times import TimeChoice, TimeMode, time_range
from stsr_core.request.region import share_inside

REGION = Grid((3, 4, 5), (1.0, 2.0, 3.0), (2.0, 1.0, 0.5))


@pytest.mark.parametrize(
    ("choice", "shape"),
    [
        (GridChoice(GridMode.FACTOR, factor=2), (5, 7, 9)),
        (GridChoice(GridMode.FACTOR, factor=1.75), (5, 6, 8)),  # round(3.5) is the even 4
        (GridChoice(GridMode.FACTOR, factor=0.5), (2, 3, 3)),
        (GridChoice(GridMode.DIMENSIONS, dimensions=(10, 20, 30)), (30, 20, 10)),
        (GridChoice(GridMode.SPACING, spacing=(0.25, 0.5, 1.0)), (5, 7, 9)),
        (GridChoice(GridMode.TRAINING, factor=2), (5, 7, 9)),  # without one to take
    ],
)
def test_output_grid_keeps_the_end_points(choice, shape):
    grid = choice.resolve(REGION)
    assert grid.shape == shape
    assert grid.origin == REGION.origin
    np.testing.assert_allclose(grid.end, REGION.end, rtol=1e-12)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (GridChoice(7), "Output Grid must be 0 (factor), 1 (dimensions), 2 (spacing), 3 (match) or 4"),
        (GridChoice(factor=0.0), "Factor must be a finite number > 0, got 0"),
        (GridChoice(factor=float("nan")), "Factor must be a finite number > 0, got nan"),
        (GridChoice(GridMode.DIMENSIONS, dimensions=(0, 2, 2)), "Dimensions must be three numbers >= 1"),
        (GridChoice(GridMode.SPACING, spacing=(1.0, -1.0, 1.0)), "Spacing must be three finite numbers > 0"),
        (GridChoice(GridMode.MATCH), "no dataset is connected to the input Like"),
    ],
)
def test_impossible_output_grids_are_refused_in_words(choice, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        choice.resolve(REGION)


def test_share_inside():
    trained = Grid((5, 5, 5))
    assert share_inside(trained, trained) == 1
    assert share_inside(Grid((3, 3, 3), spacing=(0.5,) * 3), trained) == 1
    assert share_inside(Grid((7, 5, 5)), trained) == 4.5 / 6, "half a spacing is forgiven"
    assert share_inside(Grid((5, 5, 5), origin=(10.0, 0.0, 0.0)), trained) == 0
    assert share_inside(Grid((1, 5, 5), origin=(2.5, 0.0, 0.0)), trained) == 1, "a slice lies inside or not"
    assert share_inside(Grid((1, 5, 5), origin=(5.0, 0.0, 0.0)), trained) == 0


def test_time_steps():
    assert TimeChoice(TimeMode.KEPT, 2).resolve(small_domains()).tolist() == [0, 1, 2, 3, 4]
    assert TimeChoice(TimeMode.ORIGINAL, 1).resolve(small_domains()).tolist() == [0.5 * i for i in range(10)]
    assert TimeChoice(TimeMode.INPUT, 1).resolve(small_domains(), (0.0, 7.0)).tolist() == [0, 7]
    assert TimeChoice(times=(1.0, 9.5)).resolve(small_domains()).tolist() == [1, 9.5]
    assert time_range(small_domains()) == (0.0, 4.5)
    with pytest.raises(ValueError, match="Time Steps is Input, but the input has no time steps"):
        TimeChoice(TimeMode.INPUT, 1).resolve(small_domains())
    with pytest.raises(ValueError, match=re.escape("Time Steps must be 0 (trained), 1 (original)")):
        TimeChoice(5, 1).resolve(small_domains())
    with pytest.raises(ValueError, match="Time Factor must be a finite number > 0, got -1"):
        TimeChoice(TimeMode.KEPT, -1).resolve(small_domains())
    for times in ((), (1.0, 1.0), (2.0, float("inf"))):
        with pytest.raises(ValueError, match="times must be finite, strictly increasing and at least one"):
            TimeChoice(times=times).resolve(small_domains())


def test_time_outside_the_trained_range_is_told():
    u = small_domains()[0]
    shown, warning = u.shown_times([2.25])
    assert (shown.tolist(), warning) == ([2.25], "")
    shown, warning = u.shown_times([9.0])
    assert shown.tolist() == [4.5]
    assert warning == "time 9 is outside the trained range 0 to 4.5; showing 4.5"
