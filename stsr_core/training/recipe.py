"""How a field kind is trained: optimizer, rate, batch, and the schedule as a pure function."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Settings of one training run; they travel in the checkpoint's history."""

    optimizer: str = "adam"  # "muon" for hidden matrices (Adam for the rest), or "adam" for all
    learning_rate: float = 1e-5  # peak rate
    betas: tuple[float, float] = (0.9, 0.999)  # Adam's moments
    weight_decay: float = 0.0  # coupled L2 of Adam
    batch_rows: int = 8000  # coordinate rows per step, all variables together
    schedule: str = "constant"  # "constant", or "cosine" to zero after the warm-up
    warm_up: float = 0.0  # fraction of the run with a linearly rising rate
    epochs: int | None = None  # default length of a run in passes over all kept rows
    minutes: float | None = None  # default length of a run in wall-clock minutes


#: Field kind → its default recipe.
RECIPES = {
    "modulated_siren": Recipe("muon", 1e-3, (0.9, 0.99), 0.0, 8192, "cosine", 0.05, minutes=3.0),
    "stsr_inr": Recipe("adam", 1e-5, (0.9, 0.999), 1e-6, 8000, "constant", 0.0, epochs=600),
    "coordnet": Recipe("adam", 1e-5, (0.9, 0.999), 1e-6, 32000, "constant", 0.0, epochs=400),
    # Its rows are crops of sequences; see stsr_core.training.stnet.
    "stnet": Recipe("adam", 1e-4, (0.9, 0.999), 0.0, 1, "constant", 0.0, epochs=649),
}


def learning_rate(recipe: Recipe, progress: float) -> float:
    """Rate at ``progress`` in [0, 1] of the run.

    Examples
    --------
    >>> learning_rate(Recipe(learning_rate=1.0, schedule="cosine", warm_up=0.5), 0.75)
    0.5
    """
    if progress < recipe.warm_up:
        # A rate of exactly zero would waste the first step.
        return recipe.learning_rate * max(progress / recipe.warm_up, 1e-2)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    phase = (progress - recipe.warm_up) / (1 - recipe.warm_up)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, phase)))
