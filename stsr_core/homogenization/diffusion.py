"""−div(A∇u) = f on the unit square with u = 0 on its boundary: the finite element solution, and its energy.

Nodal values are (N+1, N+1), row i at y = i/N, column j at x = j/N, boundary included. The load f is a
constant, whose integral against the hat function of an interior node is f/N².
"""

from __future__ import annotations

import numpy as np
import torch

from stsr_core.checks import is_number
from stsr_core.homogenization.elements import checked_coefficient, moments
from stsr_core.homogenization.multigrid import Multigrid, Smoother, conjugate_gradients
from stsr_core.homogenization.stencil import Stencil
from stsr_core.memory import check_memory
from stsr_core.threads import bounded_threads

#: Relative residual of a solution.
TOLERANCE = 1e-10
#: Bytes for each node that a solution takes at its peak, measured at 2049².
_BYTES_PER_NODE = 260


@bounded_threads()
def solve(
    coefficient: np.ndarray,
    intervals: int,
    load: float = 1.0,
    *,
    quadrature: str = "exact",
    tolerance: float = TOLERANCE,
) -> np.ndarray:
    """The finite element solution on N×N bilinear elements.

    Parameters
    ----------
    coefficient : ndarray
        A (E, E), > 0, constant on each cell; row i is the i-th cell in y.
    intervals : int
        N >= 2; it need not be a multiple of E, nor E of it.
    load : float
        f, a constant.
    quadrature : str
        How A is taken inside an element, one of :data:`stsr_core.homogenization.elements.QUADRATURES`.
    tolerance : float
        Of the residual, relative to the load.

    Returns
    -------
    ndarray
        (N+1, N+1) float64, 0 on the boundary.

    Raises
    ------
    ValueError
        If the coefficient is not positive or an entry is out of range.
    MemoryError
        If the grid would not fit in memory.

    Examples
    --------
    >>> float(solve(np.ones((1, 1)), 2).max())  # 3/32
    0.09375
    >>> round(float(solve(np.array([[1, 100], [100, 1]]), 2).max()), 10)  # 3/32 over the mean 50.5
    0.0018564356
    """
    coefficient = checked_coefficient(coefficient)
    checked_load(load)
    check_memory(_BYTES_PER_NODE * (intervals + 1) ** 2, f"a solution on {intervals} x {intervals} elements")
    multigrid = Multigrid(coefficient, intervals, quadrature)
    right = torch.full((intervals - 1, intervals - 1), load / intervals**2, dtype=torch.float64)
    values, _ = conjugate_gradients(multigrid, right, tolerance)
    return np.pad(values.numpy(), 1)


def compliance(values: np.ndarray, load: float = 1.0) -> float:
    """∫ f u = Σ f·u/N², which for a finite element solution is its energy uᵀKu.

    Parameters
    ----------
    values : ndarray
        (N+1, N+1).
    load : float
        f.

    Examples
    --------
    >>> compliance(solve(np.ones((1, 1)), 2))
    0.0234375
    """
    return load * float(np.sum(values[1:-1, 1:-1], dtype=np.float64)) / (len(values) - 1) ** 2


def energy(coefficient: np.ndarray, values: np.ndarray) -> float:
    """∫ A ∇v·∇v = vᵀKv of nodal values, whose boundary is taken as 0.

    Parameters
    ----------
    coefficient : ndarray
        A (E, E).
    values : ndarray
        v (N+1, N+1).

    Examples
    --------
    >>> energy(np.ones((1, 1)), np.pad([[3 / 32]], 1))  # as its compliance
    0.0234375
    """
    inner = _interior(values)
    stencil = Stencil(moments(coefficient, len(values) - 1))
    return float((inner * stencil.apply(inner)).sum())


def energy_error(coefficient: np.ndarray, truth: np.ndarray, prediction: np.ndarray) -> float:
    """The energy norm of the error, relative to that of the truth: √(eᵀKe / uᵀKu).

    Parameters
    ----------
    coefficient : ndarray
        A (E, E).
    truth, prediction : ndarray
        u and the prediction, (N+1, N+1) both.

    Examples
    --------
    >>> truth = np.pad([[2.0]], 1)
    >>> energy_error(np.ones((1, 1)), truth, 1.25 * truth)
    0.25
    """
    return (energy(coefficient, prediction - truth) / energy(coefficient, truth)) ** 0.5


def amplitude(coefficient: np.ndarray, values: np.ndarray, load: float = 1.0, sweeps: int = 0) -> float:
    """The factor by which values come nearest to the solution in the energy norm; no solution is needed.

    For the values themselves it is that of the Galerkin method on one function, ∫ f v / ∫ A ∇v·∇v. A shape
    that is right at large scale and rough from node to node has far too much energy for that, and would get
    too small a factor. After sweeps of the smoother, which turn c·v into c·w + g with a g of the load alone,
    the factor of the best c·w + g is (∫ f w − gᵀKw) / wᵀKw. It is exact for the solution either way.

    Parameters
    ----------
    coefficient : ndarray
        A (E, E).
    values : ndarray
        v (N+1, N+1), not 0 everywhere inside.
    load : float
        f.
    sweeps : int
        After which the energy is taken.

    Examples
    --------
    >>> amplitude(np.ones((1, 1)), np.pad([[1.0]], 1))  # the solution itself is 3/32
    0.09375
    """
    stencil = Stencil(moments(coefficient, len(values) - 1))
    shape, right = _interior(values), _load(values, load)
    from_load, none = torch.zeros_like(shape), torch.zeros_like(shape)
    smoother = Smoother(stencil)
    for _ in range(sweeps):
        shape, from_load = smoother.smoothed(none, shape), smoother.smoothed(right, from_load)
    image = stencil.apply(shape)
    of_shape = float((shape * image).sum())
    if of_shape == 0:
        raise ValueError("values must not be 0 everywhere inside, for they have no amplitude then")
    return float((right * shape).sum() - (from_load * image).sum()) / of_shape


def smoothed(coefficient: np.ndarray, values: np.ndarray, load: float = 1.0, sweeps: int = 1) -> np.ndarray:
    """Values after sweeps of the multigrid's smoother, which takes out what does not fit from node to node.

    Parameters
    ----------
    coefficient : ndarray
        A (E, E).
    values : ndarray
        Physical values (N+1, N+1); the boundary becomes 0.
    load : float
        f.
    sweeps : int
        Each costs three applications of the operator.

    Returns
    -------
    ndarray
        (N+1, N+1) float64; its error in the energy norm is smaller than before.
    """
    inner = _interior(values)
    right = _load(values, load)
    smoother = Smoother(Stencil(moments(coefficient, len(values) - 1)))
    for _ in range(sweeps):
        inner = smoother.smoothed(right, inner)
    return np.pad(inner.numpy(), 1)


def checked_load(load: float) -> float:
    """Refuse a load that is no finite number, or 0, whose solution is 0."""
    if not is_number(load) or load == 0:
        raise ValueError(f"load must be a finite number other than 0, got {load!r}")
    return float(load)


def _interior(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(values[1:-1, 1:-1], dtype=np.float64))


def _load(values: np.ndarray, load: float) -> torch.Tensor:
    n = len(values) - 1
    return torch.full((n - 1, n - 1), load / n**2, dtype=torch.float64)
