"""Values at a time between two kept frames, read along the trajectories through the points asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from stsr_core.fields.motion.reading import Periodic, node_positions, read, read_product
from stsr_core.fields.motion.upsampling import Fine

#: Fixed-point passes from the displacement at the point itself.
_PASSES = 2


@dataclass(frozen=True)
class Moment:
    """A time in the sequence of kept frames.

    Parameters
    ----------
    interval : int
        Number of the interval it lies in; the last one for times after the last frame.
    phase : float
        0 at the beginning of the interval, 1 at its end, above 1 after the last frame.
    neighbours : dict of int to float
        Frames −1, 0, 1, 2 counted from the beginning of the interval, those that there are → their phase.
    """

    interval: int
    phase: float
    neighbours: dict[int, float]

    @classmethod
    def of(cls, time: float, times: Sequence[float]) -> Moment:
        """The moment of ``time`` among the kept ``times``, at least two.

        Examples
        --------
        >>> Moment.of(2.5, [0.0, 1.0, 2.0, 4.0])
        Moment(interval=2, phase=0.25, neighbours={-1: -0.5, 0: 0.0, 1: 1.0})
        """
        k = min(max(0, sum(t <= time for t in times) - 1), len(times) - 2)
        length = times[k + 1] - times[k]
        near = {j: (times[k + j] - times[k]) / length for j in (-1, 0, 1, 2) if 0 <= k + j < len(times)}
        return cls(k, (time - times[k]) / length, near)


@dataclass(frozen=True)
class Ends:
    """What motion makes the values of one time of, on the kept nodes.

    Parameters
    ----------
    before, after : Tensor
        (Z, Y, X) frames of the interval, read along the trajectories.
    outer : Tensor
        What the two outer frames add.
    first, last : Tensor
        The frames of the interval as they are.
    phase : float
        See :class:`Moment`.
    """

    before: torch.Tensor
    after: torch.Tensor
    outer: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    phase: float


@dataclass(frozen=True)
class MovingFrames:
    """Kept frames of one variable and the motion between them.

    Parameters
    ----------
    frames : Tensor
        (T, Z, Y, X), T >= 2.
    flow : Tensor
        (T−1, 3, Z, Y, X), from :func:`~stsr_core.fields.motion.flow.estimate_flow`; or at every second node.
    periodic : (bool, bool, bool)
    step : tuple of int
        Nodes from one vector of the flow to the next, along z, y, x.
    """

    frames: torch.Tensor
    flow: torch.Tensor
    periodic: Periodic
    step: tuple[int, ...] = (1, 1, 1)

    def displacement(self, moment: Moment) -> torch.Tensor:
        """What passes a point at the moment moves so far over the interval, in nodes; where there is a flow.

        The flow belongs to the middle c of a trajectory, the node is at x = c + (q − ½) d(c): solved by
        fixed-point passes.
        """
        flow = self.flow[moment.interval][None].to(self.frames.dtype)
        nodes = node_positions(flow.shape[2:], self.frames.device)
        found = flow
        for _ in range(_PASSES):
            found = read(flow, nodes - (moment.phase - 0.5) * self._in_steps(found), self.periodic)
        return found

    def at(self, displacement: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """What :meth:`displacement` found, at positions (1, 3, z, y, x) of a product grid; of their shape."""
        z, y, x = (positions[0, i].movedim(i, 0)[:, 0, 0] / self.step[i] for i in range(3))
        return read_product(displacement, (z, y, x), self.periodic)

    def two_frames(
        self, moment: Moment, displacement: torch.Tensor, positions: torch.Tensor, fine: Fine
    ) -> torch.Tensor:
        """(1 − q)·A + q·B along the trajectories; after the last frame B alone, carried on.

        Parameters
        ----------
        displacement : Tensor
            From :meth:`displacement`.
        positions : Tensor
            (1, 3, z, y, x) index positions among the kept nodes.
        fine : Fine
            What is carried: the frames, or what is known of them between their nodes.

        Returns
        -------
        Tensor
            (z, y, x)
        """
        which, shares, where = self.traced(moment, displacement, positions)
        n = self.frames.shape[1]
        low, high = 0, n - 1
        if not self.periodic[0]:
            low = min(max(0, math.floor(float(where[:, 0].min()))), n - 1)
            high = min(max(low, math.ceil(float(where[:, 0].max()))), n - 1)
        slabs = fine.slab(low, high if not self.periodic[0] else n, which)
        where[:, 0] -= low
        values = read(slabs, where * fine.scale, self.periodic)[:, 0]
        return sum(share * value for share, value in zip(shares, values, strict=True))  # type: ignore[return-value]

    def traced(
        self, moment: Moment, displacement: torch.Tensor, positions: torch.Tensor
    ) -> tuple[list[int], tuple[float, ...], torch.Tensor]:
        """The frames that :meth:`two_frames` reads, their shares, and where: (n, 3, z, y, x) in nodes."""
        q, k = moment.phase, moment.interval
        moved = self.at(displacement, positions)
        which, shares = ([0, 1], (1 - q, q)) if q <= 1 else ([1], (1.0,))
        return [k + j for j in which], shares, torch.cat([positions + (j - q) * moved for j in which])

    def ends(self, moment: Moment, displacement: torch.Tensor) -> Ends:
        """What values are made of along the trajectories through the kept nodes."""
        k, q = moment.interval, moment.phase
        nodes, displacement = self._on_nodes(displacement)
        where = torch.cat([nodes - q * displacement, nodes + (1 - q) * displacement])
        before, after = read(self.frames[k : k + 2][:, None], where, self.periodic)[:, 0]
        outer = self.four_over_two(moment, displacement)
        return Ends(before, after, outer, self.frames[k], self.frames[k + 1], q)

    def four_over_two(self, moment: Moment, displacement: torch.Tensor) -> torch.Tensor:
        """What the two outer frames add on the kept nodes: cubic minus linear weights in time, (Z, Y, X).

        It is smooth, so that the kept nodes are enough for it; 0 after the last frame.
        """
        if moment.phase > 1 or len(moment.neighbours) < 3:
            return torch.zeros_like(self.frames[0])
        q, phases = moment.phase, moment.neighbours
        nodes, displacement = self._on_nodes(displacement)
        which = [moment.interval + j for j in phases]
        where = torch.cat([nodes + (phase - q) * displacement for phase in phases.values()])
        values = read(self.frames[which][:, None], where, self.periodic)[:, 0]
        linear = {0: 1 - q, 1: q}
        cubic = lagrange_weights(list(phases.values()), q)
        shares = [w - linear.get(j, 0.0) for j, w in zip(phases, cubic, strict=True)]
        return sum(share * value for share, value in zip(shares, values, strict=True))  # type: ignore[return-value]

    def _in_steps(self, positions: torch.Tensor) -> torch.Tensor:
        """Positions or displacements (1, 3, z, y, x) in nodes → in those of the flow."""
        if all(step == 1 for step in self.step):
            return positions
        return positions / torch.tensor(self.step, device=positions.device).view(1, 3, 1, 1, 1)

    def _on_nodes(self, displacement: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Positions of all kept nodes, and the displacement there."""
        nodes = node_positions(self.frames.shape[1:], self.frames.device)
        if displacement.shape == nodes.shape:
            return nodes, displacement
        return nodes, self.at(displacement, nodes)


def lagrange_weights(nodes: Sequence[float], position: float) -> list[float]:
    """Weights of the values at ``nodes`` in the polynomial through them, at ``position``.

    Examples
    --------
    >>> lagrange_weights([-1, 0, 1, 2], 0.5)
    [-0.0625, 0.5625, 0.5625, -0.0625]
    """
    return [
        math.prod((position - b) / (a - b) for j, b in enumerate(nodes) if j != i)
        for i, a in enumerate(nodes)
    ]
