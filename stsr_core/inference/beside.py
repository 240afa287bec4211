"""What a field says beside its values: how features move, and how far the values may be off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from stsr_core.coordinates import VariableDomain
from stsr_core.fields.base import Field, Moving, Sampler, Uncertain
from stsr_core.fields.kinds import KINDS, field_class
from stsr_core.grid import Grid
from stsr_core.inference.device import resolve_device
from stsr_core.inference.evaluate import allocated, fill
from stsr_core.inference.tiles import default_tile
from stsr_core.request.extras import Quantity


def sampler_of(field: Field, variable: str, quantity: Quantity) -> Sampler:
    """How a field samples the motion, standard error or half-width of a variable, normalised.

    Raises
    ------
    ValueError
        If the model does not know it; one sentence.
    """
    if quantity is Quantity.MOTION:
        if not isinstance(field, Moving):
            raise ValueError(_lacking(field, "motion", Moving))
        return field.velocity(variable)
    if not isinstance(field, Uncertain):
        raise ValueError(_lacking(field, "error bars", Uncertain))
    spread = field.spread(variable)
    return spread.standard_error if quantity is Quantity.STANDARD_ERROR else spread.half_width


def evaluate_beside(
    field: Field,
    grid: Grid,
    time: float,
    variable: str,
    quantity: Quantity,
    *,
    device: str | torch.device = "auto",
    tile: int | None = None,
    on_progress: Callable[[float], None] | None = None,
    should_abort: Callable[[], bool] | None = None,
) -> np.ndarray:
    """Motion, standard error or half-width of the 90 % interval of a variable on a grid, in physical units.

    Parameters
    ----------
    time : float
        Physical time within the trained range.
    quantity : Quantity
        ``MOTION``, ``STANDARD_ERROR`` or ``HALF_WIDTH``.
    **others
        As of :func:`stsr_core.evaluate`.

    Returns
    -------
    ndarray
        float32, (Z, Y, X); motion (Z, Y, X, 3): the components x, y, z of the velocity in the space that the
        nodes lie in, the direction matrix of the grid applied.

    Raises
    ------
    ValueError
        If the model does not know it; one sentence.
    MemoryError
        If the output would not fit in memory; names its size.
    """
    device = resolve_device(device) if isinstance(device, str) else device
    field.to(device)
    domain = field.domain.variable(variable)
    shape = (1, *grid.shape)
    with torch.inference_mode():
        sampler = sampler_of(field, variable, quantity)
    out = allocated(shape, quantity.dtype(domain.dtype))
    fill(
        out,
        sampler,
        _physical(domain, quantity),
        domain.normalized_axes(grid, np.array([time])),
        device,
        tile=tile or default_tile(field, device, int(np.prod(shape))),
        on_progress=on_progress,
        should_abort=should_abort,
    )
    return out[0]


def _physical(domain: VariableDomain, quantity: Quantity) -> Callable[[torch.Tensor], np.ndarray]:
    """Normalised samples → physical ones, the components of vectors last."""
    if quantity is not Quantity.MOTION:
        return lambda values: (values * domain.normalization.half_range).cpu().numpy()
    matrix = torch.tensor(velocity_matrix(domain), dtype=torch.float32)
    return lambda values: torch.einsum("ij,tjzyx->tzyxi", matrix.to(values), values).cpu().numpy()


def velocity_matrix(domain: VariableDomain) -> np.ndarray:
    """The matrix (3, 3) from d(z, y, x)/dt in normalised coordinates to a velocity (x, y, z).

    Column by column the edges of the box over the duration of the series: both are 2 in normalised
    coordinates. 0 where there is a single time.

    Examples
    --------
    >>> from stsr_core.normalize import Normalization
    >>> grid, times = Grid((3, 2, 2), spacing=(1.0, 5.0, 3.0)), (0.0, 4.0)
    >>> velocity_matrix(VariableDomain("p", grid, times, grid, times, Normalization(0.0, 1.0))).tolist()
    [[0.0, 0.0, 0.75], [0.0, 1.25, 0.0], [0.5, 0.0, 0.0]]
    """
    grid, duration = domain.full_grid, domain.full_times[-1] - domain.full_times[0]
    if duration == 0:
        return np.zeros((3, 3))
    edges = np.subtract(grid.end, grid.origin)[::-1]
    return np.fliplr(np.reshape(grid.direction, (3, 3)) * edges / duration).copy()


def _lacking(field: Field, what: str, protocol: Any) -> str:
    known = [kind for kind in KINDS if issubclass(field_class(kind), protocol)]
    having = f"; models of the kind {' or '.join(known)} have" if known else ""
    return f"a model of the kind {field.kind} has no {what}{having}"
