"""The walk through all steps of a comparison: which update of the inputs comes next, and what it is for.

Plain Python: VTK's pipeline asks (:meth:`Walk.towards`), delivers, and is told whether to come back
(:meth:`Walk.go_on`).
"""

from __future__ import annotations

from dataclasses import dataclass

from stsr_filters.comparison.steps import StepTimes, TimeMatching


@dataclass(frozen=True)
class Visit:
    """One update of both inputs.

    Parameters
    ----------
    step : int or None
        Number of the step on a walk; None for a time that is only shown.
    surveying : bool
        Only the ground truth counts.
    prediction, truth : float or None
        Times to ask the inputs for; None for whatever they give.
    """

    step: int | None
    surveying: bool
    prediction: float | None
    truth: float | None


class Walk:
    """The visits of one comparison, until something upstream or a setting changes.

    Every time asked for is one visit. With ``all_steps`` the way to the first one leads through all steps,
    once; from then on the walk is complete. Until a visit is made, asking again names it again; another goal
    on the way begins it anew.

    Parameters
    ----------
    times : StepTimes
        Of the ground truth.
    matching : int
        A :class:`~stsr_filters.comparison.steps.TimeMatching`.
    all_steps : bool
    span : (float, float), optional
        First and last time that are compared; other times lead to the nearest step between them.

    Attributes
    ----------
    times : StepTimes

    Raises
    ------
    ValueError
        All steps are wanted and there are none.

    Examples
    --------
    >>> walk = Walk(StepTimes((0.0, 1.0)), all_steps=True)
    >>> walk.towards(1.0), walk.go_on()
    (Visit(step=0, surveying=True, prediction=0.0, truth=0.0), True)
    >>> walk.towards(1.0), walk.go_on()
    (Visit(step=1, surveying=True, prediction=0.0, truth=1.0), True)
    >>> walk.towards(1.0), walk.go_on()
    (Visit(step=0, surveying=False, prediction=0.0, truth=0.0), True)
    >>> walk.towards(1.0), walk.go_on()
    (Visit(step=1, surveying=False, prediction=1.0, truth=1.0), False)
    """

    def __init__(
        self,
        times: StepTimes,
        *,
        matching: int = TimeMatching.EXACT,
        all_steps: bool = False,
        span: tuple[float, float] | None = None,
    ) -> None:
        if all_steps and not times.steps:
            raise ValueError("All Time Steps is on, but the ground truth lists no time steps")
        if all_steps and not times.within(span).steps:
            raise ValueError("All Time Steps is on, but the prediction has no time step of the ground truth")
        self.times = times
        self._compared = times.within(span)
        self._matching = matching
        self._complete = not all_steps
        self._goal: float | None = None
        self._way: tuple[Visit, ...] = ()  # () before it is begun
        self._place = 0

    def towards(self, asked: float | None) -> Visit:
        """The visit to make next, to show the time ``asked`` (None for the first step) in the end."""
        goal = self._goal_of(asked)
        if not self._way or goal != self._goal:
            shown = (Visit(None, False, goal, goal),)
            self._way = shown if goal is None or self._complete else visits(self.times, goal, self._compared)
            self._goal, self._place = goal, 0
        return self._way[self._place]

    def go_on(self) -> bool:
        """The visit was made, or left out: whether another one follows. If not, the outputs can be filled."""
        if self.leads_on:
            self._place += 1
            return True
        self._complete = self._complete or self.walking
        self._way = ()
        return False

    def give_up(self) -> None:
        """Something went wrong on the way: what is not complete begins anew."""
        self._way = ()

    @property
    def visit(self) -> Visit:
        """The one that is being made."""
        return self._way[self._place] if self._way else Visit(None, False, None, None)

    @property
    def walking(self) -> bool:
        """Whether this visit is part of the way through all steps."""
        return bool(self._way) and not self._complete

    @property
    def begins(self) -> bool:
        """Whether this is the first visit of a walk through all steps."""
        return self.walking and self._place == 0

    @property
    def leads_on(self) -> bool:
        """Whether another visit follows this one, which may then be left out."""
        return self._place + 1 < len(self._way)

    def told(self, fraction: float, text: str) -> tuple[float, str]:
        """How much of the whole way is done when ``fraction`` of this visit is; and what is being done."""
        if not self.walking:
            return fraction, text
        visit = self.visit
        what = "surveying the ground truth" if visit.surveying else text
        return (self._place + fraction) / len(self._way), f"t = {visit.truth:g}: {what}"

    def outside(self, asked: float | None) -> bool:
        """Whether a time is not among those that are compared."""
        return asked is not None and not self._compared.holds(asked, self.times.tolerance())

    def _goal_of(self, asked: float | None) -> float | None:
        steps = self._compared.steps
        if asked is None:
            return steps[0] if steps else None
        if steps and (self._matching == TimeMatching.NEAREST or self.outside(asked)):
            return self._compared.nearest(asked)
        if self.outside(asked) and self._compared.range is not None:
            return min(max(asked, self._compared.range[0]), self._compared.range[1])
        return asked


def visits(times: StepTimes, shown: float, compared: StepTimes | None = None) -> tuple[Visit, ...]:
    """The way through all steps: the ground truth alone first, then both, and what is shown last of all.

    The first round tells the range of the series, from which isovalue and transfer function come; the
    prediction waits at the first step of the second round meanwhile, which leaves out steps that are not
    ``compared``.

    Examples
    --------
    >>> [(v.step, v.prediction, v.truth) for v in visits(StepTimes((0.0, 1.0, 2.0)), 1.0)]
    [(0, 0.0, 0.0), (2, 0.0, 2.0), (1, 0.0, 1.0), (0, 0.0, 0.0), (2, 2.0, 2.0), (1, 1.0, 1.0)]
    """
    steps, among = times.steps, times if compared is None else compared
    last = steps.index(among.nearest(shown))
    order = [*(i for i in range(len(steps)) if i != last), last]
    compared_order = [i for i in order if steps[i] in among.steps]
    survey = [Visit(i, True, steps[compared_order[0]], steps[i]) for i in order]
    both = [Visit(i, False, steps[i], steps[i]) for i in compared_order]
    if abs(steps[last] - shown) > times.tolerance():
        both.append(Visit(None, False, shown, shown))
    return (*survey, *both)
