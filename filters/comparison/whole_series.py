"""All steps of a comparison: numbers alone are held, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from stsr_filters.comparison.measures import MEASURES, Measured
from stsr_filters.comparison.steps import StepTimes, trained_flags
from stsr_filters.comparison.survey import Survey
from stsr_filters.comparison.tables import Row, curve_rows, mean_rows

_MOST_REMARKS = 6
_NOT_MEASURED = Measured(dict.fromkeys(MEASURES, float("nan")), float("nan"), 0, 0)


class WholeSeries:
    """Collects the surveys of the ground truth, then what was measured at each step.

    Parameters
    ----------
    times : StepTimes
        Of the ground truth.
    """

    def __init__(self, times: StepTimes) -> None:
        self.times = times
        self.surveys: dict[str, Survey] = {}
        self._measured: dict[str, dict[int, Measured]] = {}
        self._remarks: Counter[str] = Counter()

    def survey(self, values: Mapping[str, np.ndarray]) -> None:
        """Take in the ground truth of a step, flat values by variable."""
        for name, found in values.items():
            self.surveys.setdefault(name, Survey(len(self.times.steps))).add(found)

    def add(self, step: int, measured: Mapping[str, Measured]) -> None:
        """Take in what was measured at a step."""
        for name, found in measured.items():
            self._measured.setdefault(name, {})[step] = found

    def remark(self, *remarks: str) -> None:
        """Keep what was left out at a step."""
        self._remarks.update(remarks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Each remark once, with the number of steps it holds for; few of many."""
        said = [f"{text} (at {n} steps)" if n > 1 else text for text, n in self._remarks.items()]
        more = len(said) - _MOST_REMARKS
        return tuple(said) if more <= 0 else (*said[:_MOST_REMARKS], f"and {more} more remarks like these")

    @property
    def variables(self) -> tuple[str, ...]:
        """Those measured at one step at least."""
        return tuple(self._measured)

    def curves(self, kept: Mapping[str, tuple[float, ...]]) -> list[Row]:
        """One row per variable and step; ``kept`` holds the trained times of variables, where known."""
        times = self.times.steps
        return [
            row
            for name in self._measured
            for row in curve_rows(name, times, self._kept(name, kept), self._steps(name))
        ]

    def means(self, kept: Mapping[str, tuple[float, ...]], units: Mapping[str, str]) -> list[Row]:
        """The rows of means of each variable."""
        return [
            row
            for name in self._measured
            for row in mean_rows(name, units.get(name, ""), self._kept(name, kept), self._steps(name))
        ]

    def _steps(self, name: str) -> list[Measured]:
        return [self._measured[name].get(i, _NOT_MEASURED) for i in range(len(self.times.steps))]

    def _kept(self, name: str, kept: Mapping[str, tuple[float, ...]]) -> list[bool] | None:
        if name not in kept:
            return None
        return trained_flags(self.times.steps, kept[name], self.times.tolerance())
