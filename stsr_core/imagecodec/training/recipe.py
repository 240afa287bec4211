"""How a codec is learned: loss, rate, pairs and length of a run."""

from __future__ import annotations

from dataclasses import dataclass

from stsr_core.checks import choice, is_number, number, whole
from stsr_core.imagecodec.network.configuration import STRIDE
from stsr_core.imagecodec.pairs import PAIRINGS, SUBSETS

SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class CodecRecipe:
    """Settings of one training run; they travel in the model's history.

    Raises
    ------
    ValueError
        If an entry is of another type or out of range; names entry, rule and value.
    """

    trade_off: float = 0.01  # λ: weight of the squared error (0 to 255) beside the bits per pixel
    learning_rate: float = 1e-4  # peak rate of Adam
    schedule: str = "constant"  # "constant", or "cosine" to zero after the warm-up
    warm_up: float = 0.0  # fraction of the run with a linearly rising rate
    largest_gradient: float = 2.5  # norm of all gradients together, beyond which they are scaled down
    batch_pairs: int = 1  # pairs per step
    crop: int = 0  # pixels of a square cut out of each pair, the same of both, at most; 0 for whole images
    pairing: str = "paper"  # which two images are a pair, of PAIRINGS
    subset: str = "paper"  # which pairs are learned from, of SUBSETS
    epochs: int | None = None  # length of a run in passes over all pairs
    minutes: float | None = None  # length of a run in wall-clock minutes

    def __post_init__(self) -> None:
        number(self, "trade_off", "learning_rate", "largest_gradient", above=0)
        number(self, "warm_up", least=0, most=0.99)
        choice(self, "schedule", SCHEDULES)
        choice(self, "pairing", PAIRINGS)
        choice(self, "subset", SUBSETS)
        whole(self, "batch_pairs", least=1)
        whole(self, "crop", least=0)
        if self.crop % STRIDE:
            raise ValueError(f"crop must be a multiple of {STRIDE}, got {self.crop}")
        if self.epochs is not None:
            whole(self, "epochs", least=1)
        if self.minutes is not None and not (is_number(self.minutes) and self.minutes > 0):
            raise ValueError(f"minutes must be a finite number > 0, got {self.minutes!r}")


#: By the names of :data:`.configuration.SIZES`: FCNR's own, and one for ten minutes on a CPU.
RECIPES = {
    "paper": CodecRecipe(epochs=3),
    "small": CodecRecipe(
        learning_rate=2e-3, schedule="cosine", warm_up=0.02, crop=128, subset="all", minutes=10.0
    ),
}
