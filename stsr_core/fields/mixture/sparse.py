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

#: Network at normalised coordinates (N, 4) → (N,).
Values = Callable[[torch.Tensor], torch.Tensor]


class SparseParts:
    """Detail and change of :class:`~stsr_core.fields.mixture.field.Mixture` without frames of the network.

    A frame costs the network eight points per node, however few places are asked for. Here each place costs
    three: itself, and where its trajectory meets the kept steps before and after. Beyond the outermost nodes
    the parts of the face hold; in the interval that closes a periodic axis they are 0.

    Parameters
    ----------
    moving : MovingVariable
    network : callable
        Normalised coordinates (N, 4) → values (N,).
    """

    scale = SCALE

    def __init__(self, moving: MovingVariable, network: Values) -> None:
        self._moving = moving
        self._network = network
        bytes_of_step = 4 * moving.frames_at(0).numel()
        self._missed = lru_cache(max(2, _HELD_BYTES // bytes_of_step))(self._missed_at)

    def __call__(self, time: float, space: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
        """Detail and change, (Z, Y, X) each, at normalised axes (z, y, x)."""
        moving = self._moving
        axes = [
            axis if closed else np.clip(axis, nodes[0], nodes[-1])
            for axis, nodes, closed in zip(space, moving.space, moving.periodic, strict=True)
        ]
        here = moving.positions(axes)[0]
        known = self._known(here)
        carried = torch.zeros(known.shape, device=here.device)
        for k, share, there in zip(*moving.traced(time, axes), strict=True):
            carried += share * self._at(moving.times[k], there)
            known &= self._known(there)
        detail = carried + moving.carried(time, axes, self) - moving.carried(time, axes, moving.fine)
        change = self._at(time, here) - carried
        return detail * known, change * known

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
