"""Training of STNet: three stages on windows of consecutive steps."""

from stsr_core.training.stnet.stages import train

__all__ = ["train"]
