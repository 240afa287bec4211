"""VoxelMorph and UVI-Net: a U-Net gives flows between two kept frames, along which those are warped."""

from stsr_core.fields.registration.field import UviNet, VoxelMorph

__all__ = ["UviNet", "VoxelMorph"]
