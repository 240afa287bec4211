"""The same problem one octave coarser, on the kept samples alone: every second frame, every second node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from stsr_core.coordinates import VariableDomain
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.fields.motion.gate import METHODS, Choice, roughness, safe_weights, simplex_weights
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.variable import MovingVariable
from stsr_core.grid import Grid

#: An axis with fewer nodes keeps all of them.
_SHORTEST = 4


def choose(
    variable: VariableDomain,
    frames: torch.Tensor,
    *,
    scale: int,
    fine: bool,
    periodic: Periodic,
    should_abort: Callable[[], bool] | None = None,
) -> Choice:
    """Weights of the methods for one variable.

    Parameters
    ----------
    variable : VariableDomain
    frames : Tensor
        (T, Z, Y, X) normalised kept samples.
    scale, fine, periodic
        As for the field itself.

    Notes
    -----
    One frame leaves the spline in space, two leave motion between two frames: nothing can be rehearsed.
    """
    n = len(frames)
    if n < 3:
        return Choice((0.0, 1.0, 0.0, 0.0) if n == 1 else (0.0, 0.0, 1.0, 0.0))
    steps = [2 if size >= _SHORTEST else 1 for size in frames.shape[1:]]
    z, y, x = steps
    coarse = replace(variable, grid=_every(variable.grid, steps), times=variable.times[::2])
    kept = frames[::2, ::z, ::y, ::x].contiguous()
    flow = estimate_flow(kept[:, None], coarse.times, fine=fine, periodic=periodic, should_abort=should_abort)
    moving = MovingVariable(coarse, kept, flow, scale, periodic)
    # Where nothing was left out in space, nothing is to be interpolated there in the rehearsal either.
    target = variable.grid if variable.full_grid.shape != variable.grid.shape else coarse.grid
    axes = coarse.normalized_axes(target, np.asarray(variable.times))
    inside = [axis[axis <= last[-1] + 1e-9] for axis, last in zip(axes[1:], moving.space, strict=True)]
    predictions: list[list[np.ndarray]] = [[] for _ in METHODS]
    truths = []
    for i in range(1, n - (n + 1) % 2, 2):
        step = frames[i] if target is variable.grid else frames[i, ::z, ::y, ::x]
        truths.append(step[tuple(slice(0, len(axis)) for axis in inside)].flatten().cpu().numpy())
        for m in range(len(METHODS)):
            alone = [float(m == k) for k in range(len(METHODS))]
            values = moving.mixed((axes[0][i : i + 1], *inside), alone)
            predictions[m].append(values.flatten().cpu().numpy())
    truth = np.concatenate(truths).astype(np.float64)
    flat = [np.concatenate(parts).astype(np.float64) for parts in predictions]
    rehearsed = simplex_weights(flat, truth)
    span = float(frames.max() - frames.min()) or 1.0
    decibels = tuple(float(_psnr(truth - values, span)) for values in flat)
    rough = roughness(frames)
    return Choice(safe_weights(rehearsed.tolist(), rough), decibels, rough)


def _psnr(error: np.ndarray, span: float) -> float:
    mean = float(np.mean(error**2))
    return float("inf") if mean == 0 else 20 * np.log10(span) - 10 * np.log10(mean)


def _every(grid: Grid, steps: list[int]) -> Grid:
    """Every so many-th node of each axis (z, y, x)."""
    shape = tuple(-(-n // step) for n, step in zip(grid.shape, steps, strict=True))
    spacing = tuple(s * step for s, step in zip(grid.spacing, steps, strict=True))
    return Grid(shape, grid.origin, spacing, grid.direction)  # type: ignore[arg-type]
