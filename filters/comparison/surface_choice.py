"""Which isosurface a comparison measures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from stsr_core.measuring.isovalue import separating_value
from stsr_core.measuring.survey import Survey


class Surface(IntEnum):
    """The values of the property Isosurface."""

    NONE = 0
    AUTOMATIC = 1
    VALUE = 2


@dataclass(frozen=True)
class SurfaceChoice:
    """Which isosurface the chamfer distance compares; ``value`` counts in mode VALUE, in physical units."""

    mode: int = Surface.AUTOMATIC
    value: float = 0.0

    def check(self) -> None:
        """ValueError unless the mode is known and the value finite."""
        if self.mode not in tuple(Surface):
            raise ValueError(f"Isosurface must be 0 (none), 1 (automatic) or 2 (value), got {self.mode}")
        if self.mode == Surface.VALUE and not math.isfinite(self.value):
            raise ValueError(f"Isovalue must be finite, got {self.value}")

    def isovalue(self, survey: Survey) -> float:
        """The isovalue for a variable; NaN where there is none, as in mode NONE or for a constant."""
        if self.mode == Surface.VALUE:
            return self.value
        found = separating_value(survey.sample()) if self.mode == Surface.AUTOMATIC else None
        return math.nan if found is None else found
