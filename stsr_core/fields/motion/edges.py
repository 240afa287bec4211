"""Beyond the outermost kept nodes, where every method can only guess: values led on along a straight line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from stsr_core.fields.motion.reading import Periodic

_INSIDE = 1e-6  # nodes beyond the last one that are rounding


def led_on(
    function: Callable[[Sequence[np.ndarray]], torch.Tensor],
    space: Sequence[np.ndarray],
    nodes: Sequence[np.ndarray],
    periodic: Periodic = (False, False, False),
) -> torch.Tensor:
    """A function of space that is known between the nodes, continued by the slope of the outermost interval.

    At most one interval far; farther out the value found there holds. What was left out after the last kept
    node lies within one interval. Axes that close on themselves have no outside.

    Parameters
    ----------
    function : callable
        Axes (z, y, x) → values (…, Z, Y, X).
    space, nodes : sequence of ndarray
        Axes (z, y, x) of what is asked for, and of the evenly spaced nodes.

    Examples
    --------
    >>> axes = [np.zeros(1), np.zeros(1), np.array([0.5, 2.0, 2.5, 9.0])]
    >>> square = lambda axes: torch.from_numpy(axes[2] ** 2).view(1, 1, -1)
    >>> led_on(square, axes, [np.zeros(1), np.zeros(1), np.arange(3.0)]).flatten().tolist()
    [0.25, 4.0, 5.5, 7.0]
    """
    axes, beyond = list(space), {}
    for i, (axis, along) in enumerate(zip(space, nodes, strict=True)):
        if periodic[i] or len(along) < 2:
            continue
        index = (axis - along[0]) / (along[1] - along[0])
        after = np.clip(index - (len(along) - 1), 0.0, 1.0)
        before = np.clip(-index, 0.0, 1.0)
        if max(after.max(), before.max()) > _INSIDE:
            ends = along[[0, 1, -2, -1]]
            axes[i] = np.concatenate([np.clip(axis, along[0], along[-1]), ends])
            beyond[i] = before, after
    values = function(axes)
    for i, (before, after) in beyond.items():
        place, n = i - 3, len(before)
        inside, first, second, last_but_one, last = values.split([n, 1, 1, 1, 1], place)
        shape = [n if axis == i else 1 for axis in range(3)]
        down, up = (
            torch.as_tensor(share, dtype=values.dtype, device=values.device).view(shape)
            for share in (before, after)
        )
        values = inside + down * (first - second) + up * (last - last_but_one)
    return values
