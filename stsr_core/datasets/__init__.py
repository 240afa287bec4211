"""Series that need no download."""

from stsr_core.datasets.analytic import tornado, tornado_value
from stsr_core.datasets.turbulence import vortex

__all__ = ["tornado", "tornado_value", "vortex"]
