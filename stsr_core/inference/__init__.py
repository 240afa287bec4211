"""Values of a field on a grid at times, tile by tile, as arrays or files, and what lies between variables."""

from stsr_core.inference.device import resolve_device
from stsr_core.inference.evaluate import blended, evaluate
from stsr_core.inference.tiles import CPU_TILE, default_tile, tiles
from stsr_core.interrupts import Stopped

__all__ = ["CPU_TILE", "Stopped", "blended", "default_tile", "evaluate", "resolve_device", "tiles"]
