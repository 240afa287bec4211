"""A look at an output before it is computed: fewer nodes or a quicker field, in a fraction of a second."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from stsr_core.fields.base import Field, Hurried
from stsr_core.grid import Grid
from stsr_core.inference.mixed import evaluate_mix
from stsr_core.normalize import as_type
from stsr_core.request.mix import Mix

#: What a preview aims at, and what may as well be computed in full, in seconds.
SECONDS, AT_ONCE = 0.2, 0.3
#: Nodes of the first preview of a model, of which no speed is known, and of the smallest.
FIRST, FEWEST = 32**3, 16**3


@dataclass(frozen=True)
class Preview:
    """Arrays (Z, Y, X …) over the whole grid, by name, and the grid whose nodes were computed.

    ``exact`` is True where they are the output itself, and nothing better is to come.
    """

    values: Mapping[str, np.ndarray]
    computed: Grid
    exact: bool


class Previewer:
    """Previews of one model, as fine as its speed on this machine allows.

    Each takes the number of nodes that the ones before let expect in :data:`SECONDS`, and all where the whole
    output is expected in :data:`AT_ONCE`.

    Parameters
    ----------
    field : Field
    """

    def __init__(self, field: Field) -> None:
        self._field = field
        self._near = field.quick() if isinstance(field, Hurried) else field
        self._speed = FIRST / SECONDS  # nodes per second

    def learn(self, nodes: int, seconds: float) -> None:
        """So many nodes of the field itself were computed in so many seconds."""
        if self._near is self._field:
            self._speed = max(self._speed, nodes / seconds)

    def __call__(self, grid: Grid, arrays: Mapping[str, Mix], **options: Any) -> Preview:
        """All of ``arrays`` on ``grid``.

        Parameters
        ----------
        grid : Grid
        arrays : mapping of str to Mix
        **options
            ``device`` and ``tile`` of :func:`stsr_core.evaluate`.
        """
        # What lies between variables is not always in the quick field.
        plain = all(len(mix.weights) == 1 for mix in arrays.values())
        field = self._near if plain else self._field
        in_time = self._speed * SECONDS / len(arrays)
        whole = grid.size * len(arrays) <= self._speed * AT_ONCE
        coarse = grid if whole else coarser(grid, int(max(in_time, FEWEST)))
        known: dict[Mix, np.ndarray] = {}
        start = time.perf_counter()
        values = {n: evaluate_mix(field, coarse, mix, known=known, **options) for n, mix in arrays.items()}
        # Small ones say little of large ones: what every evaluation costs is not known apart.
        speed = coarse.size * len(arrays) / (time.perf_counter() - start)
        self._speed = min(max(speed, self._speed / 4), self._speed * 4)
        exact = coarse == grid and field is self._field
        return Preview({name: stretched(v, grid.shape) for name, v in values.items()}, coarse, exact)


def coarser(grid: Grid, nodes: int) -> Grid:
    """The same region with at most about ``nodes`` nodes, and at least two along each axis that has two.

    Examples
    --------
    >>> coarser(Grid((129, 129, 1)), 33 * 33).shape
    (33, 33, 1)
    >>> coarser(Grid((3, 3, 3)), 1000).shape
    (3, 3, 3)
    """
    axes = [n for n in grid.shape if n > 1]
    if grid.size <= nodes or not axes:
        return grid
    scale = (nodes / grid.size) ** (1 / len(axes))
    return grid.with_shape([min(n, max(2, round(n * scale))) for n in grid.shape])


def stretched(values: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Values (Z, Y, X …) interpolated linearly to another number of nodes between the same end points.

    Examples
    --------
    >>> stretched(np.array([[[0, 20]]], np.uint8), (1, 2, 3)).tolist()
    [[[0, 10, 20], [0, 10, 20]]]
    """
    if values.shape[:3] == shape:
        return values
    exact = values.dtype == np.float64 or values.dtype.kind != "f"
    tensor = torch.from_numpy(values.astype(np.float64 if exact else np.float32, copy=False))
    channels = tensor.reshape(1, *tensor.shape[:3], -1).movedim(-1, 1)
    finer = torch.nn.functional.interpolate(channels, size=shape, mode="trilinear", align_corners=True)
    array = finer[0].movedim(0, -1).reshape(*shape, *tensor.shape[3:]).contiguous().numpy()
    return as_type(array, values.dtype)
