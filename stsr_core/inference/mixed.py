"""What one array of an output holds: a variable, or several mixed, at one time."""

from __future__ import annotations

from typing import Any

import numpy as np

from stsr_core.fields.base import Field
from stsr_core.grid import Grid
from stsr_core.inference.evaluate import evaluate
from stsr_core.inference.latent import interpolated
from stsr_core.request.mix import Mix


def evaluate_mix(field: Field, grid: Grid, mix: Mix, **options: Any) -> np.ndarray:
    """Values (Z, Y, X) of ``mix`` on ``grid``, in physical units.

    Parameters
    ----------
    **options
        ``device``, ``tile``, ``on_progress`` and ``should_abort`` of :func:`stsr_core.evaluate`.
    """
    weights = dict(mix.weights)
    latent = interpolated(field, weights, mix.interpolation)[0] if len(weights) > 1 else None
    return evaluate(field, grid, [mix.time], weights, latent=latent, **options)[0]
