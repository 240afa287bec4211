"""Series that need no download."""

from stsr_core.datasets.analytic import tornado, tornado_value
from stsr_core.datasets.cells import CELLS, dividing_cell, roaming_ball, turning_ellipsoid
from stsr_core.datasets.lattice_boltzmann import half_cylinder
from stsr_core.datasets.traps import flicker, layers, waves
from stsr_core.datasets.turbulence import vortex

__all__ = [
    "CELLS",
    "dividing_cell",
    "flicker",
    "half_cylinder",
    "layers",
    "roaming_ball",
    "tornado",
    "tornado_value",
    "turning_ellipsoid",
    "vortex",
    "waves",
]
