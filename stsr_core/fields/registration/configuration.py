"""What registration can be told: two profiles for each method, and every part as an entry of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from stsr_core.checks import choice, flag, is_whole, number, several, whole

PROFILES = ("fast", "paper")


@dataclass(frozen=True)
class VoxelMorphConfig:
    """Keyword arguments of :class:`~stsr_core.fields.registration.VoxelMorph`."""

    profile: str = "paper"  # what the other entries are by default, one of PROFILES
    encoder: tuple[int, ...] = (16, 32, 32, 32)  # channels, each layer on every second node of the one before
    decoder: tuple[int, ...] = (32, 32, 32, 32, 32, 16, 16)  # channels of the way back, then of what follows
    step: int = 1  # nodes from one vector of the flow, and value of a refinement, to the next: 1 or 2
    both_ends: bool = True  # warp both frames and blend them; False: the first alone, which jumps at the next
    correlation: float = 1.0  # weight of the local correlation of a warped frame with its target
    charbonnier: float = 0.0  # weight of their difference, about |difference|
    smoothness: float = 1.0  # weight of the squared gradient of the flow
    crop: int = 64  # most nodes per axis of what is registered in a step of training

    def __post_init__(self) -> None:
        choice(self, "profile", PROFILES)
        for name in ("encoder", "decoder"):
            several(self, name, "numbers >= 1, at least one", lambda n: is_whole(n, 1))
        whole(self, "step", "crop", least=1)
        if self.step > 2:
            raise ValueError(f"step must be 1 or 2, got {self.step}")
        least = len(self.encoder) + 1 - self.step
        if len(self.decoder) < least:
            raise ValueError(
                f"decoder must have at least {least} numbers to come back from {len(self.encoder)} layers of "
                f"the encoder, got {self.decoder!r}"
            )
        flag(self, "both_ends")
        number(self, "correlation", "charbonnier", "smoothness", least=0)


@dataclass(frozen=True)
class UviNetConfig(VoxelMorphConfig):
    """Keyword arguments of :class:`~stsr_core.fields.registration.UviNet`; defaults as published."""

    encoder: tuple[int, ...] = (8, 32, 32, 32)
    decoder: tuple[int, ...] = (32, 32, 32, 32, 32, 8, 8)
    charbonnier: float = 1.0
    cycle: float = 1.0  # weight of meeting the kept frames again from frames made of them
    correction: float = 1.0  # weight of the mean magnitude of what the refinement adds
    features: tuple[int, ...] = (4, 8, 16)  # channels of the features of a frame, from fine to coarse
    refinement: tuple[int, ...] = (8, 16, 32, 32, 32, 32, 8, 8, 3)  # channels of its U-Net, down and back
    fade: bool = False  # the refinement adds nothing at kept steps; as published, all of it up to them

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.both_ends:
            raise ValueError(f"both_ends must be true for uvi_net, got {self.both_ends}")
        number(self, "cycle", "correction", least=0)
        check_refinement(self)


def check_refinement(config: Any) -> None:
    """Refuse entries ``features``, ``refinement`` and ``fade`` of which no refining network can be made."""
    for name in ("features", "refinement"):
        several(config, name, "numbers >= 1, at least one", lambda n: is_whole(n, 1))
    least = 2 * len(config.features) + 1 - config.step
    if len(config.refinement) < least:
        raise ValueError(
            f"refinement must have at least {least} numbers for {len(config.features)} numbers of "
            f"features, got {config.refinement!r}"
        )
    flag(config, "fade")


#: Of the profile "fast" of both: less than a tenth of the published work, without the correlation, which
#: costs half as much again as the rest of a step.
_SMALL: dict[str, Any] = {
    "encoder": (8, 16, 32, 32),
    "decoder": (32, 32, 16, 8),
    "step": 2,
    "correlation": 0.0,
    "charbonnier": 1.0,
    "smoothness": 0.02,
}
#: What the profile "fast" of each has in place of the published entries.
_FAST: dict[type, dict[str, Any]] = {
    VoxelMorphConfig: _SMALL,
    UviNetConfig: {**_SMALL, "features": (8, 16), "refinement": (8, 16, 16, 8), "fade": True},
}

#: One of the two.
AnyConfig = TypeVar("AnyConfig", bound=VoxelMorphConfig)


def configured(of: type[AnyConfig], profile: str, **entries: Any) -> AnyConfig:
    """The entries of a profile, with others in their place where they are given.

    Raises
    ------
    ValueError
        An entry is of another type or out of range.
    TypeError
        An entry is not known.

    Examples
    --------
    >>> configured(VoxelMorphConfig, "fast").step, configured(UviNetConfig, "paper", cycle=2).cycle
    (2, 2)
    """
    return of(profile, **{**(_FAST[of] if profile == "fast" else {}), **entries})
