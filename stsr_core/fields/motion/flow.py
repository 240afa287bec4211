"""Where things go between two kept frames: a dense optical flow in three dimensions.

Lucas and Kanade's (1981) least squares in Gaussian windows, coarse to fine by the window, symmetric in time:
each interval's displacement belongs to its middle, and both frames are read half of it away. Neighbouring
intervals share their equations, because what moves now moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import torch

from stsr_core.fields.motion.reading import Periodic, node_positions, read
from stsr_core.fields.motion.smoothing import over_intervals, smoothed

#: Standard deviations of the windows in nodes, first on every second node, then on all.
COARSE_WINDOWS = (2.0, 1.41, 1.0, 0.71)
FINE_WINDOWS = (1.0, 0.71)
ITERATIONS = 2  # of each window
TIKHONOV = 0.1  # share of the mean gradient energy that is added to the equations
FLOW_SMOOTHING = 1.5  # width, in windows, of the Gaussian over the flow after each iteration
#: An axis with fewer nodes has no coarser level.
SHORTEST = 4
#: The pairs of axes of a symmetric 3×3 matrix, in the order its entries are held.
_PAIRS = tuple(combinations_with_replacement(range(3), 2))


@dataclass(frozen=True)
class Sequence3D:
    """Frames of one or more quantities that move together.

    Parameters
    ----------
    frames : Tensor
        (T, C, Z, Y, X), T >= 2, float32; C quantities that share one motion.
    lengths : Tensor
        (T−1,) lengths of the intervals over their mean; 1 where the times are even.
    periodic : (bool, bool, bool)
        Axes z, y, x that close on themselves.
    known : Tensor, optional
        (T, 1, Z, Y, X) in [0, 1]: how much the values there count; all by 1 without it.
    """

    frames: torch.Tensor
    lengths: torch.Tensor
    periodic: Periodic = (False, False, False)
    known: torch.Tensor | None = None


def estimate_flow(
    frames: torch.Tensor,
    times: Sequence[float],
    *,
    fine: bool = True,
    periodic: Periodic = (False, False, False),
    known: torch.Tensor | None = None,
    on_progress: Callable[[float], None] | None = None,
    should_abort: Callable[[], bool] | None = None,
) -> torch.Tensor:
    """Displacements over each interval, at its middle.

    Parameters
    ----------
    frames : Tensor
        (T, C, Z, Y, X) values without NaN; their unit does not matter, quantities are weighed by their
        variance. An axis of one node has no motion along it.
    times : sequence of float
        (T,) increasing.
    fine : bool
        Also on all nodes, not only on every second one: for frames of which voxels were left out.
    known : Tensor, optional
        (T, Z, Y, X), True where a value was there; others, which were filled, have no say.
    on_progress : callable, optional
        Called with the fraction done after each iteration.
    should_abort : callable, optional
        Asked before each iteration; True ends with the displacements found so far.

    Returns
    -------
    Tensor
        (T−1, 3, Z, Y, X) in nodes along z, y, x: what stands at x − d/2 at the beginning of the interval
        stands at x + d/2 at its end.
    """
    lengths = torch.diff(torch.as_tensor(times, dtype=torch.float32, device=frames.device))
    lengths = lengths / lengths.mean()
    scale = frames.std(dim=(0, 2, 3, 4), keepdim=True)
    weight = None if known is None else known[:, None].to(frames.dtype)
    whole = Sequence3D(frames / torch.where(scale > 0, scale, 1.0), lengths, periodic, weight)
    coarse = replace(
        whole,
        frames=_every_second(whole.frames, periodic),
        known=None if weight is None else _every_second(weight, periodic),
    )
    stages = [(coarse, COARSE_WINDOWS), (whole, FINE_WINDOWS if fine else ())]
    total, done = ITERATIONS * sum(len(windows) for _, windows in stages), 0
    flow = torch.zeros(len(frames) - 1, 3, *coarse.frames.shape[-3:], device=frames.device)
    for sequence, windows in stages:
        if sequence is whole:
            flow = _refined(flow, coarse, whole)
        for width in windows:
            for _ in range(ITERATIONS):
                if should_abort is not None and should_abort():
                    return flow if sequence is whole else _refined(flow, coarse, whole)
                flow = improved(flow, sequence, width)
                done += 1
                if on_progress is not None:
                    on_progress(done / total)
    return flow


def improved(flow: torch.Tensor, sequence: Sequence3D, width: float) -> torch.Tensor:
    """One Gauss–Newton step of all intervals, d ← G ∗ (d + (N + λI)⁻¹ b), with windows of ``width`` nodes.

    With A and B the two frames read at x ∓ d/2, r = B − A and g = ∇(A + B)/2: N = G ∗ (g gᵀ), b = −G ∗ (g r),
    λ = 0.1 · mean tr N / 3. Equations and flow are mixed over neighbouring intervals as velocities.
    """
    frames, periodic = sequence.frames, sequence.periodic
    nodes = node_positions(frames.shape[-3:], frames.device)
    before = read(frames[:-1], nodes - flow / 2, periodic)
    after = read(frames[1:], nodes + flow / 2, periodic)
    residual = after - before
    slopes = gradient((before + after) / 2, periodic)
    products = [(slopes[i] * slopes[j]).sum(1) for i, j in _PAIRS]
    products += [-(slopes[i] * residual).sum(1) for i in range(3)]
    equations = torch.stack(products, 1)
    if sequence.known is not None:
        equations *= read(sequence.known[:-1], nodes - flow / 2, periodic)
        equations *= read(sequence.known[1:], nodes + flow / 2, periodic)
    equations = smoothed(equations, width, periodic)
    # In velocities, so that intervals of other lengths are about the same unknown.
    length = sequence.lengths.view(-1, 1, 1, 1, 1)
    matrix, right = equations[:, :6] * length**2, equations[:, 6:] * length
    mixed = over_intervals(torch.cat([matrix, right], 1))
    step = solved(mixed[:, :6], mixed[:, 6:])
    return length * over_intervals(smoothed(flow / length + step, FLOW_SMOOTHING * width, periodic))


def solved(matrix: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """(N + λI)⁻¹ b of symmetric 3×3 systems at every node, by Cramer's rule.

    Parameters
    ----------
    matrix : Tensor
        (n, 6, …): the entries zz, zy, zx, yy, yx, xx.
    right : Tensor
        (n, 3, …)

    Returns
    -------
    Tensor
        (n, 3, …); 0 where nothing has a gradient.
    """
    ridge = TIKHONOV / 3 * (matrix[:, 0] + matrix[:, 3] + matrix[:, 5]).mean()
    ridge = torch.clamp(ridge, min=torch.finfo(matrix.dtype).tiny ** 0.25)
    a, b, c, e, f, h = (entry + (ridge if i in (0, 3, 5) else 0) for i, entry in enumerate(matrix.unbind(1)))
    c00, c01, c02 = e * h - f * f, c * f - b * h, b * f - c * e
    c11, c12, c22 = a * h - c * c, b * c - a * f, a * e - b * b
    determinant = a * c00 + b * c01 + c * c02
    x, y, z = right.unbind(1)
    solution = (c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z)
    return torch.stack(solution, 1) / determinant[:, None]


def gradient(values: torch.Tensor, periodic: Periodic) -> list[torch.Tensor]:
    """Central differences along the last three axes; one-sided at faces, 0 on an axis of one node."""
    slopes = []
    for axis, around in zip((-3, -2, -1), periodic, strict=True):
        n = values.shape[axis]
        if n == 1:
            slopes.append(torch.zeros_like(values))
        elif around:
            slopes.append((values.roll(-1, axis) - values.roll(1, axis)) / 2)
        else:
            along = values.movedim(axis, -1)
            slope = torch.empty_like(along)
            slope[..., 1:-1] = (along[..., 2:] - along[..., :-2]) / 2
            slope[..., 0] = along[..., 1] - along[..., 0]
            slope[..., -1] = along[..., -1] - along[..., -2]
            slopes.append(slope.movedim(-1, axis))
    return slopes


def _every_second(frames: torch.Tensor, periodic: Periodic) -> torch.Tensor:
    """Frames at every second node, averaged ¼, ½, ¼ before.

    Short axes stay as they are, and periodic ones of odd length.
    """
    for axis, around in zip((-3, -2, -1), periodic, strict=True):
        n = frames.shape[axis]
        if n < SHORTEST or (around and n % 2):
            continue
        along = frames.movedim(axis, -1)
        first, last = (along[..., -1:], along[..., :1]) if around else (along[..., :1], along[..., -1:])
        padded = torch.cat([first, along, last], -1)
        mean = 0.25 * padded[..., :-2] + 0.5 * padded[..., 1:-1] + 0.25 * padded[..., 2:]
        frames = mean[..., ::2].movedim(-1, axis)
    return frames.contiguous()


def _refined(flow: torch.Tensor, coarse: Sequence3D, whole: Sequence3D) -> torch.Tensor:
    """A flow on every second node, on all of them and in their spacing."""
    target = whole.frames.shape[-3:]
    scale = torch.tensor(
        [2.0 if n != m else 1.0 for n, m in zip(target, coarse.frames.shape[-3:], strict=True)],
        device=flow.device,
    ).view(1, 3, 1, 1, 1)
    nodes = node_positions(target, flow.device) / scale
    return scale * read(flow, nodes.expand(len(flow), -1, -1, -1, -1), coarse.periodic)
