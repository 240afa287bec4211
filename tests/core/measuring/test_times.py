"""When two times are one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stsr_core.measuring.times import are_among, shared_steps, time_tolerance


def test_the_tolerance_is_a_millionth_of_the_shortest_interval() -> None:
    assert time_tolerance([4.0, 0.0, 1.0]) == 1e-6
    assert time_tolerance([0.0]) == time_tolerance([]) == 1e-9
    assert time_tolerance([-1e6]) == 1e-3


@given(st.integers(2, 20), st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.floats(-0.9, 0.9))
def test_steps_are_shared_up_to_rounding_and_not_beyond(
    n: int, first: float, gap: float, shift: float
) -> None:
    truth = first + gap * np.arange(n)
    tolerance = time_tolerance(truth)
    every = {i: 2 * i for i in range(n)}
    finer = first + gap / 2 * np.arange(2 * n)
    rounding = 8 * np.spacing(np.abs(finer).max())
    if rounding < 0.05 * tolerance:
        assert shared_steps(finer + shift * tolerance, truth) == every
        assert shared_steps(finer + 1.2 * tolerance, truth) == {}
    assert are_among(truth, truth[::2], tolerance) == [i % 2 == 0 for i in range(n)]
