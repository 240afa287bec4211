"""The choices of the panel as pure functions: output grid, time steps, machine."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_filters.arrays import piece
from stsr_filters.decoder import Performance
from stsr_filters.machine import check_memory, largest_factor, step_bytes
from stsr_filters.output_grid import GridChoice, GridMode, overlap
from stsr_filters.time_steps import TimeMode, output_times, time_range, time_shown

REGION = Grid((3, 4, 5), (1.0, 2.0, 3.0), (2.0, 1.0, 0.5))


@pytest.mark.parametrize(
    ("choice", "shape"),
    [
        (GridChoice(GridMode.FACTOR, factor=2), (5, 7, 9)),
        (GridChoice(GridMode.FACTOR, factor=1.75), (5, 6, 8)),  # round(3.5) is the even 4
        (GridChoice(GridMode.FACTOR, factor=0.5), (2, 3, 3)),
        (GridChoice(GridMode.DIMENSIONS, dimensions=(10, 20, 30)), (30, 20, 10)),
        (GridChoice(GridMode.SPACING, spacing=(0.25, 0.5, 1.0)), (5, 7, 9)),
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
        (GridChoice(7), "Output Grid must be 0 (factor), 1 (dimensions), 2 (spacing) or 3 (match), got 7"),
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


def test_overlap():
    trained = Grid((5, 5, 5))
    assert overlap(trained, trained) == "inside"
    assert overlap(Grid((3, 3, 3), spacing=(0.5,) * 3), trained) == "inside"
    assert overlap(Grid((7, 5, 5)), trained) == "beyond"
    assert overlap(Grid((5, 5, 5), origin=(10.0, 0.0, 0.0)), trained) == "outside"


def test_time_steps(small_domains):
    assert output_times(small_domains, TimeMode.KEPT, 2).tolist() == [0, 1, 2, 3, 4]
    assert output_times(small_domains, TimeMode.ORIGINAL, 1).tolist() == [0.5 * i for i in range(10)]
    assert output_times(small_domains, TimeMode.INPUT, 1, (0.0, 7.0)).tolist() == [0, 7]
    assert time_range(small_domains) == (0.0, 4.5)
    with pytest.raises(ValueError, match="Time Steps is Input, but the input has no time steps"):
        output_times(small_domains, TimeMode.INPUT, 1)
    with pytest.raises(ValueError, match=re.escape("Time Steps must be 0 (trained), 1 (original)")):
        output_times(small_domains, 5, 1)
    with pytest.raises(ValueError, match="Time Factor must be a finite number > 0, got -1"):
        output_times(small_domains, TimeMode.KEPT, -1)


def test_time_outside_the_trained_range_is_told(small_domains):
    assert time_shown(small_domains[0], 2.25) == (2.25, "")
    shown, warning = time_shown(small_domains[0], 9.0)
    assert shown == 4.5
    assert warning == "time 9 is outside the trained range 0 to 4.5; showing 4.5"


def test_piece_of_a_rotated_grid_starts_where_the_node_is():
    quarter_turn = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    grid = Grid((4, 4, 4), (1.0, 2.0, 3.0), (1.0, 1.0, 2.0), quarter_turn)
    # One step along the grid's x axis (2 long) goes along +y in space.
    assert piece(grid, (1, 3, 0, 3, 0, 3)).origin == (1.0, 4.0, 3.0)


def test_memory_is_checked_beforehand():
    assert step_bytes(Grid((10, 10, 10)), ["float32", "float64"]) == 12000
    huge = Grid((100_000, 100_000, 1000))
    with pytest.raises(
        MemoryError, match=r"1000 x 100000 x 100000 nodes and 1 variables needs 36\.4 TiB of memory"
    ):
        check_memory(huge, ["float32"])
    assert largest_factor(huge, ["float32"]) == 1.0
    assert largest_factor(Grid((2, 2, 2)), ["float32"]) == 16.0


@pytest.mark.parametrize(
    ("performance", "message"),
    [
        (Performance(device="gpu"), "Device must be auto, cpu, cuda, cuda:N or mps, got 'gpu'"),
        (Performance(tile=-1), "Tile Size must be >= 0"),
        (Performance(threads=-2), "Threads must be >= 0"),
    ],
)
def test_performance_is_checked(performance, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        performance.check()
