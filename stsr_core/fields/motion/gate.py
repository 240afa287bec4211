"""How much of each method: rehearsed one octave coarser, checked against the kept frames at the true gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

#: The methods that are mixed, in the order of the weights.
METHODS = ("tricubic_linear", "cubic", "motion2", "motion4")
#: Statistic of white noise and below: frames whose fourth differences are as large as this flicker.
_FLICKER = 6.0
_LINEAR_FROM = 9.0  # statistic from which linear interpolation in time is better than a spline


@dataclass(frozen=True)
class Choice:
    """Weights of :data:`METHODS` and what they come from.

    Parameters
    ----------
    weights : tuple of float
        >= 0, of sum 1.
    rehearsed : tuple of float or None
        PSNR in dB of each method in the rehearsal; None where there were too few frames for one.
    roughness : float
        E(Δ⁴u)² / E(Δ²u)² over the kept frames: 0 for a smooth course in time, about 10 where it is rough,
        11.7 for white noise; NaN with fewer than five frames.
    """

    weights: tuple[float, ...]
    rehearsed: tuple[float, ...] | None = None
    roughness: float = float("nan")


def simplex_weights(predictions: Sequence[np.ndarray], truth: np.ndarray) -> np.ndarray:
    """The w >= 0 of sum 1 that minimise |truth − Σ w_m · prediction_m|².

    Parameters
    ----------
    predictions : sequence of ndarray
        m flat arrays (n,).
    truth : ndarray
        (n,)

    Examples
    --------
    >>> parts = [np.array([0.0, 0.0]), np.array([1.0, 1.0])]
    >>> simplex_weights(parts, np.array([0.25, 0.25])).round(6).tolist()
    [0.75, 0.25]
    """
    from scipy.optimize import minimize

    errors = np.stack([np.asarray(p, np.float64).ravel() - truth.ravel() for p in predictions])
    gram = errors @ errors.T  # for weights of sum 1 the residual is Σ w_m · error_m
    scale = np.trace(gram) or 1.0
    start = np.full(len(errors), 1 / len(errors))
    found = minimize(
        lambda w: w @ gram @ w / scale,
        start,
        jac=lambda w: 2 * gram @ w / scale,
        bounds=[(0, 1)] * len(errors),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 200},
    )
    weights = np.clip(found.x, 0.0, 1.0)
    return weights / weights.sum()


def roughness(frames: torch.Tensor) -> float:
    """E(Δ⁴u)² / E(Δ²u)² along the first axis; NaN with fewer than five frames or where nothing changes.

    Samples that are NaN are left out.

    Examples
    --------
    Differences of white noise have the variances 6 and 70: 70/6 = 11.7.

    >>> roughness(torch.arange(6.0)[:, None] ** 2)
    0.0
    """
    if len(frames) < 5:
        return float("nan")
    second = torch.diff(frames, n=2, dim=0)
    energy = float(second.square().nanmean())
    fourth = float(torch.diff(second, n=2, dim=0).square().nanmean())
    return fourth / energy if energy > 0 else float("nan")


def safe_weights(rehearsed: Sequence[float], rough: float) -> tuple[float, ...]:
    """Rehearsed weights, corrected by what the frames say at the true gap.

    The rehearsal works at twice the gap, where flicker and waves look like something else: motion's share m
    is raised to m^0.7 where the course in time is rough (a spline cannot be better there), the outer frames
    get half of what two-frame motion has, and what is not motion goes to the spline where the course is
    smooth and to the linear interpolation where it is rough.
    """
    _, _, two, four = rehearsed
    moving = two + four
    four_share = 0.5 * (1 + four / moving) if moving > 0 else 0.0
    if np.isnan(rough):
        spline = rehearsed[1] / (rehearsed[0] + rehearsed[1]) if rehearsed[0] + rehearsed[1] > 0 else 0.0
    else:
        moving = moving**0.7 if rough > _FLICKER else moving
        spline = min(1.0, max(0.0, (_LINEAR_FROM - rough) / 2))
    still = 1 - moving
    return (still * (1 - spline), still * spline, moving * (1 - four_share), moving * four_share)
