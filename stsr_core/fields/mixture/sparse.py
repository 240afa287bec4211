"""A mixture at few places of many times: its network is asked where trajectories lead, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import torch

from stsr_core.fields.mixture.detail import SCALE, cautious_midpoints
from stsr_core.fields.motion.variable import MovingVariable

#: Memory for what the network misses on the nodes of kept steps, so that near times need not ask it again.
_HELD_BYTES = 1 << 28
#: Shares that are not worth asking the network for.
_NEGLIGIBLE = 0.01

#: Network at normalised coordinates (N, 4) → (N,).
Values = Callable[[torch.Tensor], torch.Tensor]


class SparseParts:
    """What a mixture adds to its base, α · detail + β · change, without frames of the network.

    A frame costs the network eight points per node, however few places are asked for. Here each place costs
    at most three: itself, and where its trajectory meets the kept steps before and after. Beyond the
    outermost nodes what is added at the face holds; in the interval that closes a periodic axis it is 0.

    Parameters
    ----------
    moving : MovingVariable
    network : callable
        Normalised coordinates (N, 4) → values (N,).
    detail, change : float
        The shares α and β.
    """

    scale = SCALE

    def __init__(self, moving: MovingVariable, network: Values, detail: float, change: float) -> None:
        self._moving = moving
        self._network = network
        self._detail, self._change = detail, change
        bytes_of_step = 4 * moving.frames_at(0).numel()
        self._missed = lru_cache(max(2, _HELD_BYTES // bytes_of_step))(self._missed_at)

    def __call__(self, time: float, space: Sequence[np.ndarray]) -> torch.Tensor:
        """What is added, (Z, Y, X), at a normalised time and axes (z, y, x)."""
        moving = self._moving
        axes = [
            axis if closed else np.clip(axis, nodes[0], nodes[-1])
            for axis, nodes, closed in zip(space, moving.space, moving.periodic, strict=True)
        ]
        here = moving.positions(axes)[0]
        known = self._known(here)
        added = torch.zeros(known.shape, device=here.device)
        # α · (carried network + what it misses − spline) + β · (network here − carried network)
        carried = self._detail - self._change
        for k, share, there in zip(*moving.traced(time, axes), strict=True):
            known &= self._known(there)
            if abs(carried * share) > _NEGLIGIBLE:
                added += carried * share * self._at(moving.times[k], there)
        if self._detail > _NEGLIGIBLE:
            missed, spline = (moving.carried(time, axes, frames) for frames in (self, moving.fine))
            added += self._detail * (missed - spline)
        if self._change > _NEGLIGIBLE:
            added += self._change * self._at(time, here)
        return added * known

    def slab(self, first: int, last: int, which: list[int]) -> torch.Tensor:
        """What the network misses on the kept nodes, carried to the points between; as of ``Fine``."""
        layers = torch.stack([cautious_midpoints(self._missed(k)[first : last + 1]) for k in which])
        closing = [pad for closed in reversed(self._moving.periodic) for pad in (0, int(closed))]
        return torch.nn.functional.pad(layers, closing)[:, None]

    def _missed_at(self, k: int) -> torch.Tensor:
        """What the network misses on the kept nodes of step ``k``, (Z, Y, X)."""
        nodes = self._moving.positions(self._moving.space)[0]
        return self._moving.frames_at(k) - self._at(self._moving.times[k], nodes)

    def _known(self, positions: torch.Tensor) -> torch.Tensor:
        """Where positions (3, z, y, x) lie in no interval that closes a periodic axis, (z, y, x)."""
        known = torch.ones(positions.shape[1:], dtype=torch.bool, device=positions.device)
        for position, nodes, closed in zip(positions, self._moving.space, self._moving.periodic, strict=True):
            if closed:
                known &= position.remainder(len(nodes)) <= len(nodes) - 1
        return known

    def _at(self, time: float, positions: torch.Tensor) -> torch.Tensor:
        """The network at a time and positions (3, z, y, x) in nodes; outside, what it says at the face."""
        columns = [torch.full_like(positions[0], time)]
        for position, nodes, closed in zip(positions, self._moving.space, self._moving.periodic, strict=True):
            last = len(nodes) - 1
            index = (position.remainder(len(nodes)) if closed else position).clamp(0, last)
            columns.append(nodes[0] + index * ((nodes[-1] - nodes[0]) / max(1, last)))
        return self._network(torch.stack(columns, dim=-1).view(-1, 4)).view(positions.shape[1:])
