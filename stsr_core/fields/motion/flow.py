"""Where things go between two kept frames: a dense optical flow in three dimensions.

Lucas and Kanade's (1981) least squares in Gaussian windows, coarse to fine by the window, symmetric in time:
each interval's displacement belongs to its middle, and both frames are read half of it away. Neighbouring
intervals share their equations, because what moves now moves on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import torch

from stsr_core import scratch
from stsr_core.fields.motion.halving import every_second, halved
from stsr_core.fields.motion.reading import Periodic, node_positions, read
from stsr_core.fields.motion.smoothing import over_blocks, smoothed

#: Standard deviations of the windows in nodes, first on every second node, then on all.
COARSE_WINDOWS = (2.0, 1.41, 1.0, 0.71)
FINE_WINDOWS = (1.0, 0.71)
ITERATIONS = 2  # of each window
TIKHONOV = 0.1  # share of the mean gradient energy that is added to the equations
FLOW_SMOOTHING = 1.5  # width, in windows, of the Gaussian over the flow after each iteration
#: Bytes that the intervals worked on at once may take, and what an interval takes per node of it.
WORKING_BYTES = 1 << 28
BYTES_PER_NODE = 400
#: The pairs of axes of a symmetric 3×3 matrix, in the order its entries are held.
_PAIRS = tuple(combinations_with_replacement(range(3), 2))


@dataclass(frozen=True)
class Sequence3D:
    """Frames of one or more quantities that move together.

    Parameters
    ----------
    frames : Tensor
        (T, C, Z, Y, X), T >= 2, float32; C quantities that share one motion.
    scale : Tensor
        (C, 1, 1, 1): what each quantity is divided by, so that all weigh the same.
    lengths : Tensor
        (T−1,) lengths of the intervals over their mean; 1 where the times are even.
    periodic : (bool, bool, bool)
        Axes z, y, x that close on themselves.
    known : Tensor, optional
        (T, 1, Z, Y, X) in [0, 1]: how much the values there count; all by 1 without it.
    """

    frames: torch.Tensor
    scale: torch.Tensor
    lengths: torch.Tensor
    periodic: Periodic = (False, False, False)
    known: torch.Tensor | None = None

    def blocks(self) -> list[slice]:
        """The intervals, so many at a time that the work on them takes :data:`WORKING_BYTES` at most."""
        n, nodes = len(self.lengths), math.prod(self.frames.shape[-3:])
        size = max(1, WORKING_BYTES // (BYTES_PER_NODE * nodes))
        return [slice(first, min(first + size, n)) for first in range(0, n, size)]

    def scaled(self, steps: slice) -> torch.Tensor:
        """Some of the frames, (n, C, Z, Y, X), divided by their scale."""
        return self.frames[steps] / self.scale

    @cached_property
    def ridge(self) -> float:
        """λ = 0.1 · mean |∇u|² / 3 over all frames, in velocities as the equations are."""
        energy = 0.0
        for t in range(len(self.frames)):
            slopes = gradient(self.scaled(slice(t, t + 1)), self.periodic)
            share = 1.0 if self.known is None else self.known[t, 0]
            energy += sum(float((share * slope.square().sum(1)).mean()) for slope in slopes)
        ridge = TIKHONOV / 3 * energy / len(self.frames) * float(self.lengths.square().mean())
        return max(ridge, torch.finfo(torch.float32).tiny ** 0.25)  # constant frames


def estimate_flow(
    frames: torch.Tensor,
    times: Sequence[float],
    *,
    periodic: Periodic = (False, False, False),
    known: torch.Tensor | None = None,
    out: torch.Tensor | None = None,
    on_progress: Callable[[float], None] | None = None,
    should_abort: Callable[[], bool] | None = None,
) -> torch.Tensor:
    """Displacements over each interval, at its middle.

    A few intervals are worked on at a time. Besides frames and flow, which may lie in mapped files, that
    takes :data:`WORKING_BYTES`, or what one interval needs, and the coarse level half of the frames' bytes,
    in a scratch file where the memory is short.

    Parameters
    ----------
    frames : Tensor
        (T, C, Z, Y, X) values without NaN; their unit does not matter, quantities are weighed by their
        variance. An axis of one node has no motion along it.
    times : sequence of float
        (T,) increasing.
    known : Tensor, optional
        (T, Z, Y, X), True where a value was there; others, which were filled, have no say.
    out : Tensor, optional
        Takes the displacements, in its own type; by default float32.
    on_progress : callable, optional
        Called with the fraction done after every few intervals.
    should_abort : callable, optional
        Asked as often; True ends with the displacements found so far.

    Returns
    -------
    Tensor
        (T−1, 3, Z, Y, X) in nodes along z, y, x: what stands at x − d/2 at the beginning of the interval
        stands at x + d/2 at its end.
    """
    n, shape, device = len(frames) - 1, frames.shape[-3:], frames.device
    flow = torch.empty(n, 3, *shape, device=device) if out is None else out
    lengths = torch.diff(torch.as_tensor(times, dtype=torch.float32, device=device))
    lengths = lengths / lengths.mean()
    scale = frames.std(dim=(0, 2, 3, 4)).view(-1, 1, 1, 1)
    weight = None if known is None else known[:, None].to(frames.dtype)
    whole = Sequence3D(frames, torch.where(scale > 0, scale, 1.0), lengths, periodic, weight)
    fewer = None if weight is None else every_second(weight, periodic)
    coarse = Sequence3D(every_second(frames, periodic), whole.scale, lengths, periodic, fewer)
    first = scratch.empty((n, 3, *coarse.frames.shape[-3:]), device=device).zero_()
    coarse_nodes, nodes = (sequence.frames[0, 0].numel() for sequence in (coarse, whole))
    windows = len(COARSE_WINDOWS) * coarse_nodes + len(FINE_WINDOWS) * nodes
    total, done = ITERATIONS * n * windows, 0

    def finished(sequence: Sequence3D, flow: torch.Tensor, widths: Sequence[float]) -> bool:
        """Improve the flow with each window; False when that was stopped."""
        nonlocal done
        if should_abort is not None and should_abort():
            return False
        for width in (width for width in widths for _ in range(ITERATIONS)):
            for block in improve(flow, sequence, width):
                done += (block.stop - block.start) * flow[0, 0].numel()
                if on_progress is not None:
                    on_progress(done / total)
                if should_abort is not None and should_abort():
                    return False
        return True

    went_on = finished(coarse, first, COARSE_WINDOWS)
    _refine(first, coarse, whole, flow)
    del first, coarse  # the finer level needs the room
    if went_on:
        finished(whole, flow, FINE_WINDOWS)
    return flow


def improve(flow: torch.Tensor, sequence: Sequence3D, width: float) -> Iterator[slice]:
    """One Gauss–Newton step of all intervals, d ← G ∗ (d + (N + λI)⁻¹ b), with windows of ``width`` nodes.

    Equations and flow are mixed over neighbouring intervals, as velocities: intervals of other lengths are
    about the same unknown. ``flow`` is changed in place and in order; yields what has been changed. A block
    is overwritten when the two after it have been read, so that each step starts from the last one.
    """
    length = sequence.lengths.view(-1, 1, 1, 1, 1)
    blocks = sequence.blocks()
    equations = (normal_equations(flow[b].float(), sequence, b, width) for b in blocks)
    velocities = (
        smoothed(
            flow[b].float() / length[b] + solved(mixed[:, :6], mixed[:, 6:], sequence.ridge),
            FLOW_SMOOTHING * width,
            sequence.periodic,
        )
        for b, mixed in zip(blocks, over_blocks(equations), strict=True)
    )
    for b, mixed in zip(blocks, over_blocks(velocities), strict=True):
        flow[b] = length[b] * mixed
        yield b


def normal_equations(flow: torch.Tensor, sequence: Sequence3D, block: slice, width: float) -> torch.Tensor:
    """N and b of the intervals ``block`` for what their flow still lacks, in velocities.

    With A and B the two frames read at x ∓ d/2, r = B − A and g = ∇(A + B)/2: N = G ∗ (g gᵀ), b = −G ∗ (g r).

    Parameters
    ----------
    flow : Tensor
        (n, 3, Z, Y, X) of these n intervals.

    Returns
    -------
    Tensor
        (n, 9, Z, Y, X): the entries zz, zy, zx, yy, yx, xx of N, then z, y, x of b.
    """
    frames, periodic = sequence.scaled(slice(block.start, block.stop + 1)), sequence.periodic
    nodes = node_positions(frames.shape[-3:], frames.device)
    # All in one batch: reading runs parallel over it alone.
    ends = torch.cat([frames[:-1], frames[1:]])
    before, after = read(ends, torch.cat([nodes - flow / 2, nodes + flow / 2]), periodic).chunk(2)
    residual = after - before
    slopes = gradient((before + after) / 2, periodic)
    pairs = [*((slopes[i], slopes[j]) for i, j in _PAIRS), *((slope, -residual) for slope in slopes)]
    equations = torch.stack([(a * b).sum(1) for a, b in pairs], 1)
    if sequence.known is not None:
        known = sequence.known[block.start : block.stop + 1]
        equations *= read(known[:-1], nodes - flow / 2, periodic)
        equations *= read(known[1:], nodes + flow / 2, periodic)
    equations = smoothed(equations, width, periodic)
    length = sequence.lengths[block].view(-1, 1, 1, 1, 1)
    equations[:, :6] *= length**2
    equations[:, 6:] *= length
    return equations


def solved(matrix: torch.Tensor, right: torch.Tensor, ridge: float) -> torch.Tensor:
    """(N + λI)⁻¹ b of symmetric 3×3 systems at every node, by Cramer's rule.

    Parameters
    ----------
    matrix : Tensor
        (n, 6, …): the entries zz, zy, zx, yy, yx, xx.
    right : Tensor
        (n, 3, …)
    ridge : float
        λ > 0

    Returns
    -------
    Tensor
        (n, 3, …)
    """
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


def magnitude(components: Sequence[torch.Tensor]) -> torch.Tensor:
    """Length of the vectors with these components, as of :func:`gradient`."""
    return torch.stack(list(components)).square().sum(0).sqrt()


def _refine(flow: torch.Tensor, coarse: Sequence3D, whole: Sequence3D, out: torch.Tensor) -> None:
    """A flow on every second node, put on all of them and in their spacing."""
    target = whole.frames.shape[-3:]
    scale = torch.tensor(halved(target, coarse.periodic), device=flow.device).view(1, 3, 1, 1, 1)
    nodes = node_positions(target, flow.device) / scale
    for b in whole.blocks():
        out[b] = scale * read(flow[b], nodes.expand(b.stop - b.start, -1, -1, -1, -1), coarse.periodic)
