"""Times of a prediction and its ground truth: which are listed, and when two of them are one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_core.measuring.times import time_tolerance


class TimesDiffer(ValueError):
    """The two inputs are not of one time."""


class TimeMatching(IntEnum):
    """The values of the property TimeMatching."""

    EXACT = 0
    NEAREST = 1


@dataclass(frozen=True)
class StepTimes:
    """What an input announces of time.

    Parameters
    ----------
    steps : tuple of float
        Listed time steps, () if it has none.
    range : (float, float), optional
        First and last time it can be asked for.
    """

    steps: tuple[float, ...] = ()
    range: tuple[float, float] | None = None

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last time: those of the range, or of the steps; None without time."""
        return self.range or ((self.steps[0], self.steps[-1]) if self.steps else None)

    def within(self, span: tuple[float, float] | None) -> StepTimes:
        """Only what lies in ``span``, to the tolerance; all for None.

        Examples
        --------
        >>> StepTimes((0.0, 1.0, 4.0)).within((0.5, 4.0))
        StepTimes(steps=(1.0, 4.0), range=(0.5, 4.0))
        """
        if span is None:
            return self
        slack = self.tolerance()
        return StepTimes(tuple(t for t in self.steps if span[0] - slack <= t <= span[1] + slack), span)

    def tolerance(self) -> float:
        """How far two times may lie apart and still be one: a millionth of the shortest interval."""
        return time_tolerance(self.steps)

    def nearest(self, time: float) -> float:
        """The listed step nearest to ``time``, the earlier of two.

        Examples
        --------
        >>> StepTimes((0.0, 1.0, 4.0)).nearest(2.6)
        4.0
        """
        return self.steps[int(np.argmin(np.abs(np.array(self.steps) - time)))]

    def holds(self, time: float, tolerance: float) -> bool:
        """Whether ``time`` lies in the range, or there is no range."""
        return self.range is None or self.range[0] - tolerance <= time <= self.range[1] + tolerance


def shared_span(times: StepTimes, predicted: StepTimes) -> tuple[float, float] | None:
    """First and last time that both can be asked for; None if one of them has no time.

    Parameters
    ----------
    times, predicted : StepTimes
        Of the ground truth and of the prediction.

    Raises
    ------
    TimesDiffer
        There is none.

    Examples
    --------
    >>> shared_span(StepTimes((0.0, 1.0, 4.0)), StepTimes((1.0, 2.0), (0.5, 9.0)))
    (0.5, 4.0)
    """
    if times.span is None or predicted.span is None:
        return None
    (first, last), (start, end) = times.span, predicted.span
    if start > last + times.tolerance() or end < first - times.tolerance():
        raise TimesDiffer(
            f"the times do not overlap: {start:.9g} to {end:.9g} in the prediction, "
            f"{first:.9g} to {last:.9g} in the ground truth"
        )
    low, high = max(first, start), min(last, end)
    return (low, max(low, high))


def require_same_time(
    prediction: float | None, truth: float | None, times: StepTimes, predicted: StepTimes
) -> list[str]:
    """Refuse data of two times; return remarks on what cannot be known.

    Parameters
    ----------
    prediction, truth : float or None
        The time each input says its data is of; None if it says nothing.
    times, predicted : StepTimes
        Of the ground truth and of the prediction.

    Raises
    ------
    TimesDiffer
        The times differ, or lie outside the range of the prediction.

    Examples
    --------
    >>> require_same_time(0.5, 0.5, StepTimes((0.0, 0.5)), StepTimes())
    []
    """
    if truth is None and prediction is None:
        return []
    if truth is None or prediction is None:
        which, other = ("ground truth", "prediction") if truth is None else ("prediction", "ground truth")
        time = prediction if truth is None else truth
        return [f"the {which} has no time; it is compared with the {other} at {time:g}"]
    tolerance = times.tolerance()
    if abs(prediction - truth) > tolerance:
        raise TimesDiffer(
            f"the times differ: {prediction:.9g} in the prediction, {truth:.9g} in the ground truth; ask for "
            "a time that both have, or set Time Matching to the nearest step of the ground truth"
        )
    if not predicted.holds(truth, tolerance):
        first, last = predicted.range or (truth, truth)
        raise TimesDiffer(f"time {truth:.9g} is outside the prediction's range {first:g} to {last:g}")
    return []
