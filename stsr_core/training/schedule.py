"""The learning rate as a pure function of how much of a run is done."""

from __future__ import annotations

import math
from typing import Protocol

from stsr_core.fields.recipe import LINEAR_END


class Scheduled(Protocol):
    """The entries of a recipe that say how fast it learns, and when."""

    @property
    def learning_rate(self) -> float:
        """Highest rate."""
        ...

    @property
    def warm_up(self) -> float:
        """Fraction of the run with a linearly rising rate."""
        ...

    @property
    def schedule(self) -> str:
        """ "constant", or "cosine" to zero after the warm-up."""
        ...


def learning_rate(recipe: Scheduled, progress: float) -> float:
    """Rate at ``progress`` in [0, 1] of the run.

    Examples
    --------
    >>> from stsr_core.fields.recipe import Recipe
    >>> learning_rate(Recipe(learning_rate=1.0, schedule="cosine", warm_up=0.5), 0.75)
    0.5
    >>> [round(learning_rate(Recipe(learning_rate=2e-3, schedule="linear"), p), 9) for p in (0, 0.5, 1)]
    [0.002, 0.00101, 2e-05]
    """
    if progress < recipe.warm_up:
        # A rate of exactly zero would waste the first step.
        return recipe.learning_rate * max(progress / recipe.warm_up, 1e-2)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    phase = (progress - recipe.warm_up) / (1 - recipe.warm_up)
    if recipe.schedule == "linear":
        return recipe.learning_rate * (1 - (1 - LINEAR_END) * min(1.0, phase))
    if recipe.schedule == "log_linear":
        return recipe.learning_rate * LINEAR_END ** min(1.0, phase)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, phase)))
