"""All steps of a comparison: numbers alone are held, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from stsr_core.measuring.measured import NOT_MEASURED, Measured
from stsr_core.measuring.rows import Row, curve_rows, mean_rows
from stsr_core.measuring.survey import Survey
from stsr_core.measuring.times import are_among, time_tolerance

_MOST_REMARKS = 6


class WholeSeries:
    """Collects the surveys of the ground truth, then what was measured at each step.

    Parameters
    ----------
    times : sequence of float
        Of the ground truth.
    """

    def __init__(self, times: Sequence[float]) -> None:
        self.times = tuple(times)
        self.surveys: dict[str, Survey] = {}
        self._measured: dict[str, dict[int, Measured]] = {}
        self._remarks: Counter[str] = Counter()

    def survey(self, values: Mapping[str, np.ndarray]) -> None:
        """Take in the ground truth of a step, flat values by variable."""
        for name, found in values.items():
            self.surveys.setdefault(name, Survey(len(self.times))).add(found)

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

    def curves(self, kept: Mapping[str, Sequence[float]]) -> list[Row]:
        """One row per variable and step; ``kept`` holds the trained times of variables, where known."""
        times = self.times
        return [
            row
            for name in self._measured
            for row in curve_rows(name, times, self._kept(name, kept), self._steps(name))
        ]

    def means(self, kept: Mapping[str, Sequence[float]], units: Mapping[str, str]) -> list[Row]:
        """The rows of means of each variable."""
        return [
            row
            for name in self._measured
            for row in mean_rows(name, units.get(name, ""), self._kept(name, kept), self._steps(name))
        ]

    def _steps(self, name: str) -> list[Measured]:
        return [self._measured[name].get(i, NOT_MEASURED) for i in range(len(self.times))]

    def _kept(self, name: str, kept: Mapping[str, Sequence[float]]) -> list[bool] | None:
        if name not in kept:
            return None
        return are_among(self.times, kept[name], time_tolerance(self.times))
