"""What is kept of a series for learning, by strided sampling, and the steps between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stsr_core.series import Variable, VolumeSeries
from stsr_core.words import ordinal

#: What ``fill`` is where missing values are left out, and stay missing in what a model gives.
MASK = "mask"


@dataclass(frozen=True)
class Kept:
    """What is kept of one variable, by strided sampling without filtering (specification 2.4).

    Raises
    ------
    ValueError
        If a number is not whole or too small.
    """

    spatial_factor: int = 1  # u_s >= 1: every u_s-th voxel of each axis
    temporal_gap: int = 0  # u_t >= 0: steps left out between two kept ones

    def __post_init__(self) -> None:
        for name, least in (("spatial_factor", 1), ("temporal_gap", 0)):
            value = getattr(self, name)
            if not (value >= least and value % 1 == 0):
                raise ValueError(f"{name.replace('_', ' ')} must be a whole number >= {least}, got {value}")
            object.__setattr__(self, name, int(value))


def kept_of(
    series: VolumeSeries, spatial_factor: int | Sequence[int] = 1, temporal_gap: int | Sequence[int] = 0
) -> dict[str, Kept]:
    """What is kept of each variable, by name.

    Parameters
    ----------
    spatial_factor, temporal_gap : int or sequence of int
        One number for all variables, or one for each in the order of the series.

    Raises
    ------
    ValueError
        If there are more or fewer numbers than variables, or one is out of range.

    Examples
    --------
    >>> zeros = np.zeros((1, 2, 2, 2))
    >>> kept_of(VolumeSeries.from_arrays({"a": zeros, "b": zeros}), [2, 4], 3)["b"]
    Kept(spatial_factor=4, temporal_gap=3)
    """

    def each(name: str, given: int | Sequence[int]) -> list[int]:
        numbers = np.asarray(given).tolist()
        if not isinstance(numbers, list):
            return [numbers] * len(series)
        if len(numbers) != len(series):
            raise ValueError(
                f"{name} must be one number, or one for each of the {len(series)} variables "
                f"({', '.join(series.names)}), got {len(numbers)}"
            )
        return numbers

    factors, gaps = each("spatial factor", spatial_factor), each("temporal gap", temporal_gap)
    return {name: Kept(*both) for name, *both in zip(series.names, factors, gaps, strict=True)}


def kept_in_words(kept: Kept) -> str:
    """What is kept of a variable.

    Examples
    --------
    >>> kept_in_words(Kept(2, 3)), kept_in_words(Kept(1, 1)), kept_in_words(Kept())
    ('every 2nd voxel of each axis and every 4th step', 'every 2nd step', 'everything')
    """
    parts = []
    if kept.spatial_factor > 1:
        parts.append(f"every {ordinal(kept.spatial_factor)} voxel of each axis")
    if kept.temporal_gap > 0:
        parts.append(f"every {ordinal(kept.temporal_gap + 1)} step")
    return " and ".join(parts) or "everything"


def kept_steps(n_steps: int, temporal_gap: int) -> np.ndarray:
    """Indices 0, u_t+1, 2(u_t+1), … < n_steps: u_t = ``temporal_gap`` steps are left out between two.

    Source: specification 2.3.

    Examples
    --------
    >>> kept_steps(48, 3)[-1] + 1, len(kept_steps(100, 5))
    (np.int64(45), 17)
    """
    return np.arange(0, n_steps, temporal_gap + 1)


def step_kinds(n_steps: int, temporal_gap: int) -> tuple[list[int], list[int], list[int]]:
    """Step numbers that were kept, left out between kept ones, and left out after the last kept one.

    Examples
    --------
    >>> step_kinds(7, 2), [len(kind) for kind in step_kinds(48, 3)]
    (([0, 3, 6], [1, 2, 4, 5], []), [12, 33, 3])
    """
    kept = kept_steps(n_steps, temporal_gap).tolist()
    unseen = sorted(set(range(kept[-1])) - set(kept))
    return kept, unseen, list(range(kept[-1] + 1, n_steps))


def steps_to_measure(n_steps: int, temporal_gap: int, limit: int | None = None) -> list[int]:
    """At most ``limit`` (>= 3) steps, shared among the kinds by their size, each kind at least once.

    Examples
    --------
    >>> [len([i for i in kind if i in steps_to_measure(48, 3, 10)]) for kind in step_kinds(48, 3)]
    [2, 5, 1]
    """
    if limit is None or limit >= n_steps:
        return list(range(n_steps))
    chosen: list[int] = []
    # Drawn, not strided: a stride can meet the same phase between two kept steps every time.
    draw = np.random.default_rng(0)
    for kind in (kind for kind in step_kinds(n_steps, temporal_gap) if kind):
        count = 1 + (limit - 3) * len(kind) // n_steps
        chosen += draw.permutation(np.array(kind, dtype=int))[:count].tolist()
    return sorted(chosen)


def evenly(count: int, most: int) -> np.ndarray:
    """At most ``most`` of the numbers 0 … ``count`` − 1, evenly spaced, the first and the last among them.

    Examples
    --------
    >>> evenly(9, 3).tolist(), evenly(2, 6).tolist()
    ([0, 4, 8], [0, 1])
    """
    return np.linspace(0, count - 1, min(most, count)).round().astype(int)


@dataclass(frozen=True)
class KeptSeries:
    """The kept part of a series, and what it was kept from.

    Parameters
    ----------
    whole : VolumeSeries
        Names, grids, times, types and units of everything. Its steps may be out of reach, as those of a
        series that came through a pipeline step by step.
    kept : dict of str to Kept
        What is kept of each variable.
    part : VolumeSeries
        The kept nodes at the kept steps.
    """

    whole: VolumeSeries
    kept: dict[str, Kept]
    part: VolumeSeries

    @classmethod
    def of(
        cls,
        series: VolumeSeries,
        spatial_factor: int | Sequence[int] = 1,
        temporal_gap: int | Sequence[int] = 0,
    ) -> KeptSeries:
        """The kept part of a series whose steps can be read, as for :func:`subsample`."""
        kept = kept_of(series, spatial_factor, temporal_gap)
        return cls(series, kept, _part(series, kept, {v.name: _strided(v, kept[v.name]) for v in series}))

    @classmethod
    def of_steps(
        cls, whole: VolumeSeries, kept: dict[str, Kept], steps: Mapping[str, Sequence[np.ndarray]]
    ) -> KeptSeries:
        """Kept steps that are at hand, of a series that is not.

        Parameters
        ----------
        whole : VolumeSeries
            What they were kept from; it is not read.
        steps : mapping of str to sequence of ndarray
            Per variable the kept nodes (Z, Y, X) of the kept steps, all of them, in order.

        Raises
        ------
        ValueError
            If there are more or fewer steps than are kept.
        """
        for variable in whole:
            wanted = len(kept_steps(len(variable.times), kept[variable.name].temporal_gap))
            if len(steps[variable.name]) != wanted:
                raise ValueError(
                    f"{variable.name}: steps must be the {wanted} that are kept of {len(variable.times)}, "
                    f"got {len(steps[variable.name])}"
                )
        return cls(whole, kept, _part(whole, kept, {v.name: steps[v.name].__getitem__ for v in whole}))


def subsample(
    series: VolumeSeries, spatial_factor: int | Sequence[int] = 1, temporal_gap: int | Sequence[int] = 0
) -> VolumeSeries:
    """Every ``spatial_factor``-th voxel of each axis and every (``temporal_gap`` + 1)-th step, read lazily.

    Parameters
    ----------
    series : VolumeSeries
    spatial_factor, temporal_gap : int or sequence of int
        u_s >= 1 and u_t >= 0; one number for all variables, or one for each in the order of the series.
    """
    return KeptSeries.of(series, spatial_factor, temporal_gap).part


def _part(
    whole: VolumeSeries, kept: dict[str, Kept], read: Mapping[str, Callable[[int], np.ndarray]]
) -> VolumeSeries:
    variables = (
        replace(
            variable,
            grid=variable.grid.every(kept[variable.name].spatial_factor),
            times=variable.times[kept_steps(len(variable.times), kept[variable.name].temporal_gap)],
            read=read[variable.name],
        )
        for variable in whole
    )
    return replace(whole, variables=tuple(variables))


def _strided(variable: Variable, kept: Kept) -> Callable[[int], np.ndarray]:
    steps = kept_steps(len(variable.times), kept.temporal_gap)
    keep = slice(None, None, kept.spatial_factor)
    return lambda i: variable.step(int(steps[i]))[keep, keep, keep]
