"""Numerical homogenization by continuous super-resolution of finite element solutions (NH-CSR).

−div(A∇u) = f on a grid too coarse for the material A has a solution that is wrong even at large scale. A
network corrects it from the coarse solution and the fine coefficient, on a grid of any fineness.

>>> from stsr_core import homogenization
>>> A = homogenization.random_cells(7, 32)                              # doctest: +SKIP
>>> X = homogenization.solve(A, 8)                                      # doctest: +SKIP
>>> network = homogenization.load("h.stsr")                             # doctest: +SKIP
>>> Y = homogenization.correct(network, A, X, scale=4)                  # doctest: +SKIP

What is chosen stands in dataclasses beside what takes it: ``plan.Plan`` of :func:`generate`,
``recipe.Recipe`` of :func:`fit`, ``configuration.Configuration`` of :class:`Network`.

finite elements   elements, stencil, multigrid, diffusion
samples           coefficients, samples, plan, generation, maps
networks          configuration, axes, targets, encodings, attention, nh_csr, rivals, network, file
learning          normalization, batches, loss, recipe, fitting
asking, measuring prediction, measures, evaluation, figures, report
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stsr_core.lazy import attach

#: Public name → module.
_EXPORTS = {
    "solve": "stsr_core.homogenization.diffusion",
    "compliance": "stsr_core.homogenization.diffusion",
    "energy_error": "stsr_core.homogenization.diffusion",
    "amplitude": "stsr_core.homogenization.diffusion",
    "smoothed": "stsr_core.homogenization.diffusion",
    "random_cells": "stsr_core.homogenization.coefficients",
    "random_phases": "stsr_core.homogenization.coefficients",
    "pattern": "stsr_core.homogenization.coefficients",
    "of_phases": "stsr_core.homogenization.coefficients",
    "PATTERNS": "stsr_core.homogenization.coefficients",
    "generate": "stsr_core.homogenization.generation",
    "Network": "stsr_core.homogenization.network",
    "fit": "stsr_core.homogenization.fitting",
    "resume": "stsr_core.homogenization.fitting",
    "load": "stsr_core.homogenization.file",
    "correct": "stsr_core.homogenization.prediction",
    "evaluate": "stsr_core.homogenization.evaluation",
}

__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from stsr_core.homogenization.coefficients import PATTERNS as PATTERNS
    from stsr_core.homogenization.coefficients import of_phases as of_phases
    from stsr_core.homogenization.coefficients import pattern as pattern
    from stsr_core.homogenization.coefficients import random_cells as random_cells
    from stsr_core.homogenization.coefficients import random_phases as random_phases
    from stsr_core.homogenization.diffusion import amplitude as amplitude
    from stsr_core.homogenization.diffusion import compliance as compliance
    from stsr_core.homogenization.diffusion import energy_error as energy_error
    from stsr_core.homogenization.diffusion import smoothed as smoothed
    from stsr_core.homogenization.diffusion import solve as solve
    from stsr_core.homogenization.evaluation import evaluate as evaluate
    from stsr_core.homogenization.file import load as load
    from stsr_core.homogenization.fitting import fit as fit
    from stsr_core.homogenization.fitting import resume as resume
    from stsr_core.homogenization.generation import generate as generate
    from stsr_core.homogenization.network import Network as Network
    from stsr_core.homogenization.prediction import correct as correct

__getattr__, __dir__ = attach(__name__, _EXPORTS)
