"""How far values may be off, without ground truth: what the rehearsal was wrong by, scaled to the true gap.

Where the frames before and after disagree along a trajectory, where values change fast or bend, there the
rehearsal was wrong, and there the field will be. How much is learnt from it: |error| ≈ Σ cᵢ · signᵢ by
non-negative least squares, once for what is missing in time (on known nodes of steps left out) and once for
what is missing in space (between the nodes of kept steps). The size shrinks from the doubled gap to the true
one as the disagreement does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from stsr_core.fields.base import Sampler, as_arrays
from stsr_core.fields.motion.flow import gradient, magnitude
from stsr_core.fields.motion.gate import MOTION_SHRINKS
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.rehearsal import Rehearsal
from stsr_core.fields.motion.smoothing import smoothed
from stsr_core.fields.motion.trajectories import Ends
from stsr_core.fields.motion.upsampling import spline_matrix
from stsr_core.fields.motion.variable import MovingVariable
from stsr_core.kept import evenly

#: Signs of an error in time, and of one in space.
N_TIME, N_SPACE = 5, 3
#: Numbers of a variable: coefficients of the signs, then standard error and 90 % quantile, of either kind.
N_NUMBERS = N_TIME + N_SPACE + 4
#: Steps that are looked at, and most points of them.
_STEPS, _POINTS = 6, 200_000
_FLOOR = 0.05  # share of the standard error where there is no sign of any
#: What is found of the error in time (of many and of few kept steps) and in space, over what was foreseen.
_TIME, _TIME_OF_FEW, _SPACE = 0.75, 1.0, 0.45
_MANY = 9


@dataclass(frozen=True)
class Spread:
    """Error bars of one variable, normalised, at normalised axes (t, z, y, x): 0 on kept samples.

    About nine in ten values lie within ``half_width`` of the truth. Where a network narrows them fewer do:
    they shrink as the mean square does, which is mostly that of the largest errors where values jump.
    """

    standard_error: Sampler
    half_width: Sampler


def learned(
    small: MovingVariable,
    rehearsal: Rehearsal,
    weights: Sequence[float],
    true: MovingVariable,
) -> list[float]:
    """The :data:`N_NUMBERS` numbers of a variable.

    Parameters
    ----------
    small : MovingVariable
        Of the rehearsal.
    weights : sequence of float
        Of the methods, as they will be used.
    true : MovingVariable
        With all that was kept.
    """
    closed = true.periodic
    in_time, in_space, coarser = [], [], []
    for nodes, truth in _some(list(rehearsal.on_nodes())):
        error = (small.mixed(nodes, weights)[0] - truth).abs()
        signs = _time_signs(small.ends(float(nodes[0][0])), closed)
        in_time.append((signs[:, : error.shape[0], : error.shape[1], : error.shape[2]], error))
    space = rehearsal.moments[0][0][1:]
    between = _phase(small, space) > 0.5
    finer = [true.frames_at(i)[tuple(slice(0, len(a)) for a in space)] for i in range(0, len(true.times), 2)]
    for time, truth in _some(list(zip(small.times, finer, strict=True))):
        error = (small.mixed((np.array([time]), *space), weights)[0] - truth).abs()
        signs = _space_signs(small.ends(float(time)), closed)
        signs = torch.stack([small.upsampled(sign, space) for sign in signs])
        in_space.append((signs[:, between], error[between]))
        if (rough := _coarser_error(truth)) is not None:
            coarser.append(rough)
    middles = [(a + b) / 2 for a, b in _some(list(zip(true.times, true.times[1:], strict=False)))]
    now = [_time_signs(true.ends(float(t)), closed) for t in middles]
    disagreement = _rms([s[0] for s in now]) / max(_rms([s[0] for s, _ in in_time]), 1e-12)
    share = _TIME if len(true.times) >= _MANY else _TIME_OF_FEW
    of_time = _fitted(in_time, now, share * min(1.0, disagreement) ** MOTION_SHRINKS)
    gain = _rms([error for _, error in in_space]) / max(_rms(coarser), 1e-12) if coarser else 0.5
    still = [_space_signs(true.ends(float(t)), closed) for t in _some(true.times.tolist())]
    of_space = _fitted(in_space, still, _SPACE * min(1.0, gain))
    return [*of_time, *of_space]


def spread(moving: MovingVariable, numbers: Sequence[float], share: float = 1.0) -> Spread:
    """Error bars from the numbers of :func:`learned`; ``share`` is what a network leaves of the error."""
    of_time, of_space = numbers[: N_TIME + 2], numbers[N_TIME + 2 :]
    held: dict[float, tuple[torch.Tensor, torch.Tensor]] = {}

    def on_nodes(time: float) -> tuple[torch.Tensor, torch.Tensor]:
        if time not in held:
            held.clear()  # neighbouring tiles ask for the same time
            ends = moving.ends(time)
            held[time] = (
                _scored(_time_signs(ends, moving.periodic), of_time) * (share * _time_phase(ends.phase)),
                _scored(_space_signs(ends, moving.periodic), of_space) * share,
            )
        return held[time]

    def sampler(factors: tuple[float, float]) -> Sampler:
        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            times, *space = as_arrays(axes)
            phase = _phase(moving, space).to(axes[0].device)
            out = torch.empty([len(axis) for axis in axes], device=axes[0].device)
            for values, time in zip(out, times, strict=True):
                in_time, in_space = (moving.upsampled(part, space) for part in on_nodes(float(time)))
                values.copy_(torch.hypot(factors[0] * in_time, factors[1] * in_space * phase))
            return out

        return sample

    return Spread(sampler((1.0, 1.0)), sampler((of_time[-1], of_space[-1])))


def _time_signs(ends: Ends, periodic: Periodic) -> torch.Tensor:
    """On the nodes, (5, Z, Y, X): disagreement, what motion and outer frames change, change, slope."""
    q = min(ends.phase, 1.0)
    motion = (1 - q) * (ends.before - ends.first) + q * (ends.after - ends.last)
    slope = magnitude(gradient((ends.before + ends.after) / 2, periodic))
    changes = [ends.after - ends.before, motion, ends.outer, ends.last - ends.first]
    return smoothed(torch.stack([*(change.abs() for change in changes), slope]), 1.0, periodic)


def _space_signs(ends: Ends, periodic: Periodic) -> torch.Tensor:
    """On the nodes, (3, Z, Y, X): how values bend, in a narrow and a wide window, and their slope."""
    q = min(ends.phase, 1.0)
    slopes = gradient((1 - q) * ends.before + q * ends.after, periodic)
    bend = magnitude([gradient(slope, periodic)[i] for i, slope in enumerate(slopes)])
    windows = ((bend, 0.5), (bend, 1.5), (magnitude(slopes), 0.5))
    return torch.stack([smoothed(part, width, periodic) for part, width in windows])


def _time_phase(phase: float) -> float:
    """0 at a kept step, 1 half-way to the next and after the last one."""
    return 4 * phase * (1 - phase) if phase <= 1 else 1.0


def _phase(moving: MovingVariable, space: Sequence[np.ndarray]) -> torch.Tensor:
    """0 on the nodes, 1 half-way along any axis and outside of them, (Z, Y, X)."""
    kept = torch.ones(())
    for i, index in enumerate(moving.indices(space)):
        part = np.mod(index, 1.0)
        known = (1 - 2 * part) ** 2
        if not moving.periodic[i]:
            known = np.where((index < -1e-6) | (index > len(moving.space[i]) - 1 + 1e-6), 0.0, known)
        kept = kept[..., None] * torch.as_tensor(known, dtype=torch.float32)
    return 1 - kept


def _fitted(
    seen: Sequence[tuple[torch.Tensor, torch.Tensor]], signs: Sequence[torch.Tensor], shrinks: float
) -> list[float]:
    """Coefficients of the signs, standard error, 90 % quantile over that, for ``signs`` to come."""
    from scipy.optimize import nnls

    rows = np.concatenate([s.flatten(1).cpu().numpy() for s, _ in seen], axis=1).astype(np.float64)
    error = np.concatenate([e.flatten().cpu().numpy() for _, e in seen]).astype(np.float64)
    known = np.flatnonzero(~np.isnan(error))
    if len(known) > _POINTS:
        known = np.random.default_rng(0).choice(known, _POINTS, replace=False)
    rows, error = rows[:, known], error[known]
    size = float(np.sqrt(np.mean(error**2))) if len(error) else 0.0
    if size == 0:
        return [0.0] * (len(rows) + 2)
    scale = np.maximum(rows.max(1), 1e-30)
    found = nnls((rows / scale[:, None]).T, error / size)[0] / scale
    score = found @ rows
    usual = np.sqrt(np.mean(score**2))
    ratio = error / (size * (score / max(usual, 1e-30) + _FLOOR))
    to_come = np.concatenate([np.tensordot(found, s.cpu().numpy(), 1).ravel() for s in signs])
    coefficients = found / max(float(np.sqrt(np.mean(to_come**2))), 1e-30)
    return [*coefficients.tolist(), size * shrinks, float(np.quantile(ratio, 0.9))]


def _scored(signs: torch.Tensor, numbers: Sequence[float]) -> torch.Tensor:
    """Standard error on the nodes, (Z, Y, X)."""
    *coefficients, size, _ = numbers
    return size * (torch.tensordot(signs.new_tensor(coefficients), signs, 1) + _FLOOR)


def _coarser_error(truth: torch.Tensor) -> torch.Tensor | None:
    """What a spline of every fourth node is wrong by; None where an axis is too short for one."""
    values, inside = truth, truth
    for axis, n in enumerate(truth.shape):
        if n == 1:
            continue
        nodes = (n - 1) // 4 + 1
        if nodes < 3:
            return None
        matrix = spline_matrix(nodes, 4).to(truth)
        kept = values.index_select(axis, torch.arange(0, n, 4, device=truth.device)[:nodes])
        values = torch.tensordot(matrix, kept, dims=([1], [axis])).movedim(0, axis)
        inside = inside.narrow(axis, 0, len(matrix))
    return (values - inside).abs()


def _rms(parts: Sequence[torch.Tensor]) -> float:
    squares = torch.cat([part.flatten().double() for part in parts]).square()
    return float(squares.nanmean().sqrt()) if len(squares) else 0.0


def _some(things: Sequence) -> list:  # type: ignore[type-arg]
    """At most :data:`_STEPS` of them, evenly spaced."""
    return [things[i] for i in evenly(len(things), _STEPS)]
