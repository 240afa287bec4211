"""Series that need no download."""

from stsr_core.datasets.analytic import tornado, tornado_value
from stsr_core.datasets.lattice_boltzmann import half_cylinder
from stsr_core.datasets.traps import flicker, layers, waves
from stsr_core.datasets.turbulence import vortex

__all__ = ["flicker", "half_cylinder", "layers", "tornado", "tornado_value", "vortex", "waves"]
