"""Which times an output offers, and what is shown where a model was never trained."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.series import refined_times


class TimeMode(IntEnum):
    """The values of the property TimeSteps."""

    KEPT = 0
    ORIGINAL = 1
    INPUT = 2


def output_times(
    domains: Sequence[VariableDomain], mode: int, factor: float, input_times: Sequence[float] = ()
) -> np.ndarray:
    """The listed time steps (T,): those of ``mode``, each interval split into ``factor``.

    Parameters
    ----------
    domains : sequence of VariableDomain
        The variables shown; their steps are united.
    mode : int
        A :class:`TimeMode`: the kept steps, all steps they were kept from, or those of the input.
    factor : float
        > 0.

    Raises
    ------
    ValueError
        If the mode is unknown, the factor is out of range or the input has no steps.
    """
    if mode not in tuple(TimeMode):
        raise ValueError(f"Time Steps must be 0 (trained), 1 (original) or 2 (input), got {mode}")
    if not np.isfinite(factor) or factor <= 0:
        raise ValueError(f"Time Factor must be a finite number > 0, got {factor:g}")
    if mode == TimeMode.INPUT:
        if len(input_times) == 0:
            raise ValueError("Time Steps is Input, but the input has no time steps")
        return refined_times(input_times, factor)
    lists = [d.times if mode == TimeMode.KEPT else d.full_times for d in domains]
    return refined_times(np.unique(np.concatenate(lists)), factor)


def time_range(domains: Sequence[VariableDomain]) -> tuple[float, float] | None:
    """First and last time any of the variables was trained on; None if all are purely spatial."""
    first = min(d.full_times[0] for d in domains)
    last = max(d.full_times[-1] for d in domains)
    return None if all(len(d.full_times) == 1 for d in domains) else (first, last)


def time_shown(domain: VariableDomain, time: float) -> tuple[float, str]:
    """The time a variable is decoded at, and a warning if that is not the one asked for.

    Outside the trained range the nearest end is shown: a field means nothing there.
    """
    first, last = domain.full_times[0], domain.full_times[-1]
    if len(domain.full_times) == 1:
        return first, ""
    shown = min(max(time, first), last)
    if len(domain.outside_times(np.array([time]))) == 0:
        return shown, ""
    return shown, f"time {time:g} is outside the trained range {first:g} to {last:g}; showing {shown:g}"
