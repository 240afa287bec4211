"""What one array of an output holds: a variable or what is said beside it, or several mixed, at one time."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

import numpy as np

from stsr_core.fields.base import Field
from stsr_core.grid import Grid
from stsr_core.inference.beside import evaluate_beside, sampler_of
from stsr_core.inference.evaluate import evaluate
from stsr_core.inference.latent import interpolated
from stsr_core.request.extras import Quantity
from stsr_core.request.mix import Mix

_INTERVAL = (Quantity.LOWER, Quantity.UPPER)


def require_known(field: Field, mixes: Iterable[Mix]) -> None:
    """Raise ValueError, in one sentence, if the model does not know what an array is to hold."""
    for mix in mixes:
        if mix.quantity is not Quantity.VALUE:
            sampler_of(field, mix.weights[0][0], mix.quantity)


def evaluate_mix(
    field: Field,
    grid: Grid,
    mix: Mix,
    *,
    known: MutableMapping[Mix, np.ndarray] | None = None,
    **options: Any,
) -> np.ndarray:
    """Values (Z, Y, X) of ``mix`` on ``grid``, or vectors (Z, Y, X, 3), in physical units.

    Parameters
    ----------
    known : mapping of Mix to ndarray, optional
        Arrays on this grid that are there already; what an array has in common with others is taken from
        here, and left here for the next.
    **options
        ``device``, ``tile``, ``on_progress`` and ``should_abort`` of :func:`stsr_core.evaluate`.
    """
    found = {} if known is None else known
    if mix not in found:
        found[mix] = _evaluated(field, grid, mix, found, options)
        if mix.limits is not None and mix.quantity in (Quantity.VALUE, *_INTERVAL):
            _keep_between(found[mix], *mix.limits)
    return found[mix]


def _keep_between(values: np.ndarray, low: float, high: float) -> None:
    """In place, in the type of the values, of which an infinite end need not be one."""
    for end, nearer in ((low, np.maximum), (high, np.minimum)):
        if np.isfinite(end):
            nearer(values, values.dtype.type(end), out=values)


def _evaluated(
    field: Field, grid: Grid, mix: Mix, known: MutableMapping[Mix, np.ndarray], options: dict[str, Any]
) -> np.ndarray:
    weights = dict(mix.weights)
    if mix.quantity is Quantity.VALUE:
        latent = interpolated(field, weights, mix.interpolation)[0] if len(weights) > 1 else None
        return evaluate(field, grid, [mix.time], weights, latent=latent, **options)[0]
    variable = mix.weights[0][0]
    if mix.quantity not in _INTERVAL:
        return evaluate_beside(field, grid, mix.time, variable, mix.quantity, **options)
    values, half_width = (
        evaluate_mix(field, grid, mix.as_quantity(quantity), known=known, **options)
        for quantity in (Quantity.VALUE, Quantity.HALF_WIDTH)
    )
    dtype = mix.quantity.dtype(field.domain.variable(variable).dtype)
    return (np.subtract if mix.quantity is Quantity.LOWER else np.add)(values, half_width, dtype=dtype)
