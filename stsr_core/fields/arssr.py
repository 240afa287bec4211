"""ArSSR as a continuous field: features of each kept frame, and what a network reads of them at any place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from stsr_core.checks import whole
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Axes, Sampler, place_of
from stsr_core.fields.frames import KeptFrames
from stsr_core.fields.spatime_inr.latents import LatentMap, encoded_in_tiles, steps_of
from stsr_core.residual_dense import ResidualDenseNetwork

#: Places that are evaluated at once on a CPU.
CPU_PLACES = 4096


@dataclass(frozen=True)
class ArssrConfig:
    """Keyword arguments of :class:`Arssr`; in brackets what was published."""

    channels: int = 16  # of the encoder (64)
    blocks: int = 3  # dense blocks of the encoder (8)
    layers: int = 3  # convolutions of each (3)
    features: int = 32  # channels that the encoder ends with (128)
    width: int = 64  # neurons per layer of the decoder (256)
    depth: int = 4  # layers of each of its two stages (4)
    crop: int = 10  # nodes per axis of the coarse boxes that are learned from (10)
    places: int = 4096  # fine nodes of such a box that are met in a step (8000)

    def __post_init__(self) -> None:
        whole(self, "channels", "blocks", "layers", "features", "width", "places", least=1)
        whole(self, "depth", "crop", least=2)


class Decoder(nn.Module):
    """Features and place (N, n_in) → value (N,) >= 0, by two stages that both see what comes in.

    ::

        [feature, place] ─┬─ first: n_in → width → … → n_in ─ + ─ second: n_in → width → … → 1
                          └───────────────────────────────────┘

    After every layer there is a ReLU. While learning the last one is left out: most of an image is dark, and
    where all values have fallen below 0 a ReLU has no gradient that would lift them again.
    """

    def __init__(self, n_in: int, width: int, depth: int) -> None:
        super().__init__()
        self.first = nn.Sequential(*_layers(n_in, width, depth, n_in))
        self.second = nn.Sequential(*_layers(n_in, width, depth, 1)[:-1])
        for layer in (*self.first, *self.second):
            if isinstance(layer, nn.Linear):  # torch's own weights hand on a third of the variance
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """(N, n_in) → (N,)."""
        value = self.second(given + self.first(given)).squeeze(-1)
        return value if self.training else value.relu()


def _layers(n_in: int, width: int, depth: int, n_out: int) -> list[nn.Module]:
    widths = [n_in] + [width] * (depth - 1) + [n_out]
    return [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]


class Arssr(torch.nn.Module):
    """Finer in space at any scale; in time linear between the kept frames, each of which is seen by itself.

    ::

        kept frame ─ encoder (residual dense network in 3D) ─ features on its nodes ─ trilinear ─┐
        place in the box (z, y, x) ───────────────────────────────────────────────────── decoder ┴─ value

    One network for all frames and variables, which is not told which one it is. It learns from the kept
    frames alone (:mod:`stsr_core.training.arssr`): made coarser by 2, 3 or 4 they are what it is given, and
    themselves what it has to find. The latent vector of a variable picks its frames; that of a blend is the
    weighted sum of values. Kept samples are approximated, not reproduced.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`ArssrConfig`; unknown names are a TypeError.

    Notes
    -----
    Wu et al., "An arbitrary scale super-resolution approach for 3D MR images via implicit neural
    representation", JBHI 2022. Smaller than published, so that it learns in a minute without a GPU; with the
    published sizes the decoder has 364,676 parameters. Published features lie in the middle of cells; nodes
    here are samples, and a feature lies on its node.
    """

    kind: ClassVar[str] = "arssr"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = c = ArssrConfig(**configuration)
        self.encoder = nn.Sequential(
            ResidualDenseNetwork(1, c.channels, c.blocks, c.layers, c.channels, nn.Conv3d, "replicate"),
            nn.Conv3d(c.channels, c.features, 3, padding=1, padding_mode="replicate"),
        )
        self.decoder = Decoder(c.features + 3, c.width, c.depth)
        self.frames: KeptFrames[LatentMap] = KeptFrames(domain)
        self._nodes = [v.normalized_axes(v.grid, np.asarray(v.times))[1:] for v in domain]

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def train(self, mode: bool = True) -> Arssr:
        """As of every module; features of the weights before are forgotten."""
        self.frames.forget()
        return super().train(mode)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, next(self.parameters()).device)

    def forward(self, features: LatentMap, places: torch.Tensor) -> torch.Tensor:
        """Values (N,) in about [0, 1] at places (N, 3), z, y, x in [−1, 1] of the box of the features."""
        return self.decoder(torch.cat([features.at(places), places], dim=-1))

    def encoded(self, frame: torch.Tensor, axes: Sequence[np.ndarray]) -> LatentMap:
        """Features of a normalised frame (Z, Y, X), whose nodes lie at ``axes``; tile by tile."""
        c = self.config
        halo = 4 + c.blocks * c.layers  # nodes around that a feature depends on
        vectors = encoded_in_tiles(self.encoder, 0.5 * (frame[None] + 1), c.features, halo)
        return LatentMap(vectors, [axis[0] for axis in axes], steps_of(axes), trilinear=True)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing."""
        return self.frames.sampler(latent, lambda i, frame: self.encoded(frame, self._nodes[i]), self._read)

    def _read(self, index: int, features: LatentMap, axes: Axes) -> torch.Tensor:
        places = torch.stack(torch.meshgrid(*axes[1:], indexing="ij"), dim=-1)
        rows = places.view(-1, 3)
        parts = rows.split(CPU_PLACES if rows.is_cpu else max(1, len(rows)))
        return 2 * torch.cat([self(features, part) for part in parts]).view(places.shape[:-1]) - 1

    def bytes_per_sample(self) -> int:
        """Two activations of one layer and what enters it, float32."""
        c = self.config
        return 8 * (c.width + c.features + 3)
