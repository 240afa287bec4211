"""How a field kind is trained: optimizer, rate, batch, schedule and length of a run."""

from __future__ import annotations

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
