"""What a compact network learns from: a field at its kept samples, and at random places between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from stsr_core.fields.base import Axes, Field, Sampler, as_axes
from stsr_core.fields.mixture.field import Mixture
from stsr_core.sampling import GridRows

#: Volumes of random places held at once, and their samples at most (64 MiB).
POOL_VOLUMES, POOL_ROWS = 512, 1 << 24
#: Samples of one volume: one for so many kept nodes, but at least and at most so many. Small volumes have
#: many times, which is what a network lacks; a time costs the frames of a large grid once.
NODES_PER_ROW, LEAST_ROWS, MOST_ROWS = 16, 1 << 13, 1 << 18
#: How often a sample is drawn, on the mean, before another takes its place.
USES = 8.0
#: Volumes that the first step begins with.
FIRST = 4
_GOLDEN = (5**0.5 - 1) / 2


class RandomVolumes:
    """One variable of a field at random times and positions, a product grid at a time.

    Volume k has one time and, along each axis of space, one position in each of some cells of equal length.
    Times follow the golden ratio: any number of volumes covers the series evenly. All of it is a pure
    function of ``seed`` and k.

    Parameters
    ----------
    field : Field
    index : int
        Number of the variable.
    seed : tuple of int
        Another gives other volumes.
    """

    def __init__(self, field: Field, index: int, seed: tuple[int, ...]) -> None:
        self._domain = domain = field.domain[index]
        latent = field.latent(domain.name)
        self._sample: Sampler = (
            field.sparse_sampler(domain.name)
            if isinstance(field, Mixture)
            else field.sampler(latent, domain.name)
        )
        self._device = latent.device
        self._seed = seed
        nodes = int(np.prod(domain.grid.shape, dtype=np.int64))
        rows = min(nodes, max(LEAST_ROWS, min(MOST_ROWS, nodes // NODES_PER_ROW)))
        shrink = (rows / nodes) ** (1 / 3)
        self.shape = tuple(max(1, round(n * shrink)) for n in domain.grid.shape)

    def axes(self, k: int) -> Axes:
        """Normalised positions of volume ``k``: one t, then z, y, x of :attr:`shape`."""
        draw = np.random.default_rng((*self._seed, k))
        space = [
            2 * (np.arange(n) + draw.random(n)) / n - 1 if whole > 1 else np.zeros(1)
            for n, whole in zip(self.shape, self._domain.full_grid.shape, strict=True)
        ]
        start = np.random.default_rng(self._seed).random()
        time = 2 * ((start + _GOLDEN * k) % 1.0) - 1 if len(self._domain.full_times) > 1 else 0.0
        return as_axes((np.array([time]), *space), self._device)

    def values(self, k: int) -> torch.Tensor:
        """The field at the places of volume ``k``, (Z, Y, X), normalised."""
        with torch.no_grad():
            return self._sample(self.axes(k))[0]


class DistillationRows:
    """Rows of a field at its kept samples and between them; :class:`~stsr_core.fields.base.Rows`.

    A batch of B kept rows has ratio · B more, drawn from the latest volumes at random places. New ones come
    with the steps of training, so that the first steps need not wait for all of them; what a batch holds is a
    pure function of the seed and the step, and a resumed run goes on exactly.

    Parameters
    ----------
    kept : GridRows
        Kept samples, as the field says them.
    volumes : RandomVolumes
    ratio : float
        Rows between for each kept one.
    volumes_per_step : float
        How many new ones a step of training brings.
    seed : int
    step : callable
        Number of the step that a batch is asked for.
    """

    def __init__(
        self,
        kept: GridRows,
        volumes: RandomVolumes,
        ratio: float,
        volumes_per_step: float,
        seed: int,
        step: Callable[[], int],
    ) -> None:
        self._kept = kept
        self._volumes = volumes
        self._ratio = ratio
        self._per_step = volumes_per_step
        self._step = step
        self._random = torch.Generator(kept.values.device)
        self._seed = seed
        rows = int(np.prod(volumes.shape))
        self._room = max(FIRST, min(POOL_VOLUMES, POOL_ROWS // rows))
        self._values = torch.empty(self._room, rows, device=kept.values.device)
        self._axes = [torch.empty(self._room, n, device=kept.values.device) for n in (1, *volumes.shape)]
        self._next = 0

    def __len__(self) -> int:
        return len(self._kept)

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Kept rows ``index`` (B,) and those between: coordinates (N, 4), targets (N,), mask (N,).

        The mask is None where the field has values everywhere.
        """
        coordinates, targets, known = self._kept.batch(index)
        if self._ratio == 0:
            return coordinates, targets, known
        self._renew()
        between, values = self._drawn(round(self._ratio * len(index)))
        if known is not None:
            known = torch.cat([known, ~values.isnan()])
            values = values.nan_to_num()
        return torch.cat([coordinates, between]), torch.cat([targets, values]), known

    def _renew(self) -> None:
        last = FIRST + int(self._per_step * self._step())
        for k in range(max(self._next, last - self._room), last):
            self._values[k % self._room] = self._volumes.values(k).flatten()
            for held, axis in zip(self._axes, self._volumes.axes(k), strict=True):
                held[k % self._room] = axis
        self._next = last

    def _drawn(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        self._random.manual_seed(self._seed + self._step())
        rows = self._values.shape[1]
        held = min(self._next, self._room)
        draw = torch.randint(held * rows, (count,), generator=self._random, device=self._values.device)
        volume, rest = draw // rows, draw % rows
        columns = []
        for axis in reversed(self._axes[1:]):
            columns.append(axis[volume, rest % axis.shape[1]])
            rest = rest // axis.shape[1]
        columns.append(self._axes[0][volume, 0])
        return torch.stack(columns[::-1], dim=1), self._values.view(-1)[draw]
