"""Training of the mixture: motion at once, a rehearsal, and a network where it is worth its minutes."""

from stsr_core.training.mixture.stages import train

__all__ = ["train"]
