"""Frames between their nodes: a cubic spline, on a grid so fine that reading it linearly suffices."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from stsr_core.fields.interpolation.axis_basis import AxisBasis
from stsr_core.fields.motion.reading import Periodic

#: Weights of the spline below this are left out: it is local to about ten nodes.
_NEGLIGIBLE = 1e-6


class Fine(Protocol):
    """Frames on a finer grid than the kept nodes."""

    scale: int

    def slab(self, first: int, last: int, which: list[int]) -> torch.Tensor:
        """The frames ``which`` from node ``first`` to node ``last`` of z, (len(which), 1, z, y, x)."""
        ...


class FineFrames:
    """Frames (T, Z, Y, X) with each interval between nodes split into ``scale``, slab by slab when needed.

    Parameters
    ----------
    frames : Tensor
        (T, Z, Y, X)
    scale : int
        4 loses nothing against finer ones; 2 is enough where all voxels were kept.
    periodic : (bool, bool, bool)
        Axes that close on themselves: they get ``scale`` · n points, the others ``scale`` · (n − 1) + 1.
    """

    def __init__(self, frames: torch.Tensor, scale: int, periodic: Periodic) -> None:
        self.frames = frames
        self.scale = scale
        shape = frames.shape[1:] if scale > 1 else ()
        self._matrices = [
            spline_matrix(n, scale, around).to(frames.device)
            for n, around in zip(shape, periodic, strict=False)
        ]

    def slab(self, first: int, last: int, which: list[int]) -> torch.Tensor:
        """The fine frames ``which``, their layers from node ``first`` to node ``last`` of z, both included.

        Returns
        -------
        Tensor
            (len(which), 1, z, y, x)
        """
        if self.scale == 1:
            return self.frames[which, first : last + 1][:, None]
        along_z = self._matrices[0][first * self.scale : last * self.scale + 1]
        (needed,) = along_z.any(0).nonzero(as_tuple=True)
        low, high = int(needed[0]), int(needed[-1]) + 1
        _, along_y, along_x = self._matrices
        shape = (len(which), 1, len(along_z), len(along_y), len(along_x))
        fine = torch.empty(shape, device=self.frames.device)
        for t, layers in zip(which, fine[:, 0], strict=True):
            coarse = torch.tensordot(along_z[:, low:high], self.frames[t, low:high], dims=1)
            torch.matmul(along_y, coarse @ along_x.T, out=layers)
        return fine


def around(n: int, positions: np.ndarray, degree: int = 3) -> np.ndarray:
    """Weights (P, n) of values at the nodes 0 … n − 1 of a circle of length n, in a spline at ``positions``.

    Parameters
    ----------
    n : int
        At least 2.
    positions : ndarray
        (P,), any numbers: they go round.
    degree : {1, 3}

    Examples
    --------
    >>> around(4, np.array([3.5, -0.5]), degree=1).tolist()
    [[0.5, 0.0, 0.0, 0.5], [0.5, 0.0, 0.0, 0.5]]
    """
    from scipy.interpolate import make_interp_spline

    closed = np.vstack([np.eye(n), np.eye(n)[:1]])
    ends = "periodic" if degree == 3 else None
    return make_interp_spline(np.arange(n + 1), closed, k=degree, bc_type=ends)(np.mod(positions, n))


def spline_matrix(n: int, scale: int, periodic: bool = False) -> torch.Tensor:
    """Weights (points, n), float32, of node values in the cubic spline at every 1/``scale`` of a node.

    Not-a-knot at the ends; the parabola, line or constant through fewer than four nodes.

    Examples
    --------
    >>> spline_matrix(3, 2)[1].tolist()              # the parabola through three nodes at ½: ⅜, ¾, −⅛
    [0.375, 0.75, -0.125]
    """
    if periodic and n > 1:
        weights = around(n, np.arange(n * scale) / scale)
    else:
        basis = AxisBasis(np.arange(n, dtype=np.float64), "bspline", "replicate")
        first, columns = basis.weights(np.arange((n - 1) * scale + 1) / scale)
        weights = columns @ basis.coefficients(np.eye(n))[first : first + columns.shape[1]]
    matrix = torch.from_numpy(weights).float()
    matrix[matrix.abs() < _NEGLIGIBLE] = 0.0
    return matrix
