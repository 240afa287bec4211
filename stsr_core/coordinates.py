"""Positions and times ↔ normalised coordinates in [−1, 1], samples on the end points.

Coordinates are (t, z, y, x). −1 is the first node (step) of the variable's *full* grid (series) and
+1 its last, so that kept samples with a stride > 1 end before +1 (specification 2.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.normalize import Normalization


class OutsideTrainedRange(UserWarning):
    """A time outside the range that a variable was trained on was asked for; the nearest end is shown."""


@dataclass(frozen=True)
class VariableDomain:
    """Where one variable of a field lives, and in what units its values are.

    Parameters
    ----------
    name, unit : str
    grid : Grid
        The coarse grid: the kept nodes.
    times : tuple of float
        The kept times.
    full_grid : Grid
        The grid the nodes were kept from (the same as ``grid`` when all were); its end nodes are ±1.
    full_times : tuple of float
        The times the steps were kept from; first and last are ±1.
    normalization : Normalization
    dtype : str
        Type the values came in and outputs leave in: "float32", "uint8", …
    masked : bool
        Whether kept samples are missing and left out: where they are, the field is NaN.
    """

    name: str
    grid: Grid
    times: tuple[float, ...]
    full_grid: Grid
    full_times: tuple[float, ...]
    normalization: Normalization
    dtype: str = "float32"
    unit: str = ""
    masked: bool = False

    def normalized_axes(self, grid: Grid, times: np.ndarray) -> tuple[np.ndarray, ...]:
        """Coordinates (t, z, y, x) of the times and of the nodes of ``grid``: four float64 arrays.

        Raises
        ------
        ValueError
            If ``grid`` is rotated against the variable's own grid.
        """
        if not np.allclose(grid.direction, self.full_grid.direction, atol=1e-6):
            raise ValueError(
                f"{self.name}: the output grid must have the direction matrix of the model's grid "
                f"{self.full_grid.direction}, got {grid.direction}"
            )
        axes = [normalized(np.asarray(times, np.float64), self.full_times[0], self.full_times[-1])]
        local = in_frame_of(grid, self.full_grid)
        for i in range(3):
            axes.append(normalized(local.axis(i), self.full_grid.origin[i], self.full_grid.end[i]))
        return tuple(axes)

    def shown_times(self, times: Sequence[float] | np.ndarray) -> tuple[np.ndarray, str]:
        """The times (T,) shown where ``times`` are asked for, and a warning if they are others, else "".

        Outside the trained range the nearest end of it is shown: a field means nothing there. A variable of
        one time is the same at all times, and nothing is said. This is the only place of the rule; whoever
        shows the values passes the warning on, :func:`stsr_core.evaluate` as :class:`OutsideTrainedRange`.

        Examples
        --------
        >>> grid = Grid((2, 2, 2))
        >>> domain = VariableDomain("p", grid, (0.0, 4.0), grid, (0.0, 2.0, 4.0), Normalization(0.0, 1.0))
        >>> domain.shown_times([1.0, 9.0])
        (array([1., 4.]), 'time 9 is outside the trained range 0 to 4; showing 4')
        """
        times = np.asarray(times, np.float64)
        first, last = self.full_times[0], self.full_times[-1]
        shown = np.clip(times, first, last)
        if len(self.full_times) == 1:
            return shown, ""
        slack = 1e-9 * max(abs(first), abs(last), 1e-300)
        outside = (times < first - slack) | (times > last + slack)
        if not outside.any():
            return shown, ""
        wrong = times[outside]
        what = f"{len(wrong)} of {len(times)} times ({wrong.min():g} to {wrong.max():g}) are"
        if len(wrong) == 1:
            what = f"time {wrong[0]:g} is"
        ends = " and ".join(f"{end:g}" for end in np.unique(shown[outside]))
        return shown, f"{what} outside the trained range {first:g} to {last:g}; showing {ends}"

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, strings and lists."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> VariableDomain:
        """Inverse of :meth:`to_json`."""
        dtype = np.dtype(data["dtype"])
        if dtype.kind not in "biuf":
            raise ValueError(f"the dtype of {data['name']} must be a type of real numbers, got {dtype}")
        return cls(
            data["name"],
            Grid(**data["grid"]),
            tuple(data["times"]),
            Grid(**data["full_grid"]),
            tuple(data["full_times"]),
            Normalization(**data["normalization"]),
            dtype.name,
            data["unit"],
            data.get("masked", False),  # files from before gaps could be left out do not say
        )


class Domain(tuple[VariableDomain, ...]):
    """The domains of all variables of a field, in latent-table order."""

    @property
    def names(self) -> tuple[str, ...]:
        """Variable names in latent-table order."""
        return tuple(v.name for v in self)

    def index(self, name: str) -> int:  # type: ignore[override]
        """Row of the variable in the latent table."""
        if name not in self.names:
            raise ValueError(f"the model has no variable {name!r}; it has {', '.join(self.names)}")
        return self.names.index(name)

    def variable(self, name: str) -> VariableDomain:
        """The domain of one variable."""
        return self[self.index(name)]


def in_frame_of(grid: Grid, reference: Grid) -> Grid:
    """``grid`` with its origin turned back about the origin of ``reference``: o' = o_ref + Dᵀ (o − o_ref).

    A rotated grid's axes run along the rows of its direction matrix D, so that only in this frame
    do positions along the axes of two grids with the same D compare. Without rotation nothing changes.
    """
    back = np.reshape(grid.direction, (3, 3)).T
    about = np.array(reference.origin[::-1])
    x, y, z = about + back @ (np.array(grid.origin[::-1]) - about)
    return replace(grid, origin=(float(z), float(y), float(x)))


def normalized(positions: np.ndarray, first: float, last: float) -> np.ndarray:
    """2·(p − first)/(last − first) − 1; an axis with a single node is 0 everywhere.

    Examples
    --------
    >>> normalized(np.array([1.0, 2.0, 100.0]), 1, 100).round(6).tolist()
    [-1.0, -0.979798, 1.0]
    """
    if last == first:
        return np.zeros_like(positions)
    return 2.0 * (positions - first) / (last - first) - 1.0
