"""Range and sample of a variable over steps: what colours and isovalues derive from."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stsr_core.measuring.survey import Survey


@given(st.lists(st.integers(0, 400), min_size=1, max_size=6), st.integers(1, 300))
def test_a_sample_is_bounded_and_holds_both_extremes(sizes: list[int], samples: int) -> None:
    steps = [np.sin(np.arange(n) + i) * (i + 1) for i, n in enumerate(sizes)]
    survey = Survey(len(steps), samples)
    for step in steps:
        survey.add(step)
    everything = np.concatenate(steps)
    sample = survey.sample()
    assert len(sample) <= max(samples, len(steps)) + 2 * len(steps)
    assert set(sample) <= set(everything)
    if everything.size:
        assert survey.extremes == (everything.min(), everything.max()) == (sample.min(), sample.max())
    else:
        assert survey.extremes == () and survey.range == 0.0 and sample.size == 0


def test_few_values_are_all_kept_and_none_twice() -> None:
    survey = Survey(2)
    survey.add(np.array([[3.0, 1.0], [2.0, np.nan]]))
    survey.add(np.array([np.inf, 5], np.float32))
    assert survey.sample().tolist() == [3, 1, 2, 5]
    assert survey.sample().dtype == np.float64 and survey.range == 4.0


def test_what_stands_still_is_not_met_at_the_same_places_at_every_step() -> None:
    still = np.arange(100.0)
    survey = Survey(10, 100)
    for _ in range(10):
        survey.add(still)
    assert len(np.unique(survey.sample())) == 100


def test_a_range_alone_widens_what_is_known() -> None:
    survey = Survey()
    survey.widen(-1.0, 2.0)
    assert survey.extremes == (-1.0, 2.0) and survey.range == 3.0
    survey.add(np.array([0.0, 4.0]))
    assert sorted(survey.sample()) == [-1.0, 0.0, 2.0, 4.0]
