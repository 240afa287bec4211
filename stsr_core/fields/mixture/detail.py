"""What a network knows of a kept frame between its nodes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch

from stsr_core.fields.motion.upsampling import FineFrames

#: Frames held at once; a time between two kept steps needs two.
_HELD = 4


class NetworkFrames:
    """A network at the kept steps on a finer grid: all of it, or what it adds to the spline of its own nodes.

    Parameters
    ----------
    values : callable
        ``values(k)`` is the network at kept step k on the fine grid, scale · (Z − 1) + 1 points along z.
    scale : int
        Points per node.
    """

    def __init__(self, values: Callable[[int], torch.Tensor], scale: int) -> None:
        self.scale = scale
        self._values = values
        self._frames: OrderedDict[int, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def frame(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The network and its detail D = N − spline of N's nodes, on the fine grid of kept step ``k``."""
        if k not in self._frames:
            whole = self._values(k)
            nodes = whole[:: self.scale, :: self.scale, :: self.scale].contiguous()
            spline = FineFrames(nodes[None], self.scale, (False, False, False))
            self._frames[k] = whole, whole - spline.slab(0, len(nodes) - 1, [0])[0, 0]
            while len(self._frames) > _HELD:
                self._frames.popitem(last=False)
        return self._frames[k]

    def part(self, which: int) -> Part:
        """0: the network itself, 1: its detail; as frames to be carried."""
        return Part(self, which)


class Part:
    """One part of :class:`NetworkFrames`, read like the kept frames."""

    def __init__(self, frames: NetworkFrames, which: int) -> None:
        self.scale = frames.scale
        self._frames = frames
        self._which = which

    def slab(self, first: int, last: int, which: list[int]) -> torch.Tensor:
        """The frames ``which`` from node ``first`` to node ``last`` of z, (len(which), 1, z, y, x)."""
        layers = slice(first * self.scale, last * self.scale + 1)
        return torch.stack([self._frames.frame(k)[self._which][layers] for k in which])[:, None]
