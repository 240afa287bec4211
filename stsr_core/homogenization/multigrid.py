"""Multigrid for bilinear elements: a V-cycle, and conjugate gradients that it preconditions.

The coarse operators are the exactly integrated element matrices of the coarser grids. Between grids of ratio
2 these are the Galerkin operators PᵀKP themselves; an odd number of intervals goes to the next coarser grid
by the same bilinear interpolation, which is no longer nested and serves as a preconditioner all the same.

The cycle works in float32, which halves what it moves through memory; the conjugate gradients around it are
in float64 and of the flexible kind, for which a preconditioner need not be symmetric to the last bit.

scikit-fem and pyamg were measured first: with 512² elements they assemble and solve in twelve seconds where
this takes less than one, and 2048² of them do not fit in 1.5 GiB as a matrix.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import splu

from stsr_core.homogenization.elements import moments
from stsr_core.homogenization.stencil import Stencil

#: A grid of so few intervals is solved directly; below the cells bilinear functions know too little of them.
DIRECT, MOST_DIRECT = 64, 256
#: Degree of the smoother's polynomial, and the part of the spectrum that it damps.
DEGREE, DAMPED = 3, 0.15
MOST_STEPS = 500


class NotConverged(ArithmeticError):
    """The residual did not become as small as it was asked to be."""


def prolongation(intervals: int, coarser: int) -> sparse.csr_array:
    """Bilinear interpolation along one axis between the interior nodes of two grids: (N−1, n−1).

    Examples
    --------
    >>> prolongation(4, 2).toarray().tolist()
    [[0.5], [1.0], [0.5]]
    """
    place = np.arange(1, intervals) * coarser / intervals
    left = np.minimum(place.astype(int), coarser - 1)
    weight = place - left
    node = np.arange(intervals - 1)
    rows, columns = np.tile(node, 2), np.concatenate([left, left + 1])
    values = np.concatenate([1 - weight, weight])
    inside = (columns > 0) & (columns < coarser) & (values != 0)
    where = (rows[inside], columns[inside] - 1)
    return sparse.csr_array((values[inside], where), shape=(intervals - 1, coarser - 1))


class Smoother:
    """Chebyshev iteration of D⁻¹K on the upper part of its spectrum: it damps what varies from node to node.

    Parameters
    ----------
    stencil : Stencil
    """

    def __init__(self, stencil: Stencil) -> None:
        self.stencil = stencil
        self._inverse = stencil.centre.reciprocal()
        self._bound = stencil.largest_ratio()

    def smoothed(self, right: torch.Tensor, values: torch.Tensor | None = None) -> torch.Tensor:
        """An approximate solution of K u = ``right`` from ``values``, or from 0; both (N−1, N−1)."""
        half, middle = self._bound * (1 - DAMPED) / 2, self._bound * (1 + DAMPED) / 2
        rho = half / middle
        residual = right if values is None else right - self.stencil.apply(values)
        step = residual * self._inverse / middle
        values = step.clone() if values is None else values + step
        for _ in range(DEGREE - 1):
            residual = residual - self.stencil.apply(step)
            following = 1 / (2 * middle / half - rho)
            step = step.mul_(following * rho).addcmul_(residual, self._inverse, value=2 * following / half)
            values += step
            rho = following
        return values


class _Level:
    """One grid: its operator in float32 and the way to the next coarser grid."""

    def __init__(self, of_elements: np.ndarray, coarser: int) -> None:
        self.stencil = Stencil(of_elements, torch.float32)
        self.smoother = Smoother(self.stencil)
        self._up = prolongation(self.stencil.intervals, coarser).astype(np.float32)
        self._down = self._up.T.tocsr()

    def restricted(self, residual: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(_both_axes(self._down, residual.numpy()))

    def prolonged(self, values: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(_both_axes(self._up, values.numpy()))


class Multigrid:
    """The V-cycle of a coefficient on N×N elements.

    Parameters
    ----------
    coefficient : ndarray
        (E, E), > 0.
    intervals : int
        N >= 2.
    quadrature : str
        One of :data:`stsr_core.homogenization.elements.QUADRATURES`.

    Attributes
    ----------
    stencil : Stencil
        The operator of the finest grid, float64.
    """

    def __init__(self, coefficient: np.ndarray, intervals: int, quadrature: str = "exact") -> None:
        coarsest = max(DIRECT, min(len(coefficient), MOST_DIRECT))
        of_elements = moments(coefficient, intervals, quadrature)
        self.stencil = Stencil(of_elements)
        self._levels: list[_Level] = []
        while intervals > coarsest:
            coarser = (intervals + 1) // 2
            self._levels.append(_Level(of_elements, coarser))
            intervals = coarser
            of_elements = moments(coefficient, intervals, quadrature)
        last = Stencil(of_elements) if self._levels else self.stencil
        self._direct = splu(last.matrix(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    @property
    def is_direct(self) -> bool:
        """Whether the grid is so coarse that the cycle is its exact solution."""
        return not self._levels

    def cycle(self, residual: torch.Tensor) -> torch.Tensor:
        """What to add to values with this residual, both (N−1, N−1) float64."""
        if self.is_direct:
            return self._solved(residual)
        # Far from convergence float32 would do without; near it the residual's size would be lost.
        size = float(residual.abs().max()) or 1.0
        return self._cycle((residual / size).float(), 0).double() * size

    def _cycle(self, right: torch.Tensor, depth: int) -> torch.Tensor:
        if depth == len(self._levels):
            return self._solved(right.double()).float()
        level = self._levels[depth]
        values = level.smoother.smoothed(right)
        residual = right - level.stencil.apply(values)
        values += level.prolonged(self._cycle(level.restricted(residual), depth + 1))
        return level.smoother.smoothed(right, values)

    def _solved(self, right: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self._direct.solve(right.numpy().ravel())).view(right.shape)


def conjugate_gradients(
    multigrid: Multigrid, right: torch.Tensor, tolerance: float, start: torch.Tensor | None = None
) -> tuple[torch.Tensor, int]:
    """Solve K u = ``right`` to a relative residual, by conjugate gradients that a V-cycle preconditions.

    Parameters
    ----------
    right : Tensor
        (N−1, N−1) float64.
    tolerance : float
        Of the Euclidean norm of the residual, relative to that of ``right``.
    start : Tensor, optional
        A first guess; 0 by default.

    Returns
    -------
    Tensor, int
        (N−1, N−1) float64, and the number of steps.

    Raises
    ------
    NotConverged
        After 500 steps.
    """
    apply = multigrid.stencil.apply
    values = torch.zeros_like(right) if start is None else start.clone()
    residual = right.clone() if start is None else right - apply(values)
    enough = tolerance * float(right.norm())
    if float(residual.norm()) <= enough:
        return values, 0
    direction = multigrid.cycle(residual)
    change = direction
    product = float((residual * change).sum())
    for step in range(1, MOST_STEPS + 1):
        image = apply(direction)
        length = product / float((direction * image).sum())
        values.add_(direction, alpha=length)
        residual.sub_(image, alpha=length)
        if float(residual.norm()) <= enough:
            return values, step
        previous = product
        change = multigrid.cycle(residual)
        product = float((residual * change).sum())
        # The flexible form: the change of the residual is −length·image.
        turn = -length * float((image * change).sum()) / previous
        direction.mul_(turn).add_(change)
    left = float(residual.norm() / right.norm())
    raise NotConverged(f"the residual must become {tolerance:g} of the load, got {left:.1e}")


def _both_axes(matrix: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """The matrix along both axes of an array."""
    along_y = matrix @ values
    return np.ascontiguousarray((matrix @ np.ascontiguousarray(along_y.T)).T)
