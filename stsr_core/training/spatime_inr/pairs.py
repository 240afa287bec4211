"""What the encoder is given while it learns: a part of the kept frames, made coarser still.

The kept frames stand for the fine ones, and coarser ones for the kept. Both lie in one box of nodes, so that
an iteration reads no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

#: Smallest and largest factor by which a pair's input is coarser.
LEAST, MOST = 1.0, 2.5


@dataclass(frozen=True)
class Pair:
    """A box of kept nodes, and the coarser frames of it.

    Parameters
    ----------
    box : tuple of slice
        Kept nodes along z, y, x.
    coarse : Tensor
        (T, z, y, x): as many frames as were kept.
    first, step : tuple of float
        Normalised position of the first coarse node along z, y, x, and the distance of two.
    """

    box: tuple[slice, slice, slice]
    coarse: torch.Tensor
    first: tuple[float, ...]
    step: tuple[float, ...]


def area_average(n: int, m: int) -> torch.Tensor:
    """Weights (m, n) of n cells in m wider ones of equal width: the shares in which they cover each other.

    Examples
    --------
    >>> (3 * area_average(3, 2)).round().tolist()
    [[2.0, 1.0, 0.0], [0.0, 1.0, 2.0]]
    """
    edges = np.linspace(0, n, m + 1)
    cells = np.arange(n)
    covered = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return torch.from_numpy((np.maximum(covered, 0) * m / n).astype(np.float32))


def blurred_in_time(n: int, m: int) -> torch.Tensor:
    """Weights (n, n): frames averaged to m, and those read again at the n times, linearly.

    Examples
    --------
    >>> blurred_in_time(4, 2)[1].tolist()          # its time is a quarter of the way between the two means
    [0.375, 0.375, 0.125, 0.125]
    """
    centres = (np.arange(m) + 0.5) * n / m - 0.5
    read = np.stack([np.interp(np.arange(n), centres, column) for column in np.eye(m)], axis=1)
    return torch.from_numpy(read.astype(np.float32)) @ area_average(n, m)


def drawn_pair(
    frames: torch.Tensor,
    axes: Sequence[np.ndarray],
    crop: int,
    in_time: bool,
    draw: torch.Generator,
) -> Pair:
    """A box of kept nodes, and it coarser by a factor drawn from [1, 2.5]; in time by another one.

    Parameters
    ----------
    frames : Tensor
        (T, Z, Y, X) normalised kept samples.
    axes : sequence of ndarray
        Normalised kept nodes along z, y, x.
    crop : int
        Coarse nodes per axis; fewer where an axis is shorter.
    in_time : bool
        Whether frames are blurred in time, too.
    draw : torch.Generator
    """
    factor, slower = (LEAST + (MOST - LEAST) * torch.rand(2, generator=draw, device=draw.device)).tolist()
    box, first, step, matrices = [], [], [], []
    for n, nodes in zip(frames.shape[1:], axes, strict=True):
        length = min(n, round(crop * factor))
        coarse = max(1, round(length / factor))
        start = int(torch.randint(n - length + 1, (), generator=draw, device=draw.device))
        box.append(slice(start, start + length))
        spacing = float(nodes[1] - nodes[0]) if n > 1 else 0.0
        width = length / coarse
        first.append(float(nodes[start]) + (0.5 * width - 0.5) * spacing)
        step.append(width * spacing if n > 1 else 1.0)
        matrices.append(area_average(length, coarse).to(frames.device))
    part = frames[:, box[0], box[1], box[2]]
    n_frames = len(frames)
    if in_time and n_frames > 1:
        mixed = blurred_in_time(n_frames, max(1, round(n_frames / slower))).to(frames.device)
        part = torch.tensordot(mixed, part, dims=1)
    coarse_frames = torch.einsum("tzyx,az,by,cx->tabc", part, *matrices)
    return Pair((box[0], box[1], box[2]), coarse_frames, tuple(first), tuple(step))
