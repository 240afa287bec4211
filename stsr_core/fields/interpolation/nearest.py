"""Nearest kept voxel of the nearest kept step: what any other method must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from stsr_core.fields.interpolation.field import Interpolation


@dataclass(frozen=True)
class NearestConfig:
    """:class:`Nearest` has no keyword arguments."""

    kernel: ClassVar[str] = "nearest"
    edge: ClassVar[str] = "replicate"


class Nearest(Interpolation):
    """The value of the nearest kept voxel at the nearest kept step; in the middle, the lower and earlier one.

    Nearness is of physical positions and times, axis by axis. Kept samples are reproduced, and no value
    occurs that was not kept. It takes no configuration; any keyword is a TypeError.

    Examples
    --------
    Steps kept at the times 0 and 4: up to time 2 the first holds, from 2.1 on the second.
    """

    kind: ClassVar[str] = "nearest"
    config_class = NearestConfig
    time_kernel = "nearest"
