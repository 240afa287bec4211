"""What errors go with: on the kept nodes, at a time, without any truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from stsr_core.fields.motion.flow import gradient, magnitude
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.smoothing import smoothed
from stsr_core.fields.motion.trajectories import Ends

#: Signs of an error in time, and of one in space.
N_TIME, N_SPACE = 5, 3


class Signs(Protocol):
    """What errors go with, on the kept nodes at one time: (n, Z, Y, X), >= 0."""

    def in_time(self, time: float, ends: Ends) -> torch.Tensor:
        """Of what is missing between two steps."""
        ...

    def in_space(self, time: float, ends: Ends) -> torch.Tensor:
        """Of what is missing between the nodes of a step."""
        ...


@dataclass(frozen=True)
class MotionSigns:
    """The :data:`N_TIME` and :data:`N_SPACE` signs of motion and splines.

    In time: disagreement along the trajectories, what motion and the outer frames change, change, slope. In
    space: how values bend, in a narrow and a wide window, and their slope.
    """

    periodic: Periodic

    def in_time(self, time: float, ends: Ends) -> torch.Tensor:
        """See :class:`Signs`."""
        q = min(ends.phase, 1.0)
        motion = (1 - q) * (ends.before - ends.first) + q * (ends.after - ends.last)
        slope = magnitude(gradient((ends.before + ends.after) / 2, self.periodic))
        changes = [ends.after - ends.before, motion, ends.outer, ends.last - ends.first]
        return smoothed(torch.stack([*(change.abs() for change in changes), slope]), 1.0, self.periodic)

    def in_space(self, time: float, ends: Ends) -> torch.Tensor:
        """See :class:`Signs`."""
        q = min(ends.phase, 1.0)
        slopes = gradient((1 - q) * ends.before + q * ends.after, self.periodic)
        bend = magnitude([gradient(slope, self.periodic)[i] for i, slope in enumerate(slopes)])
        windows = ((bend, 0.5), (bend, 1.5), (magnitude(slopes), 0.5))
        return torch.stack([smoothed(part, width, self.periodic) for part, width in windows])
