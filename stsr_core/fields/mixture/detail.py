"""What a network knows of a kept frame between its nodes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import torch

from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.upsampling import FineFrames

#: Frames held at once; a time between two kept steps needs two.
_HELD = 4


class NetworkFrames:
    """A network at the kept steps on a finer grid: all of it, or what it adds to the spline of its own nodes.

    A network knows nothing of periods. In the interval that closes a periodic axis, where no sample was
    kept, the periodic spline of its nodes stands for it: its detail is 0 there, and nothing jumps.

    Parameters
    ----------
    values : callable
        ``values(k)`` is the network at kept step k on the fine grid, scale · (Z − 1) + 1 points along z.
    scale : int
        Points per node.
    periodic : (bool, bool, bool)
        Axes that close on themselves: the frames have ``scale`` · n points along them.
    """

    def __init__(
        self,
        values: Callable[[int], torch.Tensor],
        scale: int,
        periodic: Periodic = (False, False, False),
    ) -> None:
        self.scale = scale
        self._values = values
        self._periodic = periodic
        self._frames: OrderedDict[int, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def frame(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The network and its detail D = N − spline of N's nodes, on the fine grid of kept step ``k``."""
        if k not in self._frames:
            known = self._values(k)
            nodes = known[:: self.scale, :: self.scale, :: self.scale].contiguous()
            spline = FineFrames(nodes[None], self.scale, self._periodic).slab(0, len(nodes), [0])[0, 0]
            whole = spline.clone()
            whole[tuple(slice(0, n) for n in known.shape)] = known
            self._frames[k] = whole, whole - spline
            while len(self._frames) > _HELD:
                self._frames.popitem(last=False)
        return self._frames[k]

    def part(self, which: int) -> Part:
        """0: the network itself, 1: its detail; as frames to be carried."""
        return Part(self, which)


def bridged(
    function: Callable[[Sequence[np.ndarray]], torch.Tensor],
    space: Sequence[np.ndarray],
    nodes: Sequence[np.ndarray],
    periodic: Periodic,
) -> torch.Tensor:
    """A function that is known from the first to the last node, led linearly to the first on periodic axes.

    Parameters
    ----------
    function : callable
        Axes (z, y, x) → values (Z, Y, X).
    space, nodes : sequence of ndarray
        Axes (z, y, x) of what is asked for, and of the evenly spaced nodes.
    periodic : (bool, bool, bool)

    Returns
    -------
    Tensor
        (Z, Y, X)

    Examples
    --------
    >>> axes = [np.zeros(1), np.zeros(1), np.array([1.0, 2.0, 2.5, 3.0])]
    >>> square = lambda axes: torch.from_numpy(axes[2] ** 2).view(1, 1, -1)
    >>> nodes = [np.zeros(1), np.zeros(1), np.arange(3.0)]
    >>> bridged(square, axes, nodes, (False, False, True)).flatten().tolist()
    [1.0, 4.0, 2.0, 0.0]
    """
    axes, beyond = list(space), {}
    for i, (axis, along) in enumerate(zip(space, nodes, strict=True)):
        n = len(along)
        if periodic[i] and n > 1:
            step = along[1] - along[0]
            index = np.mod((axis - along[0]) / step, n)
            axes[i] = np.append(along[0] + step * np.minimum(index, n - 1), along[0])
            beyond[i] = np.maximum(index - (n - 1), 0.0)
    values = function(axes)
    for i, share in beyond.items():
        weight = torch.as_tensor(share, dtype=values.dtype, device=values.device)
        inside, first = values.narrow(i, 0, len(share)), values.narrow(i, len(share), 1)
        values = torch.lerp(inside, first, weight.view([-1 if axis == i else 1 for axis in range(3)]))
    return values


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
