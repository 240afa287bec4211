"""How much of each method: rehearsed one octave coarser, checked against the kept frames at the true gap."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

#: The methods that are mixed, in the order of the weights.
METHODS = ("tricubic_linear", "cubic", "motion2", "motion4")
#: The first so many of them know nothing of motion.
STILL = 2
#: What motion is wrong by goes with this power of the disagreement along trajectories.
MOTION_SHRINKS = 1.6
#: Fewer kept steps have no fourth differences at twice the gap, which would say how a spline gains.
FEWEST_FOR_LAWS = 9
#: Statistic of white noise and below: frames whose fourth differences are as large as this flicker.
_FLICKER = 6.0
_NOISE = 11.7  # of white noise; above it values jump from one level to another
_LINEAR_FROM = 9.0  # statistic from which linear interpolation in time is better than a spline
#: Statistic below which a spline in time is nearly exact, and a rehearsal at twice the gap no longer like it.
_SMOOTH = 2.0
_SUREST = 0.95  # share of motion that a rehearsal of such frames can claim
#: Of few kept steps: what moves so many times its size between them is believed (a quarter of a wave is 1.6),
#: and what moves farther by so much no longer.
_BELIEVED, _BEYOND = 1.75, 0.25


@dataclass(frozen=True)
class Choice:
    """Weights of :data:`METHODS` and what they come from.

    Parameters
    ----------
    weights : tuple of float
        >= 0, of sum 1.
    rehearsed : tuple of float or None
        PSNR in dB of each method that was allowed in the rehearsal; None with too few frames for one.
    roughness : float
        E(Δ⁴u)² / E(Δ²u)² over the kept frames: 0 for a smooth course in time, about 10 where it is rough,
        11.7 for white noise; NaN with fewer than five frames.
    """

    weights: tuple[float, ...]
    rehearsed: tuple[float, ...] | None = None
    roughness: float = float("nan")


def simplex_weights(gram: np.ndarray) -> np.ndarray:
    """The w >= 0 of sum 1 that minimise |Σ w_m e_m|², where e_m is what method m is wrong by.

    Parameters
    ----------
    gram : ndarray
        (m, m) products e_i · e_j of the errors.

    Examples
    --------
    Errors of −1 and 3 at one point:

    >>> simplex_weights(np.array([[1.0, -3.0], [-3.0, 9.0]])).round(6).tolist()
    [0.75, 0.25]
    """
    from scipy.optimize import minimize

    scale = np.trace(gram) or 1.0
    start = np.full(len(gram), 1 / len(gram))
    found = minimize(
        lambda w: w @ gram @ w / scale,
        start,
        jac=lambda w: 2 * gram @ w / scale,
        bounds=[(0, 1)] * len(gram),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 200},
    )
    weights = np.clip(found.x, 0.0, 1.0)
    return weights / weights.sum()


def difference_energies(frames: torch.Tensor) -> tuple[float, float]:
    """Mean squares of the second and of the fourth differences along the first axis, NaN with too few frames.

    Samples that are NaN are left out.

    Examples
    --------
    >>> difference_energies(torch.arange(6.0)[:, None] ** 2), difference_energies(torch.arange(3.0) ** 2)
    ((4.0, 0.0), (4.0, nan))
    """
    energies, counts = [0.0, 0.0], [0, 0]
    seconds: deque[torch.Tensor] = deque(maxlen=3)
    for t in range(len(frames) - 2):
        seconds.append(_second_difference(*frames[t : t + 3]))
        fourth = [_second_difference(*seconds)] if len(seconds) == 3 else []
        for order, difference in enumerate([seconds[-1], *fourth]):
            energies[order] += float(difference.square().nansum(dtype=torch.float64))
            counts[order] += int((~difference.isnan()).sum())
    mean_second, mean_fourth = (e / n if n else math.nan for e, n in zip(energies, counts, strict=True))
    return mean_second, mean_fourth


def _second_difference(first: torch.Tensor, middle: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    return first - 2 * middle + last


def roughness(second: float, fourth: float) -> float:
    """E(Δ⁴u)² / E(Δ²u)² of :func:`difference_energies`; NaN with too few frames or where nothing changes.

    Examples
    --------
    Differences of white noise have the variances 6 and 70.

    >>> round(roughness(6.0, 70.0), 1)
    11.7
    """
    return fourth / second if second > 0 else math.nan


def shrinkage(now: float, twice: float) -> float:
    """How an error shrinks from twice the gap to the true one, from the mean squares of what it goes with.

    1 where that is not known, and at most.

    Examples
    --------
    >>> shrinkage(1.0, 16.0), shrinkage(1.0, math.nan)
    (0.25, 1.0)
    """
    return min(1.0, math.sqrt(now / twice)) if now >= 0 and twice > 0 else 1.0


def safe_weights(rehearsed: Sequence[float], rough: float, moves: float = 0.0) -> tuple[float, ...]:
    """Rehearsed weights, corrected by what the frames say at the true gap.

    The rehearsal works at twice the gap, where flicker and waves look like something else: motion's share m
    is raised to m^0.7 where the course in time is rough (a spline cannot be better there), and its odds
    m / (1 − m) fall with the cube of the roughness where the course is smooth. The outer frames get half of
    what two-frame motion has, and what is not motion goes to the spline where the course is smooth and to the
    linear interpolation where it is rough.

    Parameters
    ----------
    rehearsed : sequence of float
        Weights of :data:`METHODS`.
    rough : float
        As in :class:`Choice`.
    moves : float
        How far features seem to move between two kept steps over their size, where the steps are so few that
        what flickers or oscillates cannot be told from what moves far; elsewhere 0.
    """
    _, _, two, four = rehearsed
    moving = two + four
    four_share = 0.5 * (1 + four / moving) if moving > 0 else 0.0
    far = min(1.0, max(0.0, moves - _BELIEVED) / _BEYOND)
    if np.isnan(rough):
        spline = rehearsed[1] / (rehearsed[0] + rehearsed[1]) if rehearsed[0] + rehearsed[1] > 0 else 0.0
    else:
        if rough > _FLICKER:
            moving = moving**0.7
        elif rough < _SMOOTH:
            sure = min(moving, _SUREST)
            odds = sure / (1 - sure) * (rough / _SMOOTH) ** 3
            moving = odds / (1 + odds)
        spline = min(1.0, max(0.0, (_LINEAR_FROM - rough) / 2))
    if _FLICKER < rough < _NOISE:
        # What oscillates fast, which suits the spline, is as rough as noise, which does not: half of either.
        spline += far * (0.5 - spline)
    moving *= 1 - far
    still = 1 - moving
    return (still * (1 - spline), still * spline, moving * (1 - four_share), moving * four_share)
