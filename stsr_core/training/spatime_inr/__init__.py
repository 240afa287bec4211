"""Training of SpatimeINR on one sequence alone."""

from stsr_core.training.spatime_inr.iterations import train

__all__ = ["train"]
