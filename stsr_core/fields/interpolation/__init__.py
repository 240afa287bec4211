"""Interpolations as fields: nearest, tricubic + linear, and cubic splines on all four axes."""

from stsr_core.fields.interpolation.field import Cubic, InterpolatedSeries, Interpolation, TricubicLinear
from stsr_core.fields.interpolation.nearest import Nearest
from stsr_core.fields.interpolation.smoothing import BSpline

__all__ = ["BSpline", "Cubic", "InterpolatedSeries", "Interpolation", "Nearest", "TricubicLinear"]
