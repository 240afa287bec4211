"""Which times an output offers: the choice a user makes in the panel's group Time, or by a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.series import refined_times


class TimeMode(IntEnum):
    """The values of the property TimeSteps."""

    KEPT = 0
    ORIGINAL = 1
    INPUT = 2


@dataclass(frozen=True)
class TimeChoice:
    """What the user asked for.

    Parameters
    ----------
    mode : int
        A :class:`TimeMode`: the kept steps, all steps they were kept from, or those of the input.
    factor : float
        > 0: each interval between steps is split into ``factor`` intervals.
    times : tuple of float, optional
        These times, finite and strictly increasing, in place of what ``mode`` and ``factor`` say.
    """

    mode: int = TimeMode.KEPT
    factor: float = 2.0
    times: tuple[float, ...] | None = None

    def resolve(self, domains: Sequence[VariableDomain], input_times: Sequence[float] = ()) -> np.ndarray:
        """The listed time steps (T,), float64; those of several variables are united.

        Raises
        ------
        ValueError
            If the mode is unknown, a number is out of range, or the input has no steps.

        Examples
        --------
        >>> TimeChoice(TimeMode.INPUT, factor=2).resolve([], (0.0, 1.0, 4.0)).tolist()
        [0.0, 0.5, 1.0, 2.5, 4.0]
        """
        if self.times is not None:
            return _checked(self.times)
        if self.mode not in tuple(TimeMode):
            raise ValueError(f"Time Steps must be 0 (trained), 1 (original) or 2 (input), got {self.mode}")
        if not np.isfinite(self.factor) or self.factor <= 0:
            raise ValueError(f"Time Factor must be a finite number > 0, got {self.factor:g}")
        if self.mode == TimeMode.INPUT:
            if len(input_times) == 0:
                raise ValueError("Time Steps is Input, but the input has no time steps")
            return refined_times(input_times, self.factor)
        lists = [d.times if self.mode == TimeMode.KEPT else d.full_times for d in domains]
        return refined_times(np.unique(np.concatenate(lists)), self.factor)


def time_range(domains: Sequence[VariableDomain]) -> tuple[float, float] | None:
    """First and last time any of the variables was trained on; None if all are purely spatial."""
    first = min(d.full_times[0] for d in domains)
    last = max(d.full_times[-1] for d in domains)
    return None if all(len(d.full_times) == 1 for d in domains) else (first, last)


def _checked(wanted: Sequence[float]) -> np.ndarray:
    times = np.asarray(wanted, np.float64).reshape(-1)
    if len(times) == 0 or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        words = " ".join(f"{t:g}" for t in times) or "none"
        raise ValueError(f"times must be finite, strictly increasing and at least one, got {words}")
    return times
