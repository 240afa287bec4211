"""Latent vectors on the nodes of a grid, and what they are between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch

from stsr_core import scratch

#: Nodes per axis that are encoded at once, and nodes around them that the encoder sees besides.
TILE, HALO = 48, 8


class LatentMap:
    """Latent vectors at evenly spaced nodes, looked up anywhere; beyond the outermost nodes they hold.

    They do not depend on time, which enters by the coordinate alone.

    Parameters
    ----------
    vectors : Tensor
        (d, Z, Y, X)
    first, step : sequence of float
        Normalised position of the first node along z, y, x, and the distance of two nodes (any number where
        there is one node).
    trilinear : bool
        Interpolate between nodes, in place of taking the nearest, of two as near the lower one.
    """

    def __init__(
        self, vectors: torch.Tensor, first: Sequence[float], step: Sequence[float], trilinear: bool = False
    ) -> None:
        self._vectors = vectors.movedim(0, -1)
        self._shape = vectors.shape[1:]
        self._flat = self._vectors.reshape(-1, len(vectors))
        self._first = torch.tensor(tuple(first), dtype=torch.float32, device=vectors.device)
        self._step = torch.tensor(tuple(step), dtype=torch.float32, device=vectors.device)
        self._last = torch.tensor([n - 1 for n in self._shape], dtype=torch.float32, device=vectors.device)
        self._trilinear = trilinear

    def at(self, places: torch.Tensor) -> torch.Tensor:
        """Latent vectors (…, d) at normalised places (…, 3) along z, y, x."""
        index = ((places - self._first) / self._step).clamp(min=0)
        index = torch.minimum(index, self._last)
        if not self._trilinear:
            # A node in float32 is the node: half-way means half-way to the fifth digit.
            return self._nodes(torch.ceil(index - 0.5 - 1e-5).long())
        low = torch.minimum(index.floor(), (self._last - 1).clamp(min=0))
        part = index - low
        total: torch.Tensor | float = 0.0
        for corner in product((0, 1), repeat=3):
            upper = torch.tensor(corner, device=index.device)
            share = torch.where(upper == 1, part, 1 - part).prod(dim=-1, keepdim=True)
            total = total + share * self._nodes(torch.minimum(low + upper, self._last).long())
        return total  # type: ignore[return-value]

    def _nodes(self, index: torch.Tensor) -> torch.Tensor:
        z, y, x = index.unbind(-1)
        return self._flat[(z * self._shape[1] + y) * self._shape[2] + x]


@torch.no_grad()
def encoded_in_tiles(
    encoder: torch.nn.Module, frames: torch.Tensor, latent_length: int, halo: int = HALO
) -> torch.Tensor:
    """Latent vectors (d, Z, Y, X) of frames (T, Z, Y, X), tile by tile: memory does not grow with the volume.

    An encoder sees ``halo`` nodes around a tile besides. The vectors lie in a scratch file where the memory
    is short.
    """
    shape = frames.shape[1:]
    out = scratch.empty((latent_length, *shape), device=frames.device)
    for corner in product(*(range(0, n, TILE) for n in shape)):
        own = [slice(c, min(c + TILE, n)) for c, n in zip(corner, shape, strict=True)]
        wide = [slice(max(0, s.start - halo), s.stop + halo) for s in own]
        vectors = encoder(frames[:, wide[0], wide[1], wide[2]][None].contiguous())[0]
        z, y, x = (slice(s.start - w.start, s.stop - w.start) for s, w in zip(own, wide, strict=True))
        out[:, own[0], own[1], own[2]] = vectors[:, z, y, x]
    return out


def steps_of(axes: Sequence[np.ndarray]) -> list[float]:
    """Distance of two nodes along each axis; 1 where there is one node.

    Examples
    --------
    >>> steps_of([np.array([-1.0, 0.0, 1.0]), np.array([0.0])])
    [1.0, 1.0]
    """
    return [float(axis[1] - axis[0]) if len(axis) > 1 else 1.0 for axis in axes]
