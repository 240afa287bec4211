"""SVIN as a continuous field: registration, and a network that learns from frames what lies between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from stsr_core.checks import choice, number
from stsr_core.coordinates import Domain
from stsr_core.fields.registration.configuration import VoxelMorphConfig, check_refinement
from stsr_core.fields.registration.field import Registration
from stsr_core.fields.registration.refinement import Refinement


@dataclass(frozen=True)
class SvinConfig(VoxelMorphConfig):
    """Keyword arguments of :class:`Svin`; small by default."""

    profile: str = "fast"  # the only one
    encoder: tuple[int, ...] = (8, 16, 32, 32)
    decoder: tuple[int, ...] = (32, 32, 16, 8)
    step: int = 2
    correlation: float = 0.0
    charbonnier: float = 1.0
    smoothness: float = 0.02
    interpolation: float = 1.0  # weight of meeting a kept frame between two others
    features: tuple[int, ...] = (8, 16)  # channels of the features of a frame, from fine to coarse
    refinement: tuple[int, ...] = (
        8,
        16,
        16,
        8,
    )  # channels of its network, down and back
    fade: bool = True  # it adds nothing at kept steps

    def __post_init__(self) -> None:
        super().__post_init__()
        choice(self, "profile", ("fast",))
        number(self, "interpolation", least=0)
        check_refinement(self)


class Svin(Registration):
    """A motion network that registers kept frames, and an interpolation network that mends what it blends.

    In the small form. Both learn from the kept frames alone (:mod:`stsr_core.training.svin`): neighbouring
    frames are registered, and of three neighbours the middle one has to be found between the others. Where
    two frames are kept only the first is possible. Kept samples are reproduced.

    Parameters
    ----------
    domain : Domain
    **configuration
        Entries of :class:`SvinConfig`; unknown names are a TypeError.

    Notes
    -----
    Guo, Bi, Ahn, Feng, Wang and Kim, "A spatiotemporal volumetric interpolation network for 4D dynamic
    medical image", CVPR 2020. What is smaller here: the networks, which learn together; flows are scaled by
    the part of an interval that has passed, and the module that predicts the phase of a periodic motion is
    left out: cells have none.
    """

    kind: ClassVar[str] = "svin"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        c = SvinConfig(**configuration)
        super().__init__(domain, c, Refinement(c.features, c.refinement, c.step, c.fade))
