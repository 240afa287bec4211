"""Which nodes an output has: the choice a user makes in the panel's group Output grid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_core.grid import Grid


class GridMode(IntEnum):
    """The values of the property OutputGrid."""

    FACTOR = 0
    DIMENSIONS = 1
    SPACING = 2
    MATCH = 3
    TRAINING = 4


@dataclass(frozen=True)
class GridChoice:
    """What the user asked for; only what ``mode`` names counts.

    Parameters
    ----------
    mode : int
        A :class:`GridMode`.
    factor : float or three floats
        > 0, of all axes or X, Y, Z: each interval is split into ``factor`` intervals, n nodes become
        round((n−1)·factor)+1.
        Counts in mode TRAINING too, where the model knows no grid but the nodes it was trained on.
    dimensions : tuple of int
        Nodes X, Y, Z, each >= 1.
    spacing : tuple of float
        Distance of nodes X, Y, Z, each > 0, rounded so that the region keeps its end points.
    """

    mode: int = GridMode.FACTOR
    factor: float | tuple[float, float, float] = 2.0
    dimensions: tuple[int, int, int] = (64, 64, 64)
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def _factors(self) -> tuple[float, ...]:
        return self.factor if isinstance(self.factor, tuple) else (self.factor,)

    @property
    def factor_text(self) -> str:
        """The factor, or those of the axes where they differ, in words."""
        return " ".join(dict.fromkeys(f"{factor:g}" for factor in self._factors))

    def resolve(self, region: Grid, like: Grid | None = None, training: Grid | None = None) -> Grid:
        """The output grid over ``region``; ``like`` itself in mode MATCH, ``training`` in mode TRAINING.

        Parameters
        ----------
        training : Grid, optional
            The grid that the samples were kept from, see :func:`stsr_core.request.region.training_grid`.

        Raises
        ------
        ValueError
            If the mode is unknown, or its number is out of range, or there is nothing to match.

        Examples
        --------
        >>> GridChoice(factor=1.5).resolve(Grid((5, 5, 1))).shape
        (7, 7, 1)
        """
        if self.mode not in tuple(GridMode):
            raise ValueError(
                "Output Grid must be 0 (factor), 1 (dimensions), 2 (spacing), 3 (match) or 4 (training "
                f"grid), got {self.mode}"
            )
        if self.mode == GridMode.TRAINING and training is not None:
            return training
        if self.mode in (GridMode.FACTOR, GridMode.TRAINING):
            factors = self._factors
            if not all(np.isfinite(factor) and factor > 0 for factor in factors):
                raise ValueError(f"Factor must be a finite number > 0, got {self.factor_text}")
            return region.refined(factors[0] if len(factors) == 1 else factors[::-1])
        if self.mode == GridMode.DIMENSIONS:
            if min(self.dimensions) < 1:
                raise ValueError(f"Dimensions must be three numbers >= 1, got {self.dimensions}")
            return region.with_shape(self.dimensions[::-1])
        if self.mode == GridMode.SPACING:
            if not all(np.isfinite(s) and s > 0 for s in self.spacing):
                raise ValueError(f"Spacing must be three finite numbers > 0, got {self.spacing}")
            return region.with_spacing(self.spacing[::-1])
        if like is None:
            raise ValueError("Output Grid is Match dataset, but no dataset is connected to the input Like")
        return like
