"""How far a mixture with a network may be off, without ground truth.

A network lessens the few large errors where values jump, and adds small ones everywhere: motion's error bars
made smaller by one number would miss both. So the errors of the mixture itself, in its rehearsal, are laid to
motion's signs and to the network's own: what it adds, and what it misses where the samples are known. What
goes with motion's signs shrinks to the true gap by motion's laws; the network's are seen there as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from stsr_core.fields.mixture.detail import SCALE, NetworkFrames
from stsr_core.fields.motion.errors import (
    SHARE_ANYWHERE,
    Seen,
    rehearsed,
    rms,
    shrinking,
    table,
    to_come,
)
from stsr_core.fields.motion.gate import MOTION_SHRINKS
from stsr_core.fields.motion.rehearsal import Rehearsal
from stsr_core.fields.motion.signs import N_SPACE, N_TIME, MotionSigns, Signs
from stsr_core.fields.motion.smoothing import smoothed
from stsr_core.fields.motion.trajectories import Ends, Moment
from stsr_core.fields.motion.variable import MovingVariable

#: Signs of an error in time, and of one in space: those of motion, then those of the network.
N_TIME_SIGNS, N_SPACE_SIGNS = N_TIME + 3, N_SPACE + 2
#: Numbers of a variable, as of :func:`stsr_core.fields.motion.errors.spread`.
N_NUMBERS = N_TIME_SIGNS + N_SPACE_SIGNS + 4
#: Windows of the network's signs, in nodes.
_IN_TIME, _IN_SPACE = 0.5, 1.0
#: Passes of the fit, each of which weighs errors by what the one before foresaw.
_PASSES = 6
#: What is found of an error at the true gap, over what its signs there foresee: set, as the windows were, by
#: what four series with ground truth showed (tornado, vortex, two of viscous fingers; every 4th step kept).
LEFT = 0.8
_LEAST = 0.002  # share of the RMS error that is foreseen where there is no sign of any


class MixtureSigns:
    """The signs of motion, then those of a network; see :class:`~stsr_core.fields.motion.signs.Signs`.

    In time: its detail as it is carried, its change, and what it misses on the nodes. In space: its detail
    around each node, and what it misses.

    Parameters
    ----------
    moving : MovingVariable
        What motion makes of the variable.
    frames : NetworkFrames
        The network at the kept steps.
    added : callable
        Normalised time → the network's detail and change on the kept nodes, (Z, Y, X) each.
    """

    def __init__(
        self,
        moving: MovingVariable,
        frames: NetworkFrames,
        added: Callable[[float], Sequence[torch.Tensor | None]],
    ) -> None:
        self._moving, self._frames, self._added = moving, frames, added
        self._motion = MotionSigns(moving.periodic)

    def in_time(self, time: float, ends: Ends) -> torch.Tensor:
        """(:data:`N_TIME_SIGNS`, Z, Y, X)"""
        parts = [part.abs() for part in self._added(time) if part is not None]
        _, missed = self._known(time)
        network = smoothed(torch.stack([*parts, missed]), _IN_TIME, self._moving.periodic)
        return torch.cat([self._motion.in_time(time, ends), network])

    def in_space(self, time: float, ends: Ends) -> torch.Tensor:
        """(:data:`N_SPACE_SIGNS`, Z, Y, X)"""
        detail, missed = self._known(time)
        network = torch.stack([detail, smoothed(missed, _IN_SPACE, self._moving.periodic)])
        return torch.cat([self._motion.in_space(time, ends), network])

    def _known(self, time: float) -> torch.Tensor:
        """The network's detail around each node and what it misses on it, at the kept steps, (2, Z, Y, X)."""
        moment = Moment.of(time, self._moving.times.tolist())
        k, q = moment.interval, min(moment.phase, 1.0)
        return torch.lerp(self._of_step(k), self._of_step(k + 1), q)

    def _of_step(self, k: int) -> torch.Tensor:
        network, detail = self._frames.frame(k)
        every = (slice(None, None, SCALE),) * 3
        missed = (self._moving.frames_at(k) - network[every]).abs()
        around = smoothed(detail.abs(), SCALE * _IN_SPACE, self._moving.periodic)[every]
        return torch.stack([around, missed])


def learned(
    small: MovingVariable,
    rehearsal: Rehearsal,
    true: MovingVariable,
    signs: Signs,
    found: Callable[[tuple[np.ndarray, ...]], torch.Tensor],
) -> list[float]:
    """The :data:`N_NUMBERS` numbers of a variable, from what its mixture was wrong by in the rehearsal.

    Parameters
    ----------
    **all
        As of :func:`stsr_core.fields.motion.errors.rehearsed`.
    """
    in_time, in_space = rehearsed(small, rehearsal, true, signs, found)
    now, still = to_come(true)
    disagreement, gain = shrinking(small, rehearsal, true, in_time, now)
    # Errors of motion shrink faster than the disagreement, those of a spline than the bend of the values.
    bend = rms([s[0] for s in still]) / max(rms([s[0] for s, _ in in_space]), 1e-12)
    return [
        *fitted(in_time, N_TIME, disagreement ** (MOTION_SHRINKS - 1)),
        *fitted(in_space, N_SPACE, min(1.0, gain / max(bend, 1e-12))),
    ]


def fitted(seen: Seen, n_motion: int, shrinks: float) -> list[float]:
    """Coefficients of the signs, standard error, 90 % quantile over that.

    Errors are taken in proportion to what is foreseen, so that the many small ones count as the few large
    ones do: c >= 0 that minimise Σ (|e| − s)² / s², s = Σ cᵢ signᵢ + least, with s in the denominator that of
    the pass before. The first ``n_motion`` signs will be worth only ``shrinks`` of it.
    """
    from scipy.optimize import nnls

    rows, error = table(seen)
    size = float(np.sqrt(np.mean(error**2))) if len(error) else 0.0
    if size == 0:
        return [0.0] * (len(rows) + 2)
    scale = np.maximum(np.sqrt(np.mean(rows**2, axis=1)), 1e-30)
    least, foreseen = _LEAST * size, np.full(len(error), size)
    for _ in range(_PASSES):
        found = nnls((rows / (scale[:, None] * foreseen)).T, (error - least) / foreseen)[0] / scale
        foreseen = found @ rows + least
    quantile = float(np.quantile(error / foreseen, 0.9))
    usual = size / float(np.sqrt(np.mean(foreseen**2)))
    # As spread() takes them: SHARE_ANYWHERE stands for the least.
    unit = least / SHARE_ANYWHERE
    found[:n_motion] *= shrinks
    return [*(found / unit).tolist(), LEFT * usual * unit, quantile / usual]
