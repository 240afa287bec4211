"""The walk through all steps of a comparison, without any VTK: which times come next, and what ends it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stsr_filters.comparison.steps import StepTimes, TimeMatching
from stsr_filters.comparison.walk import Visit, Walk

TIMES = StepTimes((0.0, 1.0, 2.5, 4.0))


def way(walk: Walk, asked: float | None) -> list[Visit]:
    """All visits until the outputs can be filled, as the pipeline makes them: asked for at each."""
    found = []
    while True:
        found.append(walk.towards(asked))
        if not walk.go_on():
            return found


def test_without_all_steps_every_time_is_one_visit():
    walk = Walk(TIMES)
    assert way(walk, 1.2) == [Visit(None, False, 1.2, 1.2)]
    assert way(walk, 9.0) == [Visit(None, False, 9.0, 9.0)]
    assert not walk.walking


def test_no_time_is_the_first_step_or_whatever_is_there():
    assert way(Walk(TIMES), None) == [Visit(None, False, 0.0, 0.0)]
    assert way(Walk(StepTimes()), None) == [Visit(None, False, None, None)]


def test_the_nearest_step_is_asked_of_both():
    walk = Walk(TIMES, matching=TimeMatching.NEAREST)
    assert way(walk, 2.0) == [Visit(None, False, 2.5, 2.5)]
    assert way(Walk(StepTimes(), matching=TimeMatching.NEAREST), 2.0) == [Visit(None, False, 2.0, 2.0)]


def test_all_steps_survey_the_truth_then_compare_both_and_end_at_what_is_shown():
    walk = Walk(TIMES, all_steps=True)
    visits = way(walk, 1.0)
    assert [(v.step, v.surveying, v.prediction, v.truth) for v in visits] == [
        (0, True, 0.0, 0.0),
        (2, True, 0.0, 2.5),
        (3, True, 0.0, 4.0),
        (1, True, 0.0, 1.0),
        (0, False, 0.0, 0.0),
        (2, False, 2.5, 2.5),
        (3, False, 4.0, 4.0),
        (1, False, 1.0, 1.0),
    ]


def test_a_time_between_the_steps_is_shown_after_all_of_them():
    visits = way(Walk(TIMES, all_steps=True), 1.7)
    assert visits[-1] == Visit(None, False, 1.7, 1.7)
    assert [v.step for v in visits if not v.surveying] == [0, 2, 3, 1, None]


def test_after_the_walk_other_times_are_one_visit_each():
    walk = Walk(TIMES, all_steps=True)
    way(walk, 1.0)
    assert not walk.walking
    assert way(walk, 4.0) == [Visit(None, False, 4.0, 4.0)]


def test_asking_again_before_going_on_asks_for_the_same():
    walk = Walk(TIMES, all_steps=True)
    assert walk.towards(1.0) is walk.towards(1.0)
    assert walk.begins
    walk.go_on()
    assert not walk.begins
    assert walk.towards(1.0).truth == 2.5


def test_another_goal_on_the_way_begins_anew():
    walk = Walk(TIMES, all_steps=True)
    walk.towards(1.0)
    walk.go_on()
    assert walk.towards(4.0) == Visit(0, True, 0.0, 0.0)
    assert walk.begins
    assert len(way(walk, 4.0)) == 8


def test_a_walk_that_is_given_up_begins_anew_and_a_finished_one_stays():
    walk = Walk(TIMES, all_steps=True)
    for _ in range(6):
        walk.towards(1.0)
        walk.go_on()
    walk.give_up()
    assert len(way(walk, 1.0)) == 8
    walk.towards(2.5)
    walk.give_up()
    assert way(walk, 2.5) == [Visit(None, False, 2.5, 2.5)]


def test_only_on_the_way_a_step_can_be_left_out():
    walk = Walk(TIMES, all_steps=True)
    can = []
    while True:
        walk.towards(1.0)
        can.append(walk.leads_on)
        if not walk.go_on():
            break
    assert can == [True] * 7 + [False]
    walk.towards(2.5)
    assert not walk.leads_on


def test_progress_is_of_the_whole_way_and_names_the_step():
    walk = Walk(StepTimes((0.0, 1.0)), all_steps=True)
    walk.towards(0.0)
    assert walk.told(0.5, "u: SSIM") == (0.125, "t = 1: surveying the ground truth")
    for _ in range(2):
        walk.go_on()
        walk.towards(0.0)
    assert walk.told(0.5, "u: SSIM") == (0.625, "t = 1: u: SSIM")
    walk.go_on()
    walk.towards(0.0)
    walk.go_on()
    walk.towards(1.0)
    assert walk.told(0.5, "u: SSIM") == (0.5, "u: SSIM")


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=12, unique=True).map(sorted),
    st.floats(-60, 60, allow_nan=False),
)
def test_every_step_is_surveyed_once_and_then_compared_once(times, asked):
    steps = tuple(float(t) for t in times)
    walk = Walk(StepTimes(steps), all_steps=True)
    visits = way(walk, asked)
    surveyed = [v.step for v in visits if v.surveying]
    compared = [v.step for v in visits if not v.surveying and v.step is not None]
    assert sorted(surveyed) == sorted(compared) == list(range(len(steps)))
    assert [v.surveying for v in visits] == [True] * len(steps) + [False] * (len(visits) - len(steps))
    assert visits[-1].truth == pytest.approx(asked, abs=StepTimes(steps).tolerance())
    # The prediction is computed once per step: its time changes only where a new step begins.
    asked_of_it = [v.prediction for v in visits]
    changes = sum(a != b for a, b in itertools.pairwise(asked_of_it))
    assert changes == len(visits) - len(steps) - 1


def test_a_walk_needs_steps():
    with pytest.raises(ValueError, match="All Time Steps is on, but the ground truth lists no time steps"):
        Walk(StepTimes(), all_steps=True)
