"""Grid: where the nodes of a volume lie, and how a scale refines them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Grid:
    """A uniform grid of nodes (point data).

    Parameters
    ----------
    shape : tuple of int
        Number of nodes (Z, Y, X), each at least 1.
    origin : tuple of float
        Physical position (z, y, x) of node (0, 0, 0).
    spacing : tuple of float
        Distance between nodes (z, y, x), each finite and > 0.
    direction : tuple of float
        VTK's 3×3 direction matrix, row by row, in (x, y, z); carried, never interpreted.

    Examples
    --------
    >>> Grid((3, 3, 3)).refined(2).shape
    (5, 5, 5)
    """

    shape: tuple[int, int, int]
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    direction: tuple[float, ...] = IDENTITY

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "origin", tuple(float(v) for v in self.origin))
        object.__setattr__(self, "spacing", tuple(float(v) for v in self.spacing))
        object.__setattr__(self, "direction", tuple(float(v) for v in self.direction))
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"grid shape must be three numbers (Z, Y, X) >= 1, got {self.shape}")
        if len(self.spacing) != 3 or not all(np.isfinite(v) and v > 0 for v in self.spacing):
            raise ValueError(f"grid spacing must be three finite numbers > 0, got {self.spacing}")
        if len(self.origin) != 3 or not np.all(np.isfinite(self.origin)):
            raise ValueError(f"grid origin must be three finite numbers, got {self.origin}")
        if len(self.direction) != 9:
            raise ValueError(f"grid direction must be nine numbers, got {len(self.direction)}")

    @property
    def size(self) -> int:
        """Number of nodes."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def end(self) -> tuple[float, float, float]:
        """Position (z, y, x) of the last node, before the direction matrix."""
        z, y, x = (o + s * (n - 1) for o, s, n in zip(self.origin, self.spacing, self.shape, strict=True))
        return z, y, x

    def axis(self, i: int) -> np.ndarray:
        """Node positions along axis ``i`` (0 = z, 1 = y, 2 = x), float64."""
        return self.origin[i] + self.spacing[i] * np.arange(self.shape[i], dtype=np.float64)

    def with_shape(self, shape: Sequence[int]) -> Grid:
        """The same region between the same end points with another number of nodes (Z, Y, X).

        An axis with a single node has no extent and keeps its one node.
        """
        shape = tuple(int(n) for n in shape)
        if len(shape) != 3 or min(shape) < 1:
            raise ValueError(f"dimensions must be three numbers >= 1, got {shape}")
        new = [1 if old == 1 else n for n, old in zip(shape, self.shape, strict=True)]
        spacing = [
            s * (old - 1) / (n - 1) if n > 1 else s
            for s, old, n in zip(self.spacing, self.shape, new, strict=True)
        ]
        return Grid(tuple(new), self.origin, tuple(spacing), self.direction)  # type: ignore[arg-type]

    def refined(self, scale: float | Sequence[float]) -> Grid:
        """Each interval split into ``scale`` intervals: n nodes become round((n−1)·scale)+1.

        Parameters
        ----------
        scale : float or three floats (z, y, x)
            Finite and > 0; below 1 coarsens. At least one interval is kept on every axis.
        """
        return self.with_shape(
            [refined_count(n, s) for n, s in zip(self.shape, _per_axis(scale), strict=True)]
        )

    def with_spacing(self, spacing: float | Sequence[float]) -> Grid:
        """The same region sampled at ``spacing`` (z, y, x), rounded to a whole number of intervals."""
        wanted = _per_axis(spacing)
        if not all(np.isfinite(v) and v > 0 for v in wanted):
            raise ValueError(f"spacing must be finite and > 0, got {wanted}")
        return self.with_shape(
            [
                max(1, round((n - 1) * s / w)) + 1 if n > 1 else 1
                for n, s, w in zip(self.shape, self.spacing, wanted, strict=True)
            ]
        )

    def every(self, step: int) -> Grid:
        """The nodes 0, step, 2·step, … of each axis."""
        shape = tuple((n + step - 1) // step for n in self.shape)
        spacing = tuple(s * step for s in self.spacing)
        return Grid(shape, self.origin, spacing, self.direction)  # type: ignore[arg-type]

    def part(self, ranges: Sequence[tuple[int, int]]) -> Grid:
        """The nodes ``first`` to ``last``, both included, of each axis (z, y, x).

        Examples
        --------
        >>> Grid((4, 4, 4), spacing=(3.0, 2.0, 1.0)).part([(2, 3), (0, 3), (1, 3)]).origin
        (6.0, 0.0, 1.0)
        """
        shift = [first * step for (first, _), step in zip(ranges, self.spacing, strict=True)][::-1]
        x, y, z = np.array(self.origin[::-1]) + np.reshape(self.direction, (3, 3)) @ shift
        shape = tuple(last - first + 1 for first, last in ranges)
        return Grid(shape, (float(z), float(y), float(x)), self.spacing, self.direction)  # type: ignore[arg-type]

    def matches(self, other: Grid) -> bool:
        """True when both grids have the same nodes (positions to 1e-4 of a spacing)."""
        tolerance = 1e-4 * min(self.spacing)
        return (
            self.shape == other.shape
            and np.allclose(self.origin, other.origin, rtol=0, atol=tolerance)
            and np.allclose(self.end, other.end, rtol=0, atol=tolerance)
            and np.allclose(self.direction, other.direction, rtol=0, atol=1e-6)
        )


def _per_axis(value: float | Sequence[float]) -> tuple[float, float, float]:
    """One number for all axes, or three (z, y, x)."""
    values = (value, value, value) if isinstance(value, int | float | np.number) else tuple(value)
    if len(values) != 3:
        raise ValueError(f"one number or three (z, y, x) are needed, got {len(values)}")
    z, y, x = (float(v) for v in values)
    return z, y, x


def refined_count(n: int, scale: float) -> int:
    """Number of samples after each of the n−1 intervals is split into ``scale``: round((n−1)·scale)+1.

    Raises
    ------
    ValueError
        If ``scale`` is not a finite number > 0.
    """
    if not np.isfinite(scale) or scale <= 0:
        raise ValueError(f"scale must be a finite number > 0, got {scale}")
    return 1 if n == 1 else max(1, round((n - 1) * scale)) + 1
