"""Training of VoxelMorph and UVI-Net on one sequence alone."""

from stsr_core.training.registration.iterations import train

__all__ = ["train"]
