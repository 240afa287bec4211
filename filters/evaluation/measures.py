"""The measures of one case on one variable, step by step, and their means over kept and unseen steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stsr_filters.evaluation.settings import Stopped
from stsr_filters.evaluation.truth import Truth

#: Key → (name, unit, whether more is better), in the order of tables and figures.
MEASURES = {
    "psnr": ("PSNR", "dB", True),
    "ssim": ("SSIM", "", True),
    "lpips": ("LPIPS", "", False),
    "cd": ("CD", "voxels", False),
}
_SSIM_WINDOW = 11


@dataclass(frozen=True)
class Means:
    """Means over the steps of a series; NaN where there is no step of a kind, or none is defined.

    Parameters
    ----------
    all : float
        Over every step of the series: the means of the kinds, weighted by how many steps are of each kind.
    kept, unseen, after : float
        Steps that were kept, left out between two kept ones, and left out after the last kept one.
    measured, undefined : int
        Steps measured; those of them where the measure is not defined.
    """

    all: float
    kept: float
    unseen: float
    after: float
    measured: int
    undefined: int


def means(values: Mapping[int, float], kinds: Sequence[Sequence[int]]) -> Means:
    """Means of the values of some steps, by the kinds of :func:`stsr_core.measuring.comparison.step_kinds`.

    Examples
    --------
    One of two kept and one of one unseen steps was measured: (2·30 + 1·24)/3.

    >>> means({0: 30.0, 1: 24.0}, ([0, 2], [1], [])).all
    28.0
    """
    parts = [[values[i] for i in kind if i in values and not math.isnan(values[i])] for kind in kinds]
    each = [float(np.mean(part)) if part else math.nan for part in parts]
    known = [(mean, len(kind)) for mean, kind in zip(each, kinds, strict=True) if not math.isnan(mean)]
    total = sum(m * n for m, n in known) / sum(n for _, n in known) if known else math.nan
    return Means(total, *each, len(values), sum(math.isnan(v) for v in values.values()))


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

    values: dict[str, dict[int, float]] = field(default_factory=lambda: {key: {} for key in MEASURES})
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
    from stsr_core.metrics import chamfer_of_isosurfaces, lpips_distance, psnr_per_step

    expected = truth.variable.step(i)
    finite = np.isfinite(expected)
    mask = None if finite.all() else finite
    values = result.values
    values["psnr"][i] = float(psnr_per_step(expected[None], prediction[None], mask=mask)[0])
    values["ssim"][i] = _ssim(expected, prediction, mask)
    if truth.isovalue is not None:
        values["cd"][i] = chamfer_of_isosurfaces(expected, prediction, truth.isovalue, mask=mask)
    if i in truth.volumes and truth.look is not None:
        result.volumes[i] = truth.look.volume(truth.variable.grid, prediction)
        if with_lpips:
            values["lpips"][i] = lpips_distance(truth.volumes[i], result.volumes[i])
    if i in truth.surfaces and truth.look is not None:
        result.surfaces[i] = truth.look.surface(truth.variable.grid, prediction)


def _ssim(truth: np.ndarray, prediction: np.ndarray, mask: np.ndarray | None) -> float:
    """SSIM; NaN where no window lies inside the volume and the mask, or the ground truth is constant."""
    from stsr_core.metrics import ssim, value_range

    if any(1 < n < _SSIM_WINDOW for n in truth.shape) or max(truth.shape) == 1:
        return math.nan
    data_range = value_range(truth, mask=mask)
    if not data_range > 0:
        return math.nan
    try:
        return ssim(truth, prediction, data_range=data_range, mask=mask)
    except ValueError:
        if mask is None:
            raise
        return math.nan
