"""How a network of homogenization is trained."""

from __future__ import annotations

from dataclasses import dataclass

from stsr_core.checks import choice, flag, number, whole


@dataclass(frozen=True)
class Recipe:
    """Settings of one training run; they travel in the model's history.

    Raises
    ------
    ValueError
        If an entry is of another type or out of range; names entry, rule and value.
    """

    learning_rate: float = 1e-4  # of Adam, until it is halved
    halve_at: float = 0.5  # fraction of the run after which the rate is half of that
    batch: int = 32  # maps per step
    side: int | None = None  # side² nodes per map and step; coarse + 1 by default
    structure: float = 1.0  # λ, weight of 1 − SCS; 0 trains on the mean absolute error alone
    draws: str = "rearranged"  # vectors of SCS: the nodes "rearranged", or drawn "again" with replacement
    symmetries: bool = True  # show every map under one of the 8 symmetries of the square
    clip: float = 1.0  # largest norm of the gradient; 0 for none
    precision: str = "fp32"  # of products in the encoder and the hidden layers: fp32, bf16
    validate_every: int = 200  # steps between two points of the validation curve; 0 for none
    iterations: int | None = 100_000  # longest run in steps
    minutes: float | None = None  # longest run in wall-clock minutes

    def __post_init__(self) -> None:
        number(self, "learning_rate", above=0)
        number(self, "halve_at", least=0, most=1)
        number(self, "structure", "clip", least=0)
        whole(self, "batch", least=1)
        whole(self, "validate_every", least=0)
        choice(self, "draws", ("rearranged", "again"))
        choice(self, "precision", ("fp32", "bf16"))
        flag(self, "symmetries")
        if self.side is not None:
            whole(self, "side", least=1)
        if self.iterations is not None:
            whole(self, "iterations", least=1)
        if self.minutes is not None:
            number(self, "minutes", above=0)


def learning_rate(recipe: Recipe, progress: float) -> float:
    """Rate at ``progress`` in [0, 1] of the run.

    Examples
    --------
    >>> [learning_rate(Recipe(learning_rate=1.0), part) for part in (0.4, 0.6)]
    [1.0, 0.5]
    """
    return recipe.learning_rate * (0.5 if progress >= recipe.halve_at else 1.0)
