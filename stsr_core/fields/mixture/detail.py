"""What a network knows of a kept frame between its nodes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import torch

from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.upsampling import FineFrames

#: Points per node of a network's frames: detail lies between neighbouring nodes.
SCALE = 2
#: Frames held at once; a time between two kept steps needs two.
_HELD = 4
#: So near to a point of the frames, in their spacing, is on it: axes come in float32.
_CLOSE = 1e-3


class NetworkFrames:
    """A network at the kept steps on a finer grid: all of it, or what it adds to a spline of the nodes.

    A network knows nothing of periods. In the interval that closes a periodic axis, where no sample was
    kept, the periodic spline of its nodes stands for it: its detail is 0 there, and nothing jumps.

    Parameters
    ----------
    values : callable
        ``values(k)`` is the network at kept step k on the fine grid, scale · (Z − 1) + 1 points along z.
    kept : callable
        ``kept(k)`` are the kept samples of step k, (Z, Y, X).
    periodic : (bool, bool, bool)
        Axes that close on themselves: the frames have :data:`SCALE` · n points along them.
    """

    def __init__(
        self,
        values: Callable[[int], torch.Tensor],
        kept: Callable[[int], torch.Tensor],
        periodic: Periodic = (False, False, False),
    ) -> None:
        self._values = values
        self._kept = kept
        self._periodic = periodic
        self._frames: OrderedDict[int, tuple[torch.Tensor, torch.Tensor]] = OrderedDict()

    def frame(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The network N and the detail D of kept step ``k`` on the fine grid.

        D = N + H − F, with F the spline of the kept nodes and H what N misses on them, carried to the points
        between as carefully as can be (:func:`cautious_midpoints`). D is 0 on the nodes.
        """
        if k not in self._frames:
            known, kept = self._values(k), self._kept(k)
            nodes = known[::SCALE, ::SCALE, ::SCALE].contiguous()
            spline = self._spline(kept)
            inside = tuple(slice(0, n) for n in known.shape)
            network = self._spline(nodes) if any(self._periodic) else torch.empty_like(spline)
            detail = torch.zeros_like(spline)
            network[inside] = known
            detail[inside] = known + cautious_midpoints(kept - nodes) - spline[inside]
            self._frames[k] = network, detail
            while len(self._frames) > _HELD:
                self._frames.popitem(last=False)
        return self._frames[k]

    def _spline(self, nodes: torch.Tensor) -> torch.Tensor:
        return FineFrames(nodes[None], SCALE, self._periodic).slab(0, len(nodes), [0])[0, 0]

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
        Axes (z, y, x) → values (…, Z, Y, X).
    space, nodes : sequence of ndarray
        Axes (z, y, x) of what is asked for, and of the evenly spaced nodes.
    periodic : (bool, bool, bool)

    Returns
    -------
    Tensor
        (…, Z, Y, X)

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
        inside, first = values.narrow(i - 3, 0, len(share)), values.narrow(i - 3, len(share), 1)
        values = torch.lerp(inside, first, weight.view([-1 if axis == i else 1 for axis in range(3)]))
    return values


class Lattice:
    """The points of a network's frames around some axes, and what is linear between these points.

    Parameters
    ----------
    space, nodes : sequence of ndarray
        Axes (z, y, x) of what is asked for, and of the evenly spaced nodes.

    Attributes
    ----------
    axes : list of ndarray
        (z, y, x) of the points, those of ``space`` themselves where all of them are points.
    complete : bool
        Whether that is so of each axis.

    Examples
    --------
    >>> none = np.zeros(1)
    >>> lattice = Lattice([none, none, np.array([0.1, 1.0])], [none, none, np.arange(3.0)])
    >>> lattice.axes[2].tolist(), lattice.complete
    ([0.0, 0.5, 1.0], False)
    >>> lattice.read(torch.tensor([[[0.0, 5.0, 6.0]]])).tolist()
    [[[1.0, 6.0]]]
    """

    def __init__(self, space: Sequence[np.ndarray], nodes: Sequence[np.ndarray]) -> None:
        self.axes: list[np.ndarray] = []
        self._weights: dict[int, np.ndarray] = {}
        for i, (axis, along) in enumerate(zip(space, nodes, strict=True)):
            spacing = (along[-1] - along[0]) / max(1, SCALE * (len(along) - 1))
            index = (axis - along[0]) / (spacing or 1.0)
            index = np.where(np.abs(index - np.rint(index)) < _CLOSE, np.rint(index), index)
            points = np.unique([np.floor(index), np.ceil(index)])
            if not spacing or np.array_equal(points, index):
                self.axes.append(axis)
                continue
            self.axes.append(along[0] + spacing * points)
            # 1 at a point itself, 0 at the next ones; points with none between them are neighbours.
            self._weights[i] = np.maximum(0.0, 1.0 - np.abs(index[:, None] - points))
        self.complete = not self._weights

    def read(self, values: torch.Tensor) -> torch.Tensor:
        """From values at the points to those at the places that were asked for, (Z, Y, X) each."""
        for i, weights in self._weights.items():
            across = torch.as_tensor(weights, dtype=values.dtype, device=values.device)
            values = torch.tensordot(across, values, dims=([1], [i])).movedim(0, i)
        return values


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
