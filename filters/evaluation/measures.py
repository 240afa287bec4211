"""The measures of one case on one variable, step by step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stsr_core.interrupts import Stopped
from stsr_core.metrics.table import MEASURES, Pictures, Volumes
from stsr_filters.evaluation.truth import Truth

#: The measures of tables and figures, by key.
REPORTED = {key: row for key, row in MEASURES.items() if row.in_reports}


@dataclass
class Result:
    """What one case gives on one variable.

    Parameters
    ----------
    values : dict
        Measure → step → value, the steps increasing.
    step_seconds : float
        Mean time to evaluate one step.
    volumes, surfaces : dict of int to ndarray
        Renderings (H, W, 3) by step: volume renderings, and the isosurface of the step shown.
    """

    values: dict[str, dict[int, float]] = field(default_factory=lambda: {key: {} for key in REPORTED})
    step_seconds: float = math.nan
    volumes: dict[int, np.ndarray] = field(default_factory=dict)
    surfaces: dict[int, np.ndarray] = field(default_factory=dict)


def measure(
    one: Any,
    truth: Truth,
    *,
    device: str = "auto",
    with_lpips: bool = True,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Result:
    """Evaluate a field at the measured steps of its variable and compare with the ground truth.

    Parameters
    ----------
    one : Field
    truth : Truth
    with_lpips : bool
        Compare the renderings by LPIPS as well.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    result = Result()
    seconds = []
    for done, i in enumerate(truth.measured):
        if should_stop is not None and should_stop():
            raise Stopped
        started = time.monotonic()
        prediction = prediction_of(one, truth, i, device)
        seconds.append(time.monotonic() - started)
        _compare(result, truth, i, prediction, with_lpips)
        if on_progress is not None:
            on_progress((done + 1) / len(truth.measured))
    result.step_seconds = float(np.mean(seconds))
    return result


def prediction_of(one: Any, truth: Truth, i: int, device: str = "auto") -> np.ndarray:
    """Step ``i`` (Z, Y, X) as the field has it."""
    from stsr_core.inference import evaluate

    variable = truth.variable
    when = variable.times[i : i + 1]
    return evaluate(one, variable.grid, when, variable.name, device=device)[0]


def _compare(result: Result, truth: Truth, i: int, prediction: np.ndarray, with_lpips: bool) -> None:
    expected = truth.variable.step(i)
    finite = np.isfinite(expected) & ~np.isnan(prediction)
    mask = None if finite.all() else finite
    if finite.any():
        _take(result, i, Volumes(expected, prediction, mask, isovalue=truth.isovalue, cells=truth.cells))
    else:
        for key in (key for key, row in REPORTED.items() if not row.of_pictures):
            result.values[key][i] = math.nan
    if i in truth.volumes and truth.look is not None:
        result.volumes[i] = truth.look.volume(truth.variable.grid, prediction)
        if with_lpips:
            _take(result, i, Pictures(truth.volumes[i], result.volumes[i]))
    if i in truth.surfaces and truth.look is not None:
        result.surfaces[i] = truth.look.surface(truth.variable.grid, prediction)


def _take(result: Result, i: int, given: Volumes | Pictures) -> None:
    for key, row in REPORTED.items():
        if row.of_pictures == isinstance(given, Pictures):
            value = row.value(given)
            if value is not None:
                result.values[key][i] = value
