"""Interpolation along one axis, as weights: nearest, linear, Catmull–Rom, or interpolating cubic spline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

#: A float32 coordinate in [−1, 1] is exact to this; positions as near to a node as that are the node.
NODE_TOLERANCE = 2.0**-23

KERNELS = ("nearest", "linear", "catmull_rom", "bspline")
EDGES = ("replicate", "linear")


class AxisBasis:
    """Values at any position of an axis as a weighted sum of coefficients at its nodes.

    Parameters
    ----------
    nodes : ndarray
        Strictly increasing node positions (n,); evenly spaced for "catmull_rom", any for the others.
    kernel : {"nearest", "linear", "catmull_rom", "bspline"}
        "nearest" holds each node's value to the middle between it and the next; the middle itself belongs to
        the lower node.
        "bspline" is the cubic spline through the nodes with the not-a-knot condition at both ends (it
        reproduces cubic polynomials up to the ends, which a natural spline does not). With 3, 2 or 1 nodes
        it is the parabola, line or constant through them. "catmull_rom" is the piecewise cubic with the
        central difference as slope at each node.
    edge : {"replicate", "linear"}
        Beyond the first and last node: the value there, or its tangent.

    Examples
    --------
    >>> first, weights = AxisBasis(np.array([0.0, 1.0, 3.0]), "linear").weights(np.array([1.5]))
    >>> first, weights.tolist()
    (1, [[0.75, 0.25]])
    """

    def __init__(self, nodes: np.ndarray, kernel: str, edge: str = "replicate") -> None:
        if kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}, got {kernel!r}")
        if edge not in EDGES:
            raise ValueError(f"edge must be one of {', '.join(EDGES)}, got {edge!r}")
        self.nodes = np.asarray(nodes, np.float64)
        self.kernel = kernel
        self.edge = edge
        self._degree = min(3, len(self.nodes) - 1)
        self._knots: np.ndarray | None = None

    def coefficients(self, values: np.ndarray) -> np.ndarray:
        """Node values along axis 0 → coefficients of the same shape, float64; the values but for a spline."""
        values = np.asarray(values, np.float64)
        if self.kernel != "bspline" or self._degree < 2:
            return values
        from scipy.linalg import solve_banded

        # make_interp_spline solves the same system, 40 times slower for thousands of columns.
        collocation = self._inside(self.nodes)
        n = len(self.nodes)
        banded = np.zeros((5, n))
        for offset in range(-2, 3):
            diagonal = np.diagonal(collocation, offset)
            banded[2 - offset, max(0, offset) : n + min(0, offset)] = diagonal
        return solve_banded((2, 2), banded, values.reshape(n, -1), check_finite=False).reshape(values.shape)

    def weights(self, positions: np.ndarray) -> tuple[int, np.ndarray]:
        """Weights of the coefficients at ``positions`` (P,).

        Returns
        -------
        (int, ndarray)
            Index of the first coefficient that any position needs, and the weights (P, width) from there on.
        """
        positions = self._snapped(np.asarray(positions, np.float64))
        if len(self.nodes) == 1:
            return 0, np.ones((len(positions), 1))
        inside = np.clip(positions, self.nodes[0], self.nodes[-1])
        matrix = self._inside(inside)
        if self.edge == "linear" and np.any(beyond := positions - inside):
            slopes = self._end_slopes()
            matrix += np.maximum(beyond, 0)[:, None] * slopes[1] + np.minimum(beyond, 0)[:, None] * slopes[0]
        (needed,) = np.nonzero(matrix.any(axis=0))
        first, last = (int(needed[0]), int(needed[-1])) if len(needed) else (0, 0)
        return first, matrix[:, first : last + 1]

    def _snapped(self, positions: np.ndarray) -> np.ndarray:
        right = np.clip(np.searchsorted(self.nodes, positions), 1, max(1, len(self.nodes) - 1))
        for nearest in (self.nodes[right - 1], self.nodes[np.minimum(right, len(self.nodes) - 1)]):
            positions = np.where(np.abs(positions - nearest) <= NODE_TOLERANCE, nearest, positions)
        return positions

    def _inside(self, positions: np.ndarray) -> np.ndarray:
        """Weights (P, n) of positions between the first and the last node."""
        if self.kernel == "bspline" and self._degree > 1:
            from scipy.interpolate import BSpline

            return BSpline.design_matrix(positions, self._spline_knots(), self._degree).toarray()
        n = len(self.nodes)
        left = np.clip(np.searchsorted(self.nodes, positions, side="right") - 1, 0, n - 2)
        fraction = (positions - self.nodes[left]) / (self.nodes[left + 1] - self.nodes[left])
        matrix = np.zeros((len(positions), n))
        rows = np.arange(len(positions))
        if self.kernel == "nearest":
            # With every second node kept, half of all positions are middles: rounding must not draw lots.
            middle = 0.5 * (self.nodes[left] + self.nodes[left + 1])
            matrix[rows, left + (positions - middle > NODE_TOLERANCE)] = 1.0
            return matrix
        if self.kernel != "catmull_rom":
            matrix[rows, left] = 1 - fraction
            matrix[rows, left + 1] += fraction
            return matrix
        for tap, weight in zip(range(-1, 3), _catmull_rom(fraction), strict=True):
            node = left + tap
            outside = (node < 0) | (node >= n)
            end = np.clip(node, 0, n - 1)
            # The node beyond an end holds the end's value, or continues its line: f(−1) = 2·f(0) − f(1).
            doubled = outside & (self.edge == "linear")
            np.add.at(matrix, (rows, end), np.where(doubled, 2 * weight, weight))
            neighbour = np.where(node < 0, 1, n - 2)
            np.add.at(matrix, (rows, neighbour), np.where(doubled, -weight, 0.0))
        return matrix

    def _end_slopes(self) -> np.ndarray:
        """Weights (2, n) of the derivative at the first and at the last node."""
        n = len(self.nodes)
        if self.kernel == "bspline" and self._degree > 1:
            from scipy.interpolate import BSpline

            return BSpline(self._spline_knots(), np.eye(n), self._degree)(self.nodes[[0, -1]], nu=1)
        slopes = np.zeros((2, n))
        for row, (a, b) in enumerate(((0, 1), (n - 2, n - 1))):
            step = self.nodes[b] - self.nodes[a]
            slopes[row, a], slopes[row, b] = -1 / step, 1 / step
        return slopes

    def _spline_knots(self) -> np.ndarray:
        if self._knots is None:
            from scipy.interpolate import make_interp_spline

            self._knots = make_interp_spline(self.nodes, self.nodes, k=self._degree).t
        return self._knots


def separable(
    values: torch.Tensor, bases: Sequence[AxisBasis], positions: Sequence[np.ndarray]
) -> torch.Tensor:
    """Coefficients (T, Z, Y, X), a basis per axis → values on the product grid of four 1-D ``positions``."""
    matrices = []
    for axis, (basis, where) in enumerate(zip(bases, positions, strict=True)):
        first, matrix = basis.weights(where)
        values = values.narrow(axis, first, matrix.shape[1])
        matrices.append(torch.as_tensor(matrix, dtype=values.dtype, device=values.device))
    time, z, y, x = matrices
    # Outer axes first: a tile is thin in them, so each product leaves less to do.
    values = torch.tensordot(time, values, dims=1)
    values = torch.tensordot(z, values, dims=([1], [1]))
    return torch.matmul(torch.matmul(y, values), x.T).transpose(0, 1)


def _catmull_rom(f: np.ndarray) -> tuple[np.ndarray, ...]:
    """Weights of the nodes −1, 0, 1, 2 at the fraction f between nodes 0 and 1; they sum to 1.

    At f = ½: −1/16, 9/16, 9/16, −1/16.
    """
    return (
        0.5 * (-(f**3) + 2 * f**2 - f),
        0.5 * (3 * f**3 - 5 * f**2 + 2),
        0.5 * (-3 * f**3 + 4 * f**2 + f),
        0.5 * (f**3 - f**2),
    )
