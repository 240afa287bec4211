"""A network, a coefficient and a coarse solution → the corrected solution on a grid of any fineness."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch

from stsr_core.homogenization import diffusion
from stsr_core.homogenization.axes import bicubic_matrix, nodes
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.elements import checked_coefficient
from stsr_core.homogenization.network import Network
from stsr_core.homogenization.normalization import normalized
from stsr_core.homogenization.samples import fine_intervals
from stsr_core.homogenization.targets import Targets
from stsr_core.interrupts import Stopped
from stsr_core.memory import check_memory
from stsr_core.precision import multiplies_bfloat16
from stsr_core.threads import bounded_threads

#: Where the amplitude of a prediction comes from.
AMPLITUDES = ("equation", "network", "none")
#: Sweeps of the smoother before the energy of a shape is taken.
_MOST_SWEEPS = 16
#: Largest value on the boundary of a coarse solution, as a part of its largest value.
_ZERO = 1e-4
#: Bytes that a target of a chunk, and one of the output, take.
_PER_TARGET, _PER_NODE = 8_000, 24
#: What bfloat16 may change, as a part of the network's own error; and nodes per side that tell.
_ROUNDING, _COMPARED = 0.01, 65


@bounded_threads()
def correct(
    network: Network,
    coefficient: np.ndarray,
    coarse: np.ndarray,
    scale: float,
    *,
    load: float = 1.0,
    amplitude: str = "",
    keep_boundary: bool = True,
    sweeps: int = 0,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """The solution on a fine grid, as a network corrects the coarse one.

    Parameters
    ----------
    network : Network
        On the device to compute on.
    coefficient : ndarray
        A (E, E), > 0.
    coarse : ndarray
        The solution on N×N elements (N+1, N+1), 0 on the boundary.
    scale : float
        α: round(N·α) intervals.
    load : float
        f.
    amplitude : {"", "equation", "network", "none"}
        The factor by which the predicted shape comes nearest to the solution in the energy norm, which needs
        the coefficient and no solution (:func:`factor`); what a network of scale "physical" says; or the
        normalised shape. By default "network" where the network knows it, else "equation".
    keep_boundary : bool
        Put the exact 0 on the boundary.
    sweeps : int
        Of the multigrid's smoother, afterwards: the equation is known.
    on_progress, should_stop : callable, optional
        Told the fraction done after each part; asked there.

    Returns
    -------
    ndarray
        (n, n) with n = round(N·α) + 1: float32, or float64 after smoothing.

    Raises
    ------
    ValueError
        If the arrays do not fit the network, the solution is not 0 on the boundary, or an entry is out of
        range.
    MemoryError
        If the grid would not fit in memory.
    Stopped
        If it was stopped.
    """
    c = network.configuration
    coefficient, coarse = checked_inputs(c, coefficient, coarse)
    diffusion.checked_load(load)
    count = fine_intervals(c.coarse, scale) + 1
    amplitude = checked_amplitude(c, amplitude)
    if sweeps and amplitude == "none":
        raise ValueError("smoothing needs physical values, got amplitude none")
    check_memory(
        _PER_TARGET * network.most_targets + _PER_NODE * count**2, f"a grid of {count} x {count} nodes"
    )
    normal = normalized(torch.from_numpy(coarse), c.scale, c.unit, load)
    values = predict(network, coefficient, normal.numpy(), count, on_progress, should_stop)
    if keep_boundary:
        values[[0, -1]] = values[:, [0, -1]] = 0
    if amplitude != "none":
        values *= factor(c, coefficient, values, load, amplitude)
    return diffusion.smoothed(coefficient, values, load, sweeps) if sweeps else values


def interpolated_grid(coarse: np.ndarray, count: int) -> np.ndarray:
    """A coarse solution (N+1, N+1) on n×n nodes by cubic convolution, float64."""
    along = bicubic_matrix(nodes(count), len(coarse))
    return along @ np.asarray(coarse, dtype=np.float64) @ along.T


def factor(
    configuration: Configuration, coefficient: np.ndarray, values: np.ndarray, load: float, amplitude: str
) -> float:
    """What normalised values are multiplied by to be physical ones.

    Parameters
    ----------
    configuration : Configuration
        Of the network that predicted them.
    coefficient, values : ndarray
        A (E, E) and the values (n, n), 0 on the boundary.
    load : float
        f.
    amplitude : {"equation", "network"}
        As of :func:`correct`. For the first the energy is taken after as many sweeps of a smoother as an
        interval of the coarse grid has of the fine one, at most 16: measured on random and other maps, the
        factor is within a few per cent of the best there is.
    """
    if amplitude == "network":
        return configuration.unit * load
    sweeps = min(_MOST_SWEEPS, max(1, round((len(values) - 1) / configuration.coarse)))
    return diffusion.amplitude(coefficient, values, load, sweeps)


@torch.no_grad()
def predict(
    network: Network,
    coefficient: np.ndarray,
    coarse: np.ndarray,
    count: int,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Normalised values on n×n nodes, part by part; the map is encoded once.

    Parameters
    ----------
    network : Network
    coefficient, coarse : ndarray
        A (E, E), and the normalised solution (N+1, N+1).
    count : int
        n >= 2.
    on_progress, should_stop : callable, optional
        As of :func:`correct`.

    Returns
    -------
    ndarray
        (n, n) float32.
    """
    device = next(network.buffers()).device
    coefficients, solutions = (
        torch.from_numpy(np.asarray(a, dtype=np.float32))[None].to(device) for a in (coefficient, coarse)
    )
    if network.rounds is None:
        network.rounds = rounds_well(network, coefficients, solutions)
    prepared = network.prepare(coefficients, solutions)
    axis = nodes(count)
    out = np.empty((count, count), dtype=np.float32)
    for rows, columns in _parts(count, network.most_targets):
        if should_stop():
            raise Stopped
        targets = Targets(axis[rows], axis[columns], count, device=device)
        found = network(prepared, targets)[0].cpu().numpy()
        out[rows, columns] = found.reshape(len(targets.y), len(targets.x))
        if on_progress is not None:
            on_progress((rows.stop * count + (columns.stop - count) * (rows.stop - rows.start)) / count**2)
    return out


@torch.no_grad()
def rounds_well(network: Network, coefficients: torch.Tensor, solutions: torch.Tensor) -> bool:
    """Whether products in bfloat16 are faster and change a map by less than 1 % of the network's own error.

    Parameters
    ----------
    network : Network
        Without a known error it is not rounded.
    coefficients, solutions : Tensor
        As of :meth:`Network.prepare`, one map; both ways are compared at 65² nodes of it.
    """
    if not (network.known_error and multiplies_bfloat16(solutions.device)):
        return False
    axis, found = nodes(_COMPARED), []
    for rounds in (False, True):
        network.rounds = rounds
        prepared = network.prepare(coefficients, solutions)
        found.append(network(prepared, Targets(axis, axis, _COMPARED, device=solutions.device)))
    change = (found[1] - found[0]).square().mean()
    return bool(change < _ROUNDING**2 * network.known_error)


def checked_amplitude(configuration: Configuration, amplitude: str) -> str:
    """Where the amplitude comes from; "" is made definite.

    Raises
    ------
    ValueError
        If it is none of the words, or the network does not know it.
    """
    knows = configuration.scale == "physical"
    if not amplitude:
        return "network" if knows else "equation"
    if amplitude not in AMPLITUDES:
        raise ValueError(f"amplitude must be one of {', '.join(AMPLITUDES)}, got {amplitude!r}")
    if amplitude == "network" and not knows:
        raise ValueError("amplitude network needs a network of scale physical, got one of scale image")
    return amplitude


def checked_inputs(
    configuration: Configuration, coefficient: np.ndarray, coarse: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficient and coarse solution as a network can take them.

    Raises
    ------
    ValueError
        One sentence: what, the rule, the value seen.
    """
    coefficient = checked_coefficient(coefficient)
    cells, nodes_of_coarse = configuration.cells, configuration.coarse + 1
    if coefficient.shape != (cells, cells):
        raise ValueError(
            f"the coefficient must have {cells} x {cells} cells for this model, got {coefficient.shape}"
        )
    coarse = np.asarray(coarse, dtype=np.float64)
    if coarse.shape != (nodes_of_coarse, nodes_of_coarse):
        raise ValueError(
            f"the coarse solution must have {nodes_of_coarse} x {nodes_of_coarse} nodes for this model, "
            f"got shape {coarse.shape}"
        )
    if not np.isfinite(coarse).all():
        raise ValueError("the coarse solution must be finite, got NaN or infinity")
    edge = max(np.abs(coarse[[0, -1]]).max(), np.abs(coarse[:, [0, -1]]).max())
    if edge > _ZERO * np.abs(coarse).max():
        raise ValueError(f"the coarse solution must be 0 on the boundary, got {edge:g}")
    return coefficient, coarse


def _parts(count: int, most: int) -> Iterator[tuple[slice, slice]]:
    """Square parts of a grid; a rest of less than half a part belongs to the last one."""
    side = math.isqrt(most)
    bounds = [side * k for k in range(max(1, round(count / side)))] + [count]
    slices = [slice(a, b) for a, b in pairwise(bounds)]
    for rows in slices:
        for columns in slices:
            yield rows, columns
