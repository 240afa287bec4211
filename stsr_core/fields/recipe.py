"""How a field kind is trained: optimizer, rate, batch, schedule and length of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stsr_core.checks import choice, is_number, number, several, whole

OPTIMIZERS = ("muon", "adam", "amsgrad")
SCHEDULES = ("constant", "cosine", "linear", "log_linear")
#: What is left of the rate at the end of a linear or log-linear schedule.
LINEAR_END = 0.01
#: Part of a run's minutes that a field has which is then distilled; the compact network has the others.
FIRST_PART = 1 / 3


@dataclass(frozen=True)
class Recipe:
    """Settings of one training run; they travel in the checkpoint's history.

    Raises
    ------
    ValueError
        If an entry is of another type or out of range; names entry, rule and value.
    """

    optimizer: str = "adam"  # "muon" for hidden matrices (Adam for the rest); for all "adam", or "amsgrad"
    learning_rate: float = 1e-5  # peak rate
    betas: tuple[float, float] = (0.9, 0.999)  # Adam's moments
    weight_decay: float = 0.0  # coupled L2 of Adam
    batch_rows: int = 8000  # coordinate rows per step, all variables together
    schedule: str = "constant"  # "constant"; after the warm-up "cosine" to 0, "linear", "log_linear" to 1 %
    warm_up: float = 0.0  # fraction of the run with a linearly rising rate
    epochs: int | None = None  # default length of a run in passes over all kept rows
    minutes: float | None = None  # default length of a run in wall-clock minutes

    def __post_init__(self) -> None:
        choice(self, "optimizer", OPTIMIZERS)
        choice(self, "schedule", SCHEDULES)
        number(self, "learning_rate", above=0)
        number(self, "weight_decay", least=0)
        several(self, "betas", "two numbers in [0, 1)", lambda b: is_number(b) and 0 <= b < 1, count=2)
        whole(self, "batch_rows", least=1)
        if not (is_number(self.warm_up) and 0 <= self.warm_up < 1):
            raise ValueError(f"warm_up must be a number in [0, 1), got {self.warm_up!r}")
        if self.epochs is not None:
            whole(self, "epochs", least=1)
        if self.minutes is not None and not (is_number(self.minutes) and self.minutes > 0):
            raise ValueError(f"minutes must be a finite number > 0, got {self.minutes!r}")


def shared(recipe: Recipe) -> tuple[Recipe, Recipe]:
    """The recipes of a field and of its distillation, which share the minutes.

    Examples
    --------
    >>> [part.minutes for part in shared(Recipe(minutes=3.0))]
    [1.0, 2.0]
    """
    if recipe.minutes is None:
        return recipe, recipe
    first = recipe.minutes * FIRST_PART
    return replace(recipe, minutes=first), replace(recipe, minutes=recipe.minutes - first)
