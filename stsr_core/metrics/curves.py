"""A measure over the steps of a series: its curve, and its means over kept, unseen and all steps.

Steps that the model was trained on and steps that it had to synthesise are never averaged into one number
without the two others beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StepMean:
    """A mean over those steps where a measure is defined.

    Parameters
    ----------
    mean : float
        Over the values that are not NaN; NaN when there is none. +inf for a PSNR with a step that is
        reproduced exactly: such a step is not left out, a mean without the best steps would be too low.
    count : int
        Number of values in the mean.
    undefined : int
        Number of steps left out because the measure is NaN there (constant ground truth, empty surface).
    """

    mean: float
    count: int
    undefined: int


def mean_over_steps(values: Sequence[float] | np.ndarray) -> StepMean:
    """Mean of the values that are not NaN, in float64, with the number of those that are.

    Parameters
    ----------
    values : sequence of float
        One per step (T,).

    Examples
    --------
    >>> mean_over_steps([1.0, float("nan"), 3.0])
    StepMean(mean=2.0, count=2, undefined=1)
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"values must be one number per step, got shape {array.shape}")
    defined = array[~np.isnan(array)]
    mean = float(defined.mean()) if defined.size else math.nan
    return StepMean(mean, int(defined.size), int(array.size - defined.size))


@dataclass(frozen=True)
class StepCurve:
    """The values of one measure of one variable over the steps; made by :func:`step_curve`.

    Parameters
    ----------
    variable, measure : str
        For instance "T" and "PSNR (dB)".
    times : tuple of float
        Physical time of each step.
    values : tuple of float
        The measure at each step; NaN where it is undefined.
    kept : tuple of bool
        True for a step that the model was trained on, False for an unseen one.
    """

    variable: str
    measure: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    kept: tuple[bool, ...]

    @property
    def mean(self) -> StepMean:
        """Over all steps: what the papers report."""
        return mean_over_steps(self.values)

    @property
    def kept_mean(self) -> StepMean:
        """Over the steps the model was trained on."""
        return self._mean_where(True)

    @property
    def unseen_mean(self) -> StepMean:
        """Over the synthesised steps."""
        return self._mean_where(False)

    def _mean_where(self, kept: bool) -> StepMean:
        return mean_over_steps([v for v, k in zip(self.values, self.kept, strict=True) if k is kept])

    def rows(self) -> list[dict[str, Any]]:
        """One row per step, of plain Python values: the table of the curve.

        Examples
        --------
        >>> step_curve("T", "PSNR (dB)", [30.0, 20.0], kept=[0]).rows()[1]
        {'variable': 'T', 'measure': 'PSNR (dB)', 'step': 1, 'time': 1.0, 'kept': False, 'value': 20.0}
        """
        return [
            {
                "variable": self.variable,
                "measure": self.measure,
                "step": step,
                "time": time,
                "kept": kept,
                "value": value,
            }
            for step, (time, kept, value) in enumerate(zip(self.times, self.kept, self.values, strict=True))
        ]

    def summary(self) -> dict[str, Any]:
        """One row for the whole curve, of plain Python values: three means and what they leave out.

        Examples
        --------
        >>> row = step_curve("T", "PSNR (dB)", [30.0, 20.0, 22.0], kept=[0]).summary()
        >>> row["mean"], row["kept_mean"], row["unseen_mean"], row["undefined"]
        (24.0, 30.0, 21.0, 0)
        """
        return {
            "variable": self.variable,
            "measure": self.measure,
            "mean": self.mean.mean,
            "kept_mean": self.kept_mean.mean,
            "unseen_mean": self.unseen_mean.mean,
            "steps": len(self.values),
            "kept": sum(self.kept),
            "undefined": self.mean.undefined,
        }


def step_curve(
    variable: str,
    measure: str,
    values: Sequence[float] | np.ndarray,
    *,
    kept: Sequence[int] | Sequence[bool] | np.ndarray,
    times: Sequence[float] | np.ndarray | None = None,
) -> StepCurve:
    """The curve of a measure, checked and as plain Python numbers.

    Parameters
    ----------
    variable, measure : str
    values : sequence of float
        One per step (T,), for instance from :func:`~stsr_core.metrics.psnr_per_step`.
    kept : sequence of bool or of int
        The steps the model was trained on: one flag per step (T,), or the indices of those steps.
    times : sequence of float, optional
        Physical times (T,); 0, 1, 2, … when not given.

    Raises
    ------
    ValueError
        ``values`` is empty or no list, ``kept`` or ``times`` do not fit it.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0:
        raise ValueError(f"values must be one number per step, got shape {numbers.shape}")
    n_steps = len(numbers)
    when = np.arange(n_steps, dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64)
    if when.shape != numbers.shape:
        raise ValueError(f"times must be one per step ({n_steps}), got shape {when.shape}")
    return StepCurve(
        variable,
        measure,
        tuple(when.tolist()),
        tuple(numbers.tolist()),
        tuple(_kept_flags(kept, n_steps).tolist()),
    )


def _kept_flags(kept: Sequence[int] | Sequence[bool] | np.ndarray, n_steps: int) -> np.ndarray:
    given = np.asarray(kept)
    if given.dtype == bool:
        if given.shape != (n_steps,):
            raise ValueError(f"kept must be one flag per step ({n_steps}), got shape {given.shape}")
        return given
    flags = np.zeros(n_steps, dtype=bool)
    if given.size == 0:
        return flags
    if not np.issubdtype(given.dtype, np.integer):
        raise TypeError(f"kept must be flags or indices of steps, got {given.dtype}")
    if given.min() < 0 or given.max() >= n_steps:
        raise ValueError(
            f"kept must be indices of steps from 0 to {n_steps - 1}, got {given.min()} to {given.max()}"
        )
    flags[given] = True
    return flags
