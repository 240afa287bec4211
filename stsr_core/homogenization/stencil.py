"""The global matrix of bilinear elements as a nine-point stencil on the interior nodes, without a matrix."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

from stsr_core.homogenization.elements import entry


class Stencil:
    """K on the (N−1)² interior nodes; values on the boundary are 0.

    K is symmetric: of a node's eight neighbours four are kept, the others are those of the neighbours. ::

        north_west   north   north_east
                       |
                     centre  east

    Parameters
    ----------
    of_elements : ndarray
        (2, 3, N, N) of :func:`stsr_core.homogenization.elements.moments`.
    dtype : torch.dtype
    """

    def __init__(self, of_elements: np.ndarray, dtype: torch.dtype = torch.float64) -> None:
        self.intervals = of_elements.shape[-1]
        low, high = slice(None, -1), slice(1, None)

        def of(*parts: tuple[tuple[slice, slice], tuple[int, int], tuple[int, int]]) -> torch.Tensor:
            # Sums over the elements that two nodes share; a slice says which elements those are.
            total = sum(entry(of_elements[(..., *where)], first, second) for where, first, second in parts)
            return torch.from_numpy(np.ascontiguousarray(total)).to(dtype)

        inner = slice(1, -1)
        self.centre = of(
            ((low, low), (1, 1), (1, 1)),
            ((low, high), (1, 0), (1, 0)),
            ((high, low), (0, 1), (0, 1)),
            ((high, high), (0, 0), (0, 0)),
        )
        self.east = of(((low, inner), (1, 0), (1, 1)), ((high, inner), (0, 0), (0, 1)))
        self.north = of(((inner, low), (0, 1), (1, 1)), ((inner, high), (0, 0), (1, 0)))
        self.north_east = of(((inner, inner), (0, 0), (1, 1)))
        self.north_west = of(((inner, inner), (0, 1), (1, 0)))

    def apply(self, values: torch.Tensor) -> torch.Tensor:
        """K times ``values``, both (N−1, N−1) on the interior nodes."""
        out = self.centre * values
        out[:, :-1].addcmul_(self.east, values[:, 1:])
        out[:, 1:].addcmul_(self.east, values[:, :-1])
        out[:-1].addcmul_(self.north, values[1:])
        out[1:].addcmul_(self.north, values[:-1])
        out[:-1, :-1].addcmul_(self.north_east, values[1:, 1:])
        out[1:, 1:].addcmul_(self.north_east, values[:-1, :-1])
        out[:-1, 1:].addcmul_(self.north_west, values[1:, :-1])
        out[1:, :-1].addcmul_(self.north_west, values[:-1, 1:])
        return out

    def largest_ratio(self) -> float:
        """A bound on the eigenvalues of D⁻¹K by Gershgorin's circles."""
        row = self.centre.abs()
        for first, second, coupling in (
            (np.s_[:, :-1], np.s_[:, 1:], self.east),
            (np.s_[:-1], np.s_[1:], self.north),
            (np.s_[:-1, :-1], np.s_[1:, 1:], self.north_east),
            (np.s_[:-1, 1:], np.s_[1:, :-1], self.north_west),
        ):
            row[first] += coupling.abs()
            row[second] += coupling.abs()
        return float((row / self.centre).max())

    def matrix(self) -> sparse.csc_array:
        """K as a sparse matrix of ((N−1)², (N−1)²), x fastest."""
        n = self.intervals - 1
        index = np.arange(n * n).reshape(n, n)
        half = [
            (index[:, :-1], index[:, 1:], self.east),
            (index[:-1], index[1:], self.north),
            (index[:-1, :-1], index[1:, 1:], self.north_east),
            (index[:-1, 1:], index[1:, :-1], self.north_west),
        ]
        rows = np.concatenate([first.ravel() for first, _, _ in half])
        columns = np.concatenate([second.ravel() for _, second, _ in half])
        values = np.concatenate([v.numpy().ravel() for _, _, v in half])
        upper = sparse.coo_array((values, (rows, columns)), shape=(n * n, n * n))
        return (upper + upper.T + sparse.diags_array(self.centre.numpy().ravel())).tocsc()
