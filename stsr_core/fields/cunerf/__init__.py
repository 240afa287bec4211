"""CuNeRF: each frame by networks of its own, rendered from cubes about places."""

from stsr_core.fields.cunerf.field import CuNerf

__all__ = ["CuNerf"]
