"""What a network of homogenization is: its method, sizes and ablations; it travels in the model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, NamedTuple

from stsr_core.checks import choice, flag, number, whole

#: Method → what it is, in words.
METHODS = {
    "nh_csr": "two implicit branches with Gabor-coded local attention",
    "metasr": "weights of the features by the place within a cell (MetaSR)",
    "liif": "an implicit function of the features around, four corners averaged (LIIF)",
    "lte": "learnt amplitudes and frequencies, four corners averaged (LTE)",
    "lit": "local attention with sinusoid codes, all values given on (LIT)",
    "bicubic": "cubic convolution of the coarse solution; nothing is learned",
    "bilinear": "bilinear interpolation of the coarse solution; nothing is learned",
}
#: Those that learn nothing, and those that do.
INTERPOLATIONS = ("bicubic", "bilinear")
TRAINED = tuple(method for method in METHODS if method not in INTERPOLATIONS)
#: Codes of offsets, see :mod:`stsr_core.homogenization.encodings`.
ENCODINGS = ("gabor", "plain", "sinusoid", "ipe", "lte")
#: How values are normalised: each image by its own range, or all by one constant of the training set.
SCALES = ("image", "physical")


class Size(NamedTuple):
    """How large an encoder is."""

    blocks: int  # D
    layers: int  # C, of each block
    growth: int  # G, channels that a layer adds


#: Name → encoder; with two input channels they have 167,008, 2,657,536, 5,466,496 and 21,973,376 parameters.
PRESETS = {"tiny": Size(2, 3, 16), "S": Size(6, 8, 32), "A": Size(20, 6, 32), "B": Size(16, 8, 64)}
#: Channels of the features that every encoder gives.
FEATURES = 64


@dataclass(frozen=True)
class Configuration:
    """Entries of a network.

    Raises
    ------
    ValueError
        If an entry is of another type or out of range; names entry, rule and value.
    """

    method: str = "nh_csr"
    preset: str = "S"  # size of the encoder: B, A, S, tiny
    cells: int = 128  # E, of the coefficient along an axis
    coarse: int = 32  # N, intervals of the coarse solution
    scale: str = "image"  # "image" predicts the shape alone, "physical" the amplitude, too
    unit: float = 1.0  # what physical values are divided by: largest fine value of the training set per load
    coefficient: bool = True  # whether the network sees A
    branches: str = "both"  # of nh_csr: "both", or "coarse" alone
    width: int = 64  # D of nh_csr's attention and codes
    heads: int = 8  # of nh_csr's attention
    radius: int = 3  # r of the window of (2r+1)² cells of nh_csr and lit
    shuffle: int = 2  # k of nh_csr's fine map: k² fewer channels, k times finer
    encoding: str = "gabor"  # of offsets in nh_csr: gabor, plain, sinusoid, ipe, lte
    omega: float = 10.0  # ω0 of the Gabor wavelet
    sigma: float = 10.0  # s0 of the Gabor wavelet
    trainable: bool = False  # whether ω0 and s0 are learned
    aggregate: str = "sum"  # of nh_csr's attention: "sum", or "flatten" as in LIT

    def __post_init__(self) -> None:
        choice(self, "method", tuple(METHODS))
        choice(self, "preset", tuple(PRESETS))
        choice(self, "scale", SCALES)
        choice(self, "branches", ("both", "coarse"))
        choice(self, "encoding", ENCODINGS)
        choice(self, "aggregate", ("sum", "flatten"))
        whole(self, "cells", "coarse", least=2)
        whole(self, "width", "heads", "shuffle", least=1)
        whole(self, "radius", least=0)
        number(self, "unit", "omega", above=0)
        number(self, "sigma", least=0)
        flag(self, "coefficient", "trainable")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads ({self.heads}), got {self.width}")
        if FEATURES % self.shuffle**2:
            raise ValueError(f"shuffle must be 1, 2, 4 or 8, got {self.shuffle}")


def configured(entries: Mapping[str, Any]) -> Configuration:
    """The configuration of entries by name.

    Raises
    ------
    ValueError
        If a name is none of its own, or a value is out of range.

    Examples
    --------
    >>> configured({"wdth": 3})
    Traceback (most recent call last):
    ValueError: a network has no entry 'wdth'; did you mean 'width'?
    """
    known = [entry.name for entry in fields(Configuration)]
    for name in entries:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise ValueError(f"a network has no entry {name!r}; {meant}")
    return Configuration(**entries)
