"""A request and a model's domain, and where there is one an input, make an output."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from models import FULL_GRID, small_domains

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid
from stsr_core.normalize import Normalization
from stsr_core.request.blend import BlendChoice, BlendMode
from stsr_core.request.clamp import Clamp
from stsr_core.request.extras import Extras
from stsr_core.request.mix import Mix
from stsr_core.request.output import Request
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.output_times import TimeChoice, TimeMode
from stsr_core.request.region import BaseGrid, Region

SAME = GridChoice(factor=1.0)


def test_without_an_input_it_is_the_models_own_region():
    output = Request(grid=SAME).output(small_domains())
    assert output.grid.matches(FULL_GRID)
    kept = Request(grid=SAME, base=BaseGrid.KEPT, time=TimeChoice(factor=1.0)).output(small_domains())
    assert kept.grid.matches(FULL_GRID.every(2))
    assert kept.times.tolist() == [0, 2, 4]
    assert kept.content.time_range == (0.0, 4.5)
    assert kept.content.units == {"u": "m/s", "p": "Pa"}
    assert kept.warnings(kept.times) == ()


def test_over_an_input_its_grid_and_times_count():
    region = Region(Grid((3, 3, 3), (1.5, 3.0, 4.0)), (0.0, 1.0))
    request = Request(("p",), grid=GridChoice(factor=2.0), time=TimeChoice(TimeMode.INPUT, 1.0))
    output = request.output(small_domains(), region)
    assert output.grid.matches(region.grid.refined(2))
    assert output.times.tolist() == [0.0, 1.0]
    assert dict(output.content.step(1.0).arrays) == {"p": Mix.of("p", 1.0)}


def test_a_grid_to_match_counts_only_where_it_is_chosen():
    like = Grid((2, 2, 2), (1.5, 3.0, 4.0))
    assert Request(grid=GridChoice(GridMode.MATCH)).output(small_domains(), like=like).grid == like
    far = replace(like, origin=(99.0, 3.0, 4.0))
    assert Request(grid=SAME).output(small_domains(), like=far).grid.matches(FULL_GRID)
    with pytest.raises(ValueError, match="the grid to match lies outside the model"):
        Request(grid=GridChoice(GridMode.MATCH)).output(small_domains(), like=far)


TRAINING = Request(grid=GridChoice(GridMode.TRAINING))


def test_the_training_grid_is_the_whole_one_that_the_samples_were_kept_from():
    # Every second of 9, 11 and 13 nodes ends at the last one; of 10 it does not, as of 64.
    even = Grid((10, 11, 13), FULL_GRID.origin, FULL_GRID.spacing)
    domains = small_domains(even)
    kept = Region(domains[0].grid)
    assert not kept.grid.refined(2).matches(even), "what a factor makes of it"
    assert TRAINING.output(domains, kept).grid.matches(even)
    assert TRAINING.output(domains, Region(even.refined(0.3))).grid.matches(even)
    assert TRAINING.output(domains).grid.matches(even)


def test_the_training_grid_ends_where_the_input_does():
    spacing = FULL_GRID.spacing
    block = Region(Grid((3, 5, 4), (1.4, 2.5, 3.0), spacing))
    found = TRAINING.output(small_domains(), block).grid
    assert found.matches(Grid((2, 5, 4), (1.5, 2.5, 3.0), spacing))
    wide = Region(Grid((9, 11, 16), FULL_GRID.origin, spacing))
    output = TRAINING.output(small_domains(), wide)
    assert output.grid.matches(FULL_GRID)
    assert output.remarks == (), "nothing is extrapolated"
    between = Region(Grid((1, 11, 13), (1.1, 2.0, 3.0), spacing))  # no node of the training grid lies on it
    assert TRAINING.output(small_domains(), between).grid.matches(between.grid.refined(2))


def test_where_nothing_was_left_out_there_is_no_training_grid():
    u, _ = small_domains()
    every_node = replace(u, grid=u.full_grid)
    assert TRAINING.output(Domain((every_node,)), Region(FULL_GRID)).grid.matches(FULL_GRID), "steps were"
    all_kept = replace(every_node, times=u.full_times)
    assert TRAINING.output(Domain((all_kept,)), Region(FULL_GRID)).grid.matches(FULL_GRID.refined(2))


def test_a_factor_that_does_not_count_is_told():
    request = Request(grid=GridChoice(GridMode.TRAINING, factor=4.0))
    said = "Output Grid is Training grid, so Factor 4 does not count; set Output Grid to Factor for it"
    assert request.output(small_domains(), Region(FULL_GRID.every(2))).remarks == (said,)
    same = Request(grid=GridChoice(GridMode.TRAINING, factor=1.0))
    assert same.output(small_domains(), Region(FULL_GRID)).remarks == (), "it comes to the same"


def test_a_model_of_other_data_is_refused():
    far = Region(Grid((9, 11, 13), FULL_GRID.origin, (0.25, 5.0, 10.0)))
    for request in (Request(), TRAINING):
        with pytest.raises(ValueError, match=r"the input barely overlaps the model, with 1\.\d% of its box"):
            request.output(small_domains(), far)


def test_each_variable_is_shown_at_its_own_nearest_time_and_each_range_is_told_once():
    u, p = small_domains()
    late = replace(p, times=(3.0, 6.0), full_times=(3.0, 4.0, 5.0, 6.0))
    output = Request(grid=SAME, time=TimeChoice(factor=1.0)).output(Domain((u, late)))
    assert output.times.tolist() == [0, 2, 3, 4, 6]
    shown = {name: mix.time for name, mix in output.content.step(2.0).arrays.items()}
    assert shown == {"u": 2.0, "p": 3.0}
    assert output.warnings([2.0]) == ("time 2 is outside the trained range 3 to 6; showing 3",)
    assert output.warnings(output.times) == (
        "time 6 is outside the trained range 0 to 4.5; showing 4.5",
        "2 of 5 times (0 to 2) are outside the trained range 3 to 6; showing 3",
    )


def test_a_variable_without_time_is_the_same_at_all_times():
    still = small_domains(full_times=(3.0,))
    output = Request(grid=SAME, time=TimeChoice(times=(0.0, 9.0))).output(still)
    assert output.content.time_range is None
    assert output.warnings(output.times) == ()
    assert output.content.step(9.0).arrays["u"].time == 3.0


@pytest.mark.parametrize(
    ("clamp", "limits"),
    [(Clamp.AUTOMATIC, (0.0, math.inf)), (Clamp.OFF, None), (Clamp.ON, (0.0, 3.0))],
)
def test_values_stay_in_the_range_of_the_training_data_where_that_is_wanted(clamp, limits):
    u, p = small_domains()
    touches = replace(u, normalization=Normalization(0.0, 3.0))
    content = Request(extras=Extras(motion=True), clamp=clamp).output(Domain((touches, p))).content
    arrays = content.step(1.0).arrays
    assert arrays["u"].limits == limits
    assert arrays["p"].limits == ((-1.0, 5.0) if clamp == Clamp.ON else None)
    mixed = Request(blend=BlendChoice(weight=0.5), clamp=clamp).output(Domain((touches, touches)))
    assert mixed.content.step(1.0).arrays["interpolated"].limits == limits


def test_an_unknown_clamp_is_refused():
    with pytest.raises(ValueError, match=r"Clamp must be 0 \(automatic\), 1 \(off\) or 2 \(on\), got 3"):
        Request(clamp=3).output(small_domains())


def test_a_blend_is_one_array_placed_by_its_first_member():
    blend = BlendChoice(BlendMode.WEIGHTS, weights=(("p", 1.0), ("u", 3.0)))
    u, p = small_domains()
    wide = replace(p, full_grid=replace(FULL_GRID, spacing=(0.5, 1.0, 2.0)), unit="m/s")
    output = Request(blend=blend, grid=SAME).output(Domain((u, wide)))
    assert output.grid.matches(wide.full_grid)
    assert output.content.units == {"interpolated": "m/s"}
    (mix,) = output.content.step(9.0).arrays.values()
    assert mix == Mix(4.5, (("p", 0.25), ("u", 0.75)))
    elsewhere, sums, outside = output.warnings([1.0, 9.0])
    assert elsewhere.startswith("u lives in another box")
    assert sums == "the weights sum to 4, not 1; each was divided by 4"
    assert outside == "time 9 is outside the trained range 0 to 4.5; showing 4.5"


def test_a_sweep_lists_positions_at_one_time():
    blend = BlendChoice(BlendMode.SWEEP, simulation_time=7.0, sweep_factor=2.0)
    output = Request(("u", "p"), blend, grid=SAME).output(small_domains())
    np.testing.assert_array_equal(output.times, [0.0, 0.5, 1.0])
    assert (output.content.time_range, output.content.trained_range) == ((0.0, 1.0), (0.0, 4.5))
    assert output.warnings(output.times) == ("time 7 is outside the trained range 0 to 4.5; showing 4.5",)
    assert output.content.step(0.5).arrays["interpolated"].time == 4.5
