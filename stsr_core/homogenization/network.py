"""The network of every method: coarse solution and coefficient → corrections at any targets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from stsr_core.homogenization.attention import Branch
from stsr_core.homogenization.axes import bicubic_matrix, bilinear_matrix, cell_centres
from stsr_core.homogenization.configuration import FEATURES, INTERPOLATIONS, PRESETS, Configuration
from stsr_core.homogenization.nh_csr import TwoBranches
from stsr_core.homogenization.rivals import LIIF, LIT, LTE, MetaSR
from stsr_core.homogenization.targets import Targets
from stsr_core.precision import products
from stsr_core.residual_dense import ResidualDenseNetwork

#: Targets of one call: 64² have what they gather in a processor's cache, which takes half the time that 256²
#: do for each; what LIT gathers is larger. The sides are powers of two, so that parts end where cells do.
USUAL_TARGETS, FEWER_TARGETS = 64**2, 32**2


class Prepared(NamedTuple):
    """What is computed once for each map, whatever the targets."""

    coarse: torch.Tensor  # normalised solutions (B, N+1, N+1)
    maps: Any  # of the head; None of an interpolation


class Network(nn.Module):
    """Normalised solutions at any targets.

    ::

        coarse X ─┬─ bicubic at the cells ─┬─ encoder ── head ── + ── prediction
                  │  coefficient log10(A)−1┘                     │
                  └────────── bilinear at the targets ───────────┘

    With the encoders S, A, B and tiny the method nh_csr has 3,398,545, 6,207,505, 22,714,385 and 908,017
    parameters; liif and lte with B 22,319,745 and 22,466,689, lit 27,301,513. The interpolations have none.

    Parameters
    ----------
    configuration : Configuration
    """

    _to_cells: torch.Tensor

    def __init__(self, configuration: Configuration) -> None:
        super().__init__()
        self.configuration = c = configuration
        self.encoder: nn.Module | None = None
        self.head: Any = None  # has ``maps`` of features, and values of those at targets
        if c.method not in INTERPOLATIONS:
            self.encoder = ResidualDenseNetwork(2 if c.coefficient else 1, FEATURES, *PRESETS[c.preset])
            self.head = _head(c)
        #: Mean squared error on the maps of its validation, normalised values; 0 where none is known.
        self.known_error = 0.0
        self._rounds: bool | None = None
        to_cells = bicubic_matrix(cell_centres(c.cells), c.coarse + 1)
        self.register_buffer("_to_cells", torch.from_numpy(to_cells).float(), persistent=False)

    @property
    def rounds(self) -> bool | None:
        """Whether the encoder and NH-CSR's hidden layers multiply in bfloat16; None until that is decided.

        What depends on a position, and the last layer, stay in float32: neighbouring nodes would get the same
        value otherwise, and steps between them.
        """
        return self._rounds

    @rounds.setter
    def rounds(self, wanted: bool | None) -> None:
        self._rounds = wanted
        for module in self.modules():
            if isinstance(module, Branch):
                module.rounds = bool(wanted)

    @property
    def most_targets(self) -> int:
        """Targets that one call should have, about."""
        return FEWER_TARGETS if self.configuration.method == "lit" else USUAL_TARGETS

    def entries(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        return asdict(self.configuration)

    def prepare(self, coefficient: torch.Tensor, coarse: torch.Tensor) -> Prepared:
        """Encode maps.

        Parameters
        ----------
        coefficient : Tensor
            A (B, E, E), > 0.
        coarse : Tensor
            Normalised solutions (B, N+1, N+1).
        """
        if self.encoder is None or self.head is None:
            return Prepared(coarse, None)
        channels = [2 * (self._to_cells @ coarse @ self._to_cells.T) - 1]
        if self.configuration.coefficient:
            channels.append(coefficient.log10() - 1)
        with products(coarse.device, bool(self.rounds)):
            features = self.encoder(torch.stack(channels, dim=1))
        return Prepared(coarse, self.head.maps(features.float()))

    def forward(self, prepared: Prepared, targets: Targets) -> torch.Tensor:
        """Normalised solutions (B, P) at the targets."""
        cubic = self.configuration.method == "bicubic"
        found = interpolated(prepared.coarse, targets, bicubic_matrix if cubic else bilinear_matrix)
        return found if self.head is None else found + self.head(prepared.maps, targets)


def interpolated(coarse: torch.Tensor, targets: Targets, matrix: Any) -> torch.Tensor:
    """Coarse solutions (B, N+1, N+1) at the targets, (B, P), by a matrix of :mod:`.axes` for each axis."""
    along = (matrix(coordinates, coarse.shape[-1]) for coordinates in (targets.y, targets.x))
    return targets.interpolate(coarse, *along)


def parameter_count(network: nn.Module) -> int:
    """Numbers that a network learns.

    Examples
    --------
    >>> parameter_count(Network(Configuration(preset="tiny")))
    908017
    """
    return int(np.sum([p.numel() for p in network.parameters()], dtype=np.int64))


def _head(c: Configuration) -> nn.Module:
    if c.method == "nh_csr":
        return TwoBranches(c)
    if c.method == "lit":
        return LIT(c.radius)
    return {"metasr": MetaSR, "liif": LIIF, "lte": LTE}[c.method]()
