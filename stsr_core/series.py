"""VolumeSeries: the one data type that enters and leaves the core.

Array axes are (T, Z, Y, X) and every per-axis tuple is in (z, y, x) order; see CONVENTIONS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stsr_core.grid import Grid, refined_count

FLOAT32 = np.dtype(np.float32)


def refined_times(times: Sequence[float] | np.ndarray, scale: float) -> np.ndarray:
    """Times with each interval split into ``scale`` (irregular steps keep their rhythm), float64.

    Parameters
    ----------
    times : sequence of float
    scale : float
        > 0; n times become round((n−1)·scale) + 1.

    Examples
    --------
    >>> refined_times([0.0, 1.0, 4.0], 2).tolist()
    [0.0, 0.5, 1.0, 2.5, 4.0]
    """
    times = np.asarray(times, dtype=np.float64)
    position = np.linspace(0, len(times) - 1, refined_count(len(times), scale))
    return np.interp(position, np.arange(len(times)), times)


@dataclass(frozen=True)
class Variable:
    """One scalar sequence: a variable, or an ensemble member (they are treated alike).

    Parameters
    ----------
    name : str
    grid : Grid
    times : ndarray
        Physical times (T,), strictly increasing, float64.
    read : callable
        ``read(i)`` returns step i as an array (Z, Y, X); called anew on every access, so that a
        series larger than memory can be listed and sampled.
    dtype : numpy dtype
        What the steps come in and outputs leave in; float64 stays, every other type is float32 inside.
    unit : str
    """

    name: str
    grid: Grid
    times: np.ndarray
    read: Callable[[int], np.ndarray] = field(repr=False, compare=False)
    dtype: np.dtype = FLOAT32
    unit: str = ""

    def __post_init__(self) -> None:
        times = np.asarray(self.times, dtype=np.float64)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        if times.ndim != 1 or len(times) == 0:
            raise ValueError(f"{self.name}: times must be a non-empty list, got shape {times.shape}")
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            raise ValueError(f"{self.name}: times must be finite and strictly increasing, got {times}")

    def step(self, i: int) -> np.ndarray:
        """Step ``i`` as (Z, Y, X)."""
        values = self.read(i)
        if values.shape != self.grid.shape:
            raise ValueError(
                f"{self.name}: step {i} must have shape (Z, Y, X) = {self.grid.shape}, got {values.shape}"
            )
        return values

    def array(self) -> np.ndarray:
        """All steps as (T, Z, Y, X); for series that fit in memory."""
        out = np.empty((len(self.times), *self.grid.shape), dtype=self.dtype)
        for i in range(len(out)):
            out[i] = self.step(i)
        return out


@dataclass(frozen=True)
class VolumeSeries:
    """Several variables or ensemble members, which may differ in grid, steps and resolution.

    Parameters
    ----------
    variables : tuple of Variable
        At least one; their names differ.
    time_unit, length_unit : str
        "" where they are not known.

    Examples
    --------
    >>> series = VolumeSeries.from_arrays({"T": np.zeros((4, 8, 8, 8), np.float32)})
    >>> series["T"].grid.shape, series.names
    ((8, 8, 8), ('T',))
    """

    variables: tuple[Variable, ...]
    time_unit: str = ""
    length_unit: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", tuple(self.variables))
        if not self.variables:
            raise ValueError("a series must hold at least one variable, got none")
        duplicates = sorted({n for n in self.names if self.names.count(n) > 1})
        if duplicates:
            raise ValueError(f"variable names must be unique, got {duplicates} more than once")

    @classmethod
    def from_arrays(
        cls,
        arrays: dict[str, np.ndarray],
        grid: Grid | None = None,
        times: Sequence[float] | np.ndarray | None = None,
        units: dict[str, str] | None = None,
        time_unit: str = "",
        length_unit: str = "",
    ) -> VolumeSeries:
        """A series over arrays (T, Z, Y, X) in memory; unit spacing and times 0, 1, 2, … by default."""
        variables = []
        for name, values in arrays.items():
            if values.ndim != 4:
                raise ValueError(f"{name}: array must have axes (T, Z, Y, X), got shape {values.shape}")
            variables.append(
                Variable(
                    name,
                    grid or Grid(values.shape[1:]),
                    np.arange(len(values)) if times is None else np.asarray(times),
                    values.__getitem__,
                    values.dtype,
                    (units or {}).get(name, ""),
                )
            )
        return cls(tuple(variables), time_unit, length_unit)

    @classmethod
    def merged(cls, parts: Sequence[VolumeSeries]) -> VolumeSeries:
        """The variables of all parts, trained jointly later; names must differ."""
        variables = tuple(v for part in parts for v in part.variables)
        return cls(variables, parts[0].time_unit, parts[0].length_unit)

    @property
    def names(self) -> tuple[str, ...]:
        """Variable names in order."""
        return tuple(v.name for v in self.variables)

    def __getitem__(self, name: str) -> Variable:
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise KeyError(f"no variable {name!r} in the series; it has {', '.join(self.names)}")

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def select(self, names: Sequence[str]) -> VolumeSeries:
        """Only the named variables, in the order given."""
        return replace(self, variables=tuple(self[n] for n in names))
