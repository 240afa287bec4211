"""What SpatimeINR can be told: three profiles, and every part of the method as a switch of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stsr_core.checks import choice, flag, number, whole

#: How the samples of a hypercube become one value (:mod:`.rendering`), or "none".
RENDERINGS = ("none", "eq8", "eq8_inclusive", "eq34", "quadrature")
#: preset → (channels C, residual groups G, blocks per group B, reduction r of the channel attention).
ENCODERS = {"tiny": (16, 2, 2, 4), "default": (32, 2, 2, 8), "rcan3d": (32, 5, 3, 8)}

#: profile → its entries.
PROFILES: dict[str, dict[str, Any]] = {
    # One place, one value: what earned its time when a minute is all there is.
    "fast": {
        "network": "sine",
        "rendering": "none",
        "cycle": False,
        "latent": False,
        "width": 192,
        "depth": 6,
    },
    # The published parts, with what keeps them from collapsing to black.
    "stable": {"coordinate_scale": 0.5, "density": "softplus", "calm_start": True},
    # As published.
    "paper": {},
}


@dataclass(frozen=True)
class SpatimeInrConfig:
    """Keyword arguments of :class:`~stsr_core.fields.spatime_inr.SpatimeInr`; the defaults are the paper's.

    The sine network gives one value for one place: it has neither density nor latent vectors, so rendering,
    cycle and latent are for the network of the paper, "relu".
    """

    profile: str = "paper"  # what the other entries are by default, a key of PROFILES
    network: str = "relu"  # "relu" over sines and cosines of the coordinates (the paper), or "sine"
    width: int = 256  # neurons per hidden layer
    depth: int = 8  # hidden layers
    first_omega: float = 5.0  # of the sine network: ω of its first layer, radians per normalised unit
    rehearsal_steps: int = 0  # per variable, of what says how much of the sine network is shown; 0: all of it
    frequencies: int = 10  # L: sines and cosines of 2^k·π·coordinate, k < L
    coordinate_scale: float = 1.0  # factor on coordinates in that; with 1 opposite ends have one code
    rendering: str = "eq8"  # one of RENDERINGS
    samples_per_axis: int = 2  # n: n⁴ samples in a hypercube
    n_fine: int = 0  # samples of a second stage, drawn where the first has its weight
    density: str = "relu"  # of the density: "relu" or "softplus"
    calm_start: bool = False  # He's weights, the mean colour, small output weights
    cycle: bool = True  # what is rendered about a kept voxel, averaged, must be that voxel
    n_cycle: int = 128  # kept voxels of that per step
    latent: bool = True  # latent vectors of an encoder of the kept frames
    encoder: str = "default"  # a key of ENCODERS
    latent_length: int = 128  # d, entries of a latent vector
    lookup: str = "nearest"  # latent vector of a place: of the "nearest" node, or "trilinear"
    temporal_pairs: bool = True  # whether the encoder's input is degraded in time too, while learning
    crop: int = 24  # nodes per axis of what the encoder is given in a step

    def __post_init__(self) -> None:
        choice(self, "profile", tuple(PROFILES))
        choice(self, "network", ("relu", "sine"))
        whole(self, "width", "depth", "frequencies", "n_cycle", "latent_length", "crop", least=1)
        whole(self, "samples_per_axis", least=2)
        whole(self, "n_fine", "rehearsal_steps", least=0)
        number(self, "first_omega", "coordinate_scale", above=0)
        choice(self, "rendering", RENDERINGS)
        choice(self, "density", ("relu", "softplus"))
        flag(self, "calm_start", "cycle", "latent", "temporal_pairs")
        choice(self, "encoder", tuple(ENCODERS))
        choice(self, "lookup", ("nearest", "trilinear"))
        if self.network == "sine":
            for name, off in (("rendering", "none"), ("cycle", False), ("latent", False)):
                if getattr(self, name) != off:
                    raise ValueError(
                        f"{name} must be {off} with the sine network, got {getattr(self, name)!r}; "
                        "network=relu has it"
                    )
        elif self.rehearsal_steps:
            raise ValueError(
                f"rehearsal_steps must be 0 with the network relu, got {self.rehearsal_steps}; "
                "network=sine has them"
            )
        if self.rendering == "none" and self.n_fine:
            raise ValueError(f"n_fine must be 0 without rendering, got {self.n_fine}")


def configured(profile: str = "fast", **entries: Any) -> SpatimeInrConfig:
    """The entries of a profile, with others in their place where they are given.

    Raises
    ------
    ValueError
        An entry is of another type or out of range.
    TypeError
        An entry is not known.

    Examples
    --------
    >>> configured().network, configured("paper", latent=False).latent
    ('sine', False)
    """
    if not isinstance(profile, str) or profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
    return SpatimeInrConfig(profile, **{**PROFILES[profile], **entries})
