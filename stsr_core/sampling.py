"""Kept samples on a device, and minibatches of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from stsr_core import scratch
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.kept import MASK, KeptSeries
from stsr_core.normalize import Normalization
from stsr_core.series import Variable, VolumeSeries

#: The range of values whose differences float32 holds.
_LEAST_RANGE, _LARGEST_RANGE = 1e-37, 3e38

#: Rows shuffled at once: 2**25 int64 indices are 256 MiB, whatever the size of the series.
SHARD_ROWS = 1 << 25


@dataclass(frozen=True, eq=False)
class KeptSamples:
    """The kept samples of a series, normalised float32 on one device, and the domain they span.

    Parameters
    ----------
    domain : Domain
    values : list of Tensor
        Per variable (T, Z, Y, X), normalised, in a scratch file where the memory is short; NaN where a value
        is missing (``fill="mask"`` only).
    data_hash : str
        SHA-256 over the kept samples in the dtype they came with.
    whole : VolumeSeries
        What they were kept from; see :class:`stsr_core.kept.KeptSeries`.
    settings : dict
        ``spatial_factor`` and ``temporal_gap``, a number where it is that of all variables and else a list,
        and ``fill``: plain JSON values, which travel with a model.
    """

    domain: Domain
    values: list[torch.Tensor]
    data_hash: str
    whole: VolumeSeries
    settings: dict[str, Any]

    @classmethod
    def read(
        cls,
        series: VolumeSeries,
        spatial_factor: int | Sequence[int] = 1,
        temporal_gap: int | Sequence[int] = 0,
        *,
        device: torch.device | str = "cpu",
        fill: float | str | None = None,
    ) -> KeptSamples:
        """Read the kept steps of a whole series one by one.

        Parameters
        ----------
        series : VolumeSeries
            The full series; its grids and times become the −1…1 of the coordinates.
        spatial_factor, temporal_gap : int or sequence of int
            As for :func:`stsr_core.kept.subsample`.
        device, fill
            As for :meth:`of`.
        """
        return cls.of(KeptSeries.of(series, spatial_factor, temporal_gap), device=device, fill=fill)

    @classmethod
    def of(
        cls, series: KeptSeries, *, device: torch.device | str = "cpu", fill: float | str | None = None
    ) -> KeptSamples:
        """Read kept steps one by one; on the CPU they may be more than the memory holds.

        Parameters
        ----------
        fill : float or "mask", optional
            Replaces NaN and infinite values, or has them left out; without it they are refused.

        Raises
        ------
        ValueError
            If a kept step holds NaN or infinite values: names variable, step and count. If all values of a
            variable are missing, some of an integer one are, or their range is beyond float32.
        """
        digest = hashlib.sha256()
        domains, tensors = [], []
        for full, kept in zip(series.whole, series.part, strict=True):
            values = scratch.empty((len(kept.times), *kept.grid.shape), device=device)
            low, high = np.inf, -np.inf
            # float64 data is normalised before it is rounded: a large offset would eat its digits.
            reference = None
            for i in range(len(kept.times)):
                step = finite(kept, i, kept.step(i), fill)
                digest.update(np.ascontiguousarray(step).data)
                step = step.astype(np.float64)
                known = step if fill != MASK else step[~np.isnan(step)]
                if known.size:
                    reference = float(known.flat[0]) if reference is None else reference
                    low, high = min(low, float(known.min())), max(high, float(known.max()))
                    check_range(full.name, low, high)
                values[i] = torch.from_numpy((step - (reference or 0.0)).astype(np.float32)).to(device)
            if reference is None:
                raise ValueError(f"{full.name}: at least one kept value must not be missing, got none")
            normalization = Normalization(low, high)
            masked = fill == MASK and bool(values.isnan().any())
            if masked and full.dtype.kind != "f":
                raise ValueError(
                    f"{full.name}: missing values must be of a floating-point type to stay missing, "
                    f"got {full.dtype}; give a fill value to replace them"
                )
            values += reference - normalization.center
            values /= normalization.half_range or 1.0
            domains.append(
                VariableDomain(
                    full.name,
                    kept.grid,
                    tuple(kept.times.tolist()),
                    full.grid,
                    tuple(full.times.tolist()),
                    normalization,
                    full.dtype.name,
                    full.unit,
                    masked,
                )
            )
            tensors.append(values)
        each = list(series.kept.values())
        settings = {
            "spatial_factor": _one_or_each([k.spatial_factor for k in each]),
            "temporal_gap": _one_or_each([k.temporal_gap for k in each]),
            "fill": fill,
        }
        return cls(Domain(domains), tensors, digest.hexdigest(), series.whole, settings)

    @property
    def device(self) -> torch.device:
        """Where the values are."""
        return self.values[0].device

    def to(self, device: torch.device | str) -> KeptSamples:
        """The same samples on another device."""
        return replace(self, values=[values.to(device) for values in self.values])


def _one_or_each(numbers: list[int]) -> int | list[int]:
    return numbers if len(set(numbers)) > 1 else numbers[0]


def check_range(name: str, low: float, high: float) -> None:
    """Refuse values that normalised float32 cannot tell apart: they would all be infinite, or all equal."""
    if not (high == low or _LEAST_RANGE <= high - low <= _LARGEST_RANGE):
        raise ValueError(
            f"{name}: the range of the values must lie between {_LEAST_RANGE:g} and {_LARGEST_RANGE:g}, "
            f"got {low:g} to {high:g}; choose another unit"
        )


def finite(variable: Variable, i: int, step: np.ndarray, fill: float | str | None) -> np.ndarray:
    """``step`` with NaN and infinities replaced by ``fill`` (NaN for "mask"), refused when that is None."""
    bad = ~np.isfinite(step)
    count = int(bad.sum())
    if count and fill is None:
        raise ValueError(
            f"{variable.name}: step {i} (time {variable.times[i]:g}) has {count} NaN or infinite values of "
            f"{step.size}; give a fill value to replace them"
        )
    return np.where(bad, np.asarray(np.nan if fill == MASK else fill, step.dtype), step) if count else step


class GridRows:
    """Training rows of one variable in global coordinates: one kept sample each, by index arithmetic.

    Parameters
    ----------
    domain : VariableDomain
    values : Tensor
        Kept samples (T, Z, Y, X), normalised, on the training device; NaN where they are missing.
    """

    def __init__(self, domain: VariableDomain, values: torch.Tensor) -> None:
        axes = domain.normalized_axes(domain.grid, np.asarray(domain.times))
        self.axes = [torch.as_tensor(a, dtype=torch.float32, device=values.device) for a in axes]
        self.values = values
        self._masked = domain.masked

    def __len__(self) -> int:
        return self.values.numel()

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Rows ``index`` (B,) → coordinates (B, 4) in (t, z, y, x), targets (B,), mask (B,) or None."""
        columns, rest = [], index
        for axis in reversed(self.axes):
            columns.append(axis[rest % len(axis)])
            rest = rest // len(axis)
        coordinates, targets = torch.stack(columns[::-1], dim=1), self.values.view(-1)[index]
        if not self._masked:
            return coordinates, targets, None
        return coordinates, targets.nan_to_num(), ~targets.isnan()


class Shuffle:
    """A random order of ``n_rows`` rows that is a pure function of (seed, epoch, position).

    Rows are dealt into strided shards of at most ``shard_rows``, so that the memory does not grow with
    the series; shards come one after another, each in a random order. Every row comes once per epoch.
    """

    def __init__(self, n_rows: int, seed: int, device: torch.device, shard_rows: int = SHARD_ROWS) -> None:
        self.n_rows = n_rows
        self.n_shards = -(-n_rows // shard_rows)
        self.seed = seed
        self.device = device
        self._held: tuple[int, int] | None = None
        self._rows = torch.empty(0, dtype=torch.int64, device=device)

    def take(self, epoch: int, start: int, stop: int) -> torch.Tensor:
        """Row numbers at positions ``start`` ≤ p < ``stop`` of the epoch's order, int64."""
        parts = []
        first = 0
        for shard in range(self.n_shards):
            length = len(range(shard, self.n_rows, self.n_shards))
            low, high = max(start - first, 0), min(stop - first, length)
            if low < high:
                parts.append(self._shard(epoch, shard, length)[low:high])
            first += length
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _shard(self, epoch: int, shard: int, length: int) -> torch.Tensor:
        if self._held != (epoch, shard):
            generator = torch.Generator(self.device)
            generator.manual_seed(int(np.random.SeedSequence((self.seed, epoch, shard)).generate_state(1)[0]))
            order = torch.randperm(length, generator=generator, device=self.device)
            self._rows = order * self.n_shards + shard
            self._held = (epoch, shard)
        return self._rows


def minibatches(
    shuffles: list[Shuffle], batch_rows: int, epoch: int, first: int = 0
) -> Iterator[list[torch.Tensor]]:
    """Row numbers per variable for the steps ``first``, first+1, … of an epoch.

    Each minibatch takes from every variable in proportion to its rows, so that all end together and a
    latent vector's maps are evaluated once per variable and step.
    """
    n_steps = steps_per_epoch(shuffles, batch_rows)
    for step in range(first, n_steps):
        yield [s.take(epoch, s.n_rows * step // n_steps, s.n_rows * (step + 1) // n_steps) for s in shuffles]


def endless(shuffles: list[Shuffle], batch_rows: int, first_step: int = 0) -> Iterator[list[torch.Tensor]]:
    """The minibatches of one epoch after the other, from step ``first_step`` of the first on."""
    epoch, first = divmod(first_step, steps_per_epoch(shuffles, batch_rows))
    while True:
        yield from minibatches(shuffles, batch_rows, epoch, first)
        epoch, first = epoch + 1, 0


def steps_per_epoch(shuffles: list[Shuffle], batch_rows: int) -> int:
    """Minibatches of one pass over all rows; never more than the rows of the smallest variable."""
    wanted = -(-sum(s.n_rows for s in shuffles) // batch_rows)
    return max(1, min(wanted, *(s.n_rows for s in shuffles)))
