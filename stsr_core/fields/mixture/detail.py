"""What a network knows of a kept frame between its nodes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch

from stsr_core.fields.motion.upsampling import FineFrames

#: Points per node of a network's frames: detail lies between neighbouring nodes.
SCALE = 2
#: Frames held at once; a time between two kept steps needs two.
_HELD = 4


class NetworkFrames:
    """A network at the kept steps on a finer grid: all of it, or what it adds to a spline of the nodes.

    Parameters
    ----------
    values : callable
        ``values(k)`` is the network at kept step k on the fine grid, scale · (Z − 1) + 1 points along z.
    kept : callable
        ``kept(k)`` are the kept samples of step k, (Z, Y, X).
    """

    def __init__(self, values: Callable[[int], torch.Tensor], kept: Callable[[int], torch.Tensor]) -> None:
        self._values = values
        self._kept = kept
        self._frames: OrderedDict[int, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def frame(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The network N and the detail D of kept step ``k`` on the fine grid.

        D = N + H − F, with F the spline of the kept nodes and H what N misses on them, carried to the points
        between as carefully as can be (:func:`cautious_midpoints`). D is 0 on the nodes.
        """
        if k not in self._frames:
            network, kept = self._values(k), self._kept(k)
            missed = kept - network[::SCALE, ::SCALE, ::SCALE]
            spline = FineFrames(kept[None], SCALE, (False, False, False)).slab(0, len(kept) - 1, [0])[0, 0]
            self._frames[k] = network, network + cautious_midpoints(missed) - spline
            while len(self._frames) > _HELD:
                self._frames.popitem(last=False)
        return self._frames[k]

    def part(self, which: int) -> Part:
        """0: the network itself, 1: its detail; as frames to be carried."""
        return Part(self, which)


class Part:
    """One part of :class:`NetworkFrames`, read like the kept frames."""

    scale = SCALE

    def __init__(self, frames: NetworkFrames, which: int) -> None:
        self._frames = frames
        self._which = which

    def slab(self, first: int, last: int, which: list[int]) -> torch.Tensor:
        """The frames ``which`` from node ``first`` to node ``last`` of z, (len(which), 1, z, y, x)."""
        layers = slice(first * self.scale, last * self.scale + 1)
        return torch.stack([self._frames.frame(k)[self._which][layers] for k in which])[:, None]


def cautious_midpoints(values: torch.Tensor) -> torch.Tensor:
    """Values (Z, Y, X) with a point between every two neighbours: their harmonic mean, or 0.

    Where a network meets a jump its misses on the nodes alternate in sign, and a spline of them rings; the
    harmonic mean is at most twice the smaller of two misses, and 0 stands between opposite ones.

    Examples
    --------
    >>> cautious_midpoints(torch.tensor([[[1.0, 3.0, -3.0]]])).tolist()
    [[[1.0, 1.5, 3.0, 0.0, -3.0]]]
    """
    for axis in range(3):
        before, after = (
            values.narrow(axis, 0, values.shape[axis] - 1),
            values.narrow(axis, 1, values.shape[axis] - 1),
        )
        product = before * after
        mean = torch.where(product > 0, 2 * product / (before + after), 0.0)
        finer = values.new_empty([SCALE * n - 1 if i == axis else n for i, n in enumerate(values.shape)])
        along = finer.movedim(axis, 0)
        along[::SCALE], along[1::SCALE] = values.movedim(axis, 0), mean.movedim(axis, 0)
        values = finer
    return values
