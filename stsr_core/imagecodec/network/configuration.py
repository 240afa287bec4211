"""What a stereo codec is built of: one configuration for FCNR, its parent and their ablations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from stsr_core.checks import choice, number, whole

#: Pixels along an axis that one symbol of the hyper latents stands for; images are multiples of it.
STRIDE = 32
#: Heads of the two cross modules.
JOINT_HEADS, ATTENTION_HEADS = 2, 4


@dataclass(frozen=True)
class Method:
    """What tells the five models apart.

    Parameters
    ----------
    cross : str
        What passes between the two streams: "joint" (JCTM), "attention" (SCAM) or "".
    positions : bool
        Whether time and view give the prior of the hyper latents; trained constants otherwise.
    context : bool
        Whether the right latents are predicted from the left ones, and the encoder's first layers shared.
    """

    cross: str
    positions: bool
    context: bool


#: Name → what it is (FCNR, section 8 of its specification).
METHODS = {
    "fcnr": Method("joint", positions=True, context=True),
    "ecsic": Method("attention", positions=False, context=True),
    "jct_only": Method("joint", positions=False, context=True),
    "pe_only": Method("attention", positions=True, context=True),
    "stereo": Method("", positions=False, context=False),
}


@dataclass(frozen=True)
class CodecConfig:
    """Architecture of a stereo codec; it travels in the model.

    Raises
    ------
    ValueError
        If an entry is of another type or out of range; names entry, rule and value.

    Examples
    --------
    >>> CodecConfig("fcnr", channels=32)
    Traceback (most recent call last):
    ValueError: channels must be a multiple of 12 or leave at least 4 and an even sixth, got 32
    """

    method: str = "fcnr"  # a key of METHODS
    channels: int = 192  # N: of every hidden layer
    latents: int = 48  # M: channels of both latents
    frequencies: int = 8  # of the positional encoding, per parameter
    frequency_base: float = 1.25  # the i-th frequency is π · base^i
    least_scale: float = 0.1  # smallest scale of a Laplace distribution; bounds what a sure symbol costs

    def __post_init__(self) -> None:
        choice(self, "method", list(METHODS))
        whole(self, "channels", "latents", "frequencies", least=1)
        number(self, "frequency_base", above=0)
        number(self, "least_scale", least=1e-3, most=1.0)
        if self.channels % ATTENTION_HEADS or self.channels < 12 or (self.channels // 6) % JOINT_HEADS:
            raise ValueError(
                "channels must be a multiple of 12 or leave at least 4 and an even sixth, got "
                f"{self.channels}"
            )

    @property
    def kind(self) -> Method:
        """What its method is made of."""
        return METHODS[self.method]


def config_of(entries: Mapping[str, Any]) -> CodecConfig:
    """The configuration of some entries, from a file or a user; those that are not given have their defaults.

    Raises
    ------
    ValueError
        If one is unknown or wrong.

    Examples
    --------
    >>> config_of({"channels": 24, "latents": 6}).method
    'fcnr'
    """
    known = [entry.name for entry in fields(CodecConfig)]
    if unknown := [name for name in entries if name not in known]:
        raise ValueError(f"a codec has no entry {unknown[0]!r}; it has {', '.join(known)}")
    return CodecConfig(**entries)


#: Sizes by name: the published one, and one that learns in minutes on a CPU.
SIZES = {
    "paper": {"channels": 192, "latents": 48, "least_scale": 0.1},
    "small": {"channels": 24, "latents": 8, "least_scale": 0.02},
}
