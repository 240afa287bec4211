"""Cubic smoothing splines along time: as smooth as the samples themselves say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from stsr_core.checks import choice
from stsr_core.fields.interpolation.axis_basis import EDGES
from stsr_core.fields.interpolation.field import Interpolation

#: With fewer kept steps nothing can be left out to see how smooth the course is.
FEWEST = 5
#: Powers of ten of the smoothing, relative to the slowest course that is no line, among which is searched.
_POWERS = np.linspace(-9, 6, 151)


@dataclass(frozen=True)
class BSplineConfig:
    """Keyword arguments of :class:`BSpline`."""

    kernel: ClassVar[str] = "bspline"  # in space, not to be chosen
    edge: str = "replicate"  # beyond the kept nodes and steps: "replicate" (hold) or "linear" (tangent)

    def __post_init__(self) -> None:
        choice(self, "edge", EDGES)


class BSpline(Interpolation):
    """As :class:`~stsr_core.fields.interpolation.Cubic`, through kept steps that are smoothed along time.

    Kept samples are not reproduced where they are noisy. How much is smoothed is found by generalised
    cross-validation over all voxels of a variable at once (:func:`smoother`). Configured by
    :class:`BSplineConfig`.
    """

    kind: ClassVar[str] = "b_spline"
    config_class = BSplineConfig
    time_kernel = "bspline"
    smooths = True


def smoother(times: np.ndarray, products: np.ndarray) -> np.ndarray:
    """The matrix S = (I + λK)⁻¹ that smooths samples along time, λ by generalised cross-validation.

    K is the curvature of the natural cubic spline through the samples, yᵀKy = ∫ y″². λ is the smallest of
    n ‖(I − S) y‖² / tr(I − S)², summed over voxels, among powers of ten.

    Parameters
    ----------
    times : ndarray
        (n,), increasing.
    products : ndarray
        (n, n), the sums over voxels of the products of two samples, Σ y yᵀ.

    Returns
    -------
    ndarray
        (n, n); I for fewer than :data:`FEWEST` samples.

    Notes
    -----
    Green and Silverman, "Nonparametric regression and generalized linear models", 1994, chapters 2 and 3;
    Craven and Wahba, "Smoothing noisy data with spline functions", 1979.

    Examples
    --------
    A line is left as it is, however much is smoothed.

    >>> line = np.arange(6.0)
    >>> bool(np.allclose(smoother(line, np.outer(line, line)) @ line, line))
    True
    """
    n = len(times)
    if n < FEWEST:
        return np.eye(n)
    values, vectors = np.linalg.eigh(curvature(times))
    values[:2] = 0  # of lines, which have no curvature
    energies = np.maximum(np.einsum("ij,ik,kj->j", vectors, products, vectors), 0)
    amounts = 10.0 ** _POWERS[:, None] * values / values[2]
    left = amounts / (1 + amounts)  # (powers, n): the share of each course that is taken away
    scores = n * (left**2 @ energies) / left.sum(axis=1) ** 2
    return (vectors * (1 - left[int(scores.argmin())])) @ vectors.T


def curvature(times: np.ndarray) -> np.ndarray:
    """K (n, n): yᵀKy is ∫ y″² of the natural cubic spline through samples y at some times.

    Examples
    --------
    The spline through 0, 1, 0 at −1, 0, 1 is 1 − 3/2 t² + 1/2 |t|³ there: ∫ y″² = 6.

    >>> hat = np.array([0.0, 1.0, 0.0])
    >>> float(hat @ curvature(np.array([-1.0, 0.0, 1.0])) @ hat)
    6.0
    """
    gaps = np.diff(times)
    n = len(times)
    second, mass = np.zeros((n, n - 2)), np.zeros((n - 2, n - 2))
    for j in range(n - 2):
        before, after = gaps[j], gaps[j + 1]
        second[j : j + 3, j] = 1 / before, -1 / before - 1 / after, 1 / after
        mass[j, j] = (before + after) / 3
        if j + 1 < n - 2:
            mass[j, j + 1] = mass[j + 1, j] = after / 6
    return second @ np.linalg.solve(mass, second.T)
