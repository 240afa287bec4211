"""Interpolations as fields: nearest, tricubic + linear, and cubic splines on all four axes."""

from stsr_core.fields.interpolation.field import Cubic, InterpolatedSeries, Interpolation, TricubicLinear
from stsr_core.fields.interpolation.nearest import Nearest

__all__ = ["Cubic", "InterpolatedSeries", "Interpolation", "Nearest", "TricubicLinear"]
