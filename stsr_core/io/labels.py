"""What a file says about a series in words: the units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Labels:
    """Units per variable (or array), of time and of length; "" where none is known."""

    units: Mapping[str, str] = field(default_factory=dict)
    time_unit: str = ""
    length_unit: str = ""
