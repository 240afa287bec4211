"""The same problem one octave coarser, on the kept samples alone: every second frame, every second node."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from stsr_core import scratch
from stsr_core.coordinates import VariableDomain
from stsr_core.fields.interpolation.gaps import filled
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.fields.motion.gate import (
    FEWEST_FOR_LAWS,
    METHODS,
    MOTION_SHRINKS,
    STILL,
    Choice,
    difference_energies,
    roughness,
    safe_weights,
    shrinkage,
    simplex_weights,
)
from stsr_core.fields.motion.halving import halved
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.variable import MovingVariable
from stsr_core.grid import Grid
from stsr_core.kept import evenly

#: Samples that are to be found are so many at most, in some of the frames left out: four of them at least.
_MOST_SAMPLES = 1 << 24
_FEWEST_MOMENTS = 4


@dataclass(frozen=True)
class Rehearsal:
    """What is kept of the kept samples, and what is to be found between.

    Parameters
    ----------
    variable : VariableDomain
        The coarser domain, in the coordinates of the finer one.
    frames : Tensor
        (T, Z, Y, X) its samples; NaN where they are missing.
    moments : list of (axes, truth)
        Of frames left out: normalised axes (t, z, y, x), t of one time, and its samples (z, y, x). All of
        them, or of a large series some, evenly spaced.
    """

    variable: VariableDomain
    frames: torch.Tensor
    moments: list[tuple[tuple[np.ndarray, ...], torch.Tensor]]

    def on_nodes(self) -> Iterator[tuple[tuple[np.ndarray, ...], torch.Tensor]]:
        """The moments on the nodes of :attr:`frames`, where only time is left out."""
        for axes, truth in self.moments:
            z, y, x = (-(-n // m) for n, m in zip(truth.shape, self.frames.shape[1:], strict=True))
            yield (axes[0], axes[1][::z], axes[2][::y], axes[3][::x]), truth[::z, ::y, ::x]

    @classmethod
    def of(
        cls, variable: VariableDomain, frames: torch.Tensor, periodic: Periodic = (False, False, False)
    ) -> Rehearsal | None:
        """The rehearsal of a variable; None with fewer than three frames, or where samples are too few."""
        n = len(frames)
        if n < 3:
            return None
        z, y, x = halved(frames.shape[1:], periodic)
        coarse = replace(variable, grid=_every(variable.grid, (z, y, x)), times=variable.times[::2])
        times, *space = coarse.normalized_axes(variable.grid, np.asarray(variable.times))
        last = [axis[-1] for axis in coarse.normalized_axes(coarse.grid, np.asarray(coarse.times))[1:]]
        space = [axis[axis <= end + 1e-9] for axis, end in zip(space, last, strict=True)]
        inside = tuple(slice(0, len(axis)) for axis in space)
        left_out = np.arange(1, n - (n + 1) % 2, 2)
        most = max(_FEWEST_MOMENTS, _MOST_SAMPLES // math.prod(len(axis) for axis in space))
        chosen = left_out[evenly(len(left_out), most)].tolist()
        moments = [((times[i : i + 1], *space), frames[i][inside]) for i in chosen]
        kept = frames[::2, ::z, ::y, ::x]
        if all(frame.isnan().all() for frame in kept) or all(truth.isnan().all() for _, truth in moments):
            return None
        return cls(coarse, scratch.empty(kept.shape, device=kept.device).copy_(kept), moments)


def unrehearsed(n_steps: int) -> Choice:
    """Weights where nothing can be rehearsed: the spline in space of one step, motion between two frames."""
    return Choice((0.0, 1.0, 0.0, 0.0) if n_steps == 1 else (0.0, 0.0, 1.0, 0.0))


def choose(
    rehearsal: Rehearsal,
    small: MovingVariable,
    true: MovingVariable,
    frames: torch.Tensor,
    still: bool = False,
) -> Choice:
    """Weights of the methods for one variable.

    They differ in time alone, so that known nodes of steps left out say what each is wrong by at twice the
    gap. What they will be wrong by at the true one shrinks by different laws: that of a line as the second
    differences of the kept frames do, that of a spline as the fourth, that of motion as the disagreement
    along trajectories.

    Parameters
    ----------
    rehearsal : Rehearsal
    small, true : MovingVariable
        The rehearsal's frames, and all that were kept, with their motions.
    frames : Tensor
        (T, Z, Y, X) all normalised kept samples; NaN where they are missing.
    still : bool
        The two splines alone.
    """
    n = STILL if still else len(METHODS)
    methods = np.eye(len(METHODS))[:n].tolist()
    gram, count = np.zeros((n, n)), 0
    for axes, truth in rehearsal.on_nodes():
        errors = torch.stack([(truth - small.mixed(axes, alone)[0]).flatten() for alone in methods]).double()
        errors = errors[:, ~errors[0].isnan()]
        gram += (errors @ errors.T).cpu().numpy()
        count += errors.shape[1]
    span = value_span(frames)
    reached = tuple(_psnr(float(energy) / count, span) for energy in np.diagonal(gram))
    energies = difference_energies(frames)
    line, spline = map(shrinkage, energies, difference_energies(frames[::2]))
    moving = min(1.0, true.disagreement() / max(small.disagreement(), 1e-12)) ** MOTION_SHRINKS
    factors = np.array([line, min(line, spline), moving, moving])[:n]
    if len(frames) >= FEWEST_FOR_LAWS:
        gram *= np.outer(factors, factors)
    found = [*simplex_weights(gram).tolist(), *[0.0] * (len(METHODS) - n)]
    rough = roughness(*energies)
    few = len(frames) < FEWEST_FOR_LAWS
    moves = true.features_move() / true.feature_size() if few else 0.0
    return Choice(safe_weights(found, rough, moves), reached, rough)


def coarse_flow(
    rehearsals: Sequence[Rehearsal],
    *,
    periodic: Periodic,
    should_abort: Callable[[], bool] | None = None,
) -> torch.Tensor:
    """Motion (T−1, 3, Z, Y, X) of the coarser frames: of one variable, or what several have in common.

    Parameters
    ----------
    rehearsals : sequence of Rehearsal
        Nodes and times in common.
    periodic, should_abort
        As for :func:`~stsr_core.fields.motion.flow.estimate_flow`.
    """
    missing = torch.stack([rehearsal.frames.isnan() for rehearsal in rehearsals]).any(0)
    frames = torch.stack([filled(rehearsal.frames) for rehearsal in rehearsals], dim=1)
    return estimate_flow(
        frames,
        rehearsals[0].variable.times,
        periodic=periodic,
        known=~missing if missing.any() else None,
        out=scratch.empty((len(frames) - 1, 3, *frames.shape[2:]), torch.float16, frames.device),
        should_abort=should_abort,
    )


def flat(parts: Iterable[torch.Tensor]) -> np.ndarray:
    """All values after each other, float64."""
    return np.concatenate([part.flatten().cpu().numpy() for part in parts]).astype(np.float64)


def value_span(values: torch.Tensor) -> float:
    """Largest minus least value of frames; those that are NaN are left out."""
    known = [step for frame in values if len(step := frame[~frame.isnan()])]
    return max(float(step.max()) for step in known) - min(float(step.min()) for step in known)


def decibels(error: np.ndarray, span: float) -> float:
    """PSNR for values that span ``span``; inf without error, NaN where nothing changes."""
    return _psnr(float(np.mean(error**2)), span)


def _psnr(mean: float, span: float) -> float:
    if mean == 0 or span == 0:
        return float("nan") if span == 0 else float("inf")
    return 20 * float(np.log10(span)) - 10 * float(np.log10(mean))


def _every(grid: Grid, steps: Sequence[int]) -> Grid:
    """Every so many-th node of each axis (z, y, x)."""
    shape = tuple(-(-n // step) for n, step in zip(grid.shape, steps, strict=True))
    spacing = tuple(s * step for s, step in zip(grid.spacing, steps, strict=True))
    return Grid(shape, grid.origin, spacing, grid.direction)  # type: ignore[arg-type]
