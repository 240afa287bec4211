"""How far values may be off, without ground truth: what the rehearsal was wrong by, scaled to the true gap.

Where the frames before and after disagree along a trajectory, where values change fast or bend, there the
rehearsal was wrong, and there the field will be. How much is learnt from it: |error| ≈ Σ cᵢ · signᵢ by
non-negative least squares, once for what is missing in time (on known nodes of steps left out) and once for
what is missing in space (between the nodes of kept steps). The size shrinks from the doubled gap to the true
one as the disagreement does. For a network see :mod:`stsr_core.fields.mixture.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch

from stsr_core.fields.base import Sampler, as_arrays
from stsr_core.fields.motion.gate import MOTION_SHRINKS
from stsr_core.fields.motion.rehearsal import Rehearsal
from stsr_core.fields.motion.signs import N_SPACE, N_TIME, MotionSigns, Signs
from stsr_core.fields.motion.upsampling import spline_matrix
from stsr_core.fields.motion.variable import MovingVariable
from stsr_core.kept import evenly

#: Numbers of a variable: coefficients of the signs, then standard error and 90 % quantile, of either kind.
N_NUMBERS = N_TIME + N_SPACE + 4
#: Steps that are looked at, and most points of them.
_STEPS, _POINTS = 6, 200_000
#: Share of the standard error where there is no sign of any.
SHARE_ANYWHERE = 0.05
#: What is found of the error in time (of many and of few kept steps) and in space, over what was foreseen.
_TIME, _TIME_OF_FEW, _SPACE = 0.75, 1.0, 0.45
_MANY = 9
_SPLINE = (0.0, 1.0, 0.0, 0.0)  # weights of the methods; between the nodes of a kept step all are this one

#: Signs (n, …) and the errors (…) at the same points.
Seen: TypeAlias = Sequence[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Spread:
    """Error bars of one variable, normalised, at normalised axes (t, z, y, x): 0 on kept samples.

    About nine in ten values lie within ``half_width`` of the truth.
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
    in_time, in_space = rehearsed(
        small, rehearsal, true, MotionSigns(true.periodic), lambda axes: small.mixed(axes, weights)[0]
    )
    now, still = to_come(true)
    disagreement, gain = shrinking(small, rehearsal, true, in_time, now)
    share = _TIME if len(true.times) >= _MANY else _TIME_OF_FEW
    return [
        *_fitted(in_time, now, share * disagreement**MOTION_SHRINKS),
        *_fitted(in_space, still, _SPACE * gain),
    ]


def rehearsed(
    small: MovingVariable,
    rehearsal: Rehearsal,
    true: MovingVariable,
    signs: Signs,
    found: Callable[[tuple[np.ndarray, ...]], torch.Tensor],
) -> tuple[Seen, Seen]:
    """What a method is wrong by on the nodes of steps left out, and between those of steps kept.

    Parameters
    ----------
    small, true : MovingVariable
        Of the rehearsal, and with all that was kept.
    signs : Signs
        Of the rehearsal.
    found : callable
        Normalised axes (t, z, y, x) with one time → the method's values (Z, Y, X).
    """
    in_time, in_space = [], []
    for nodes, truth in _some(list(rehearsal.on_nodes())):
        time = float(nodes[0][0])
        error = (found(nodes) - truth).abs()
        seen = signs.in_time(time, small.ends(time))
        in_time.append((seen[:, : error.shape[0], : error.shape[1], : error.shape[2]], error))
    for time, space, truth in _kept(small, rehearsal, true):
        between = _phase(small, space) > 0.5
        error = (found((np.array([time]), *space)) - truth).abs()
        seen = torch.stack([small.upsampled(s, space) for s in signs.in_space(time, small.ends(time))])
        in_space.append((seen[:, between], error[between]))
    return in_time, in_space


def to_come(true: MovingVariable) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Motion's signs in time and in space, (n, Z, Y, X) each, with all that was kept."""
    signs, middles = MotionSigns(true.periodic), (true.times[:-1] + true.times[1:]) / 2
    now = [signs.in_time(t, true.ends(t)) for t in _some(middles.tolist())]
    return now, [signs.in_space(t, true.ends(t)) for t in _some(true.times.tolist())]


def shrinking(
    small: MovingVariable,
    rehearsal: Rehearsal,
    true: MovingVariable,
    in_time: Seen,
    now: Sequence[torch.Tensor],
) -> tuple[float, float]:
    """How much smaller things are at the true gap, in (0, 1].

    Of the disagreement along trajectories, from the rehearsal's ``in_time`` to ``now``; and of the error of a
    spline in space, from every fourth node to every second one.
    """
    disagreement = rms([s[0] for s in now]) / max(rms([s[0] for s, _ in in_time]), 1e-12)
    finer, coarser = [], []
    for time, space, truth in _kept(small, rehearsal, true):
        error = small.mixed((np.array([time]), *space), _SPLINE)[0] - truth
        finer.append(error[_phase(small, space) > 0.5])
        if (rough := _coarser_error(truth)) is not None:
            coarser.append(rough)
    gain = rms(finer) / max(rms(coarser), 1e-12) if coarser else 0.5
    return min(1.0, disagreement), min(1.0, gain)


def _kept(
    small: MovingVariable, rehearsal: Rehearsal, true: MovingVariable
) -> list[tuple[float, tuple[np.ndarray, ...], torch.Tensor]]:
    """Steps that the rehearsal kept: time, axes (z, y, x) of all nodes known, and the samples there."""
    space = rehearsal.moments[0][0][1:]
    inside = tuple(slice(0, len(axis)) for axis in space)
    return [
        (float(small.times[i]), space, true.frames_at(2 * i)[inside]) for i in _some(range(len(small.times)))
    ]


def spread(moving: MovingVariable, numbers: Sequence[float], signs: Signs, n_time: int) -> Spread:
    """Error bars of what has the numbers.

    Parameters
    ----------
    numbers : sequence of float
        For what is missing in time, then in space: coefficients of the signs, standard error where these
        are worth 1, half-width of the 90 % interval over the standard error.
    signs : Signs
        As many as there are coefficients.
    n_time : int
        How many of them are in time.
    """
    of_time, of_space = numbers[: n_time + 2], numbers[n_time + 2 :]
    held: dict[float, tuple[torch.Tensor, torch.Tensor]] = {}

    def on_nodes(time: float) -> tuple[torch.Tensor, torch.Tensor]:
        if time not in held:
            held.clear()  # neighbouring tiles ask for the same time
            ends = moving.ends(time)
            held[time] = (
                _scored(signs.in_time(time, ends), of_time) * _time_phase(ends.phase),
                _scored(signs.in_space(time, ends), of_space),
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


def table(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Signs (n, P) and errors (P,), float64, of :data:`_POINTS` points at most and none that is NaN."""
    rows = np.concatenate([s.flatten(1).cpu().numpy() for s, _ in seen], axis=1)
    error = np.concatenate([e.flatten().cpu().numpy() for _, e in seen]).astype(np.float64)
    known = np.flatnonzero(~np.isnan(error))
    if len(known) > _POINTS:
        known = np.random.default_rng(0).choice(known, _POINTS, replace=False)
    return rows[:, known].astype(np.float64), error[known]


def _fitted(seen: Seen, signs: Sequence[torch.Tensor], shrinks: float) -> list[float]:
    """Coefficients of the signs, standard error, 90 % quantile over that, for ``signs`` to come."""
    from scipy.optimize import nnls

    rows, error = table(seen)
    size = float(np.sqrt(np.mean(error**2))) if len(error) else 0.0
    if size == 0:
        return [0.0] * (len(rows) + 2)
    scale = np.maximum(rows.max(1), 1e-30)
    found = nnls((rows / scale[:, None]).T, error / size)[0] / scale
    score = found @ rows
    usual = np.sqrt(np.mean(score**2))
    ratio = error / (size * (score / max(usual, 1e-30) + SHARE_ANYWHERE))
    coefficients = found / max(rms([torch.tensordot(s.new_tensor(found), s, 1) for s in signs]), 1e-30)
    return [*coefficients.tolist(), size * shrinks, float(np.quantile(ratio, 0.9))]


def _scored(signs: torch.Tensor, numbers: Sequence[float]) -> torch.Tensor:
    """Standard error on the nodes, (Z, Y, X)."""
    *coefficients, size, _ = numbers
    return size * (torch.tensordot(signs.new_tensor(coefficients), signs, 1) + SHARE_ANYWHERE)


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


def rms(parts: Sequence[torch.Tensor]) -> float:
    """Root mean square of all values that are not NaN; 0 of none."""
    squares = torch.cat([part.flatten().double() for part in parts]).square()
    return float(squares.nanmean().sqrt()) if len(squares) else 0.0


def _some(things: Sequence) -> list:  # type: ignore[type-arg]
    """At most :data:`_STEPS` of them, evenly spaced."""
    return [things[i] for i in evenly(len(things), _STEPS)]
