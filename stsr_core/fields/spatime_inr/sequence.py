"""One variable of SpatimeINR: encoder, networks, and what is rendered at a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from stsr_core.coordinates import VariableDomain
from stsr_core.fields.spatime_inr import hypercube
from stsr_core.fields.spatime_inr.configuration import ENCODERS, SpatimeInrConfig
from stsr_core.fields.spatime_inr.encoder import Encoder
from stsr_core.fields.spatime_inr.latents import LatentMap, encoded_in_tiles, steps_of
from stsr_core.fields.spatime_inr.network import ColourNetwork
from stsr_core.fields.spatime_inr.rendering import weights

if TYPE_CHECKING:
    from stsr_core.fields.base import Sampler

#: Samples of a network that are evaluated at once on a CPU: two activations of so many stay in its caches.
CPU_SAMPLES = 4096


class RenderedSequence(torch.nn.Module):
    """Values of one variable, in [0, 1]: hypercubes about places, rendered from their centres.

    ::

        kept frames ─ encoder ─ latent map ──────────────┐ nearest node
        place ─ hypercube: n⁴ samples by distance ─ γ ─ network ─ colour, density ─ rendering ─ value

    A hypercube has the edge of a spacing: of the kept nodes and steps while learning, of the full grid when
    it is asked; whatever grid that is asked on, for a field knows places and no grids.

    Parameters
    ----------
    variable : VariableDomain
    config : SpatimeInrConfig
        With the network "relu".
    """

    frames: torch.Tensor

    def __init__(self, variable: VariableDomain, config: SpatimeInrConfig) -> None:
        super().__init__()
        self.config = config
        nodes = variable.normalized_axes(variable.grid, np.asarray(variable.times))
        self.nodes: list[np.ndarray] = list(nodes)
        full = (len(variable.full_times), *variable.full_grid.shape)
        self.kept_spacing = _spacing(nodes)
        self.full_spacing = [2.0 / (n - 1) if n > 1 else 0.0 for n in full]
        self.network = ColourNetwork(config)
        self.fine_network = ColourNetwork(config) if config.n_fine else None
        self.encoder = None
        if config.latent:
            self.encoder = Encoder(len(variable.times), config.latent_length, *ENCODERS[config.encoder])
            # One zero seen everywhere: it takes no memory until the frames take its place.
            self.register_buffer("frames", torch.zeros(()).expand(len(variable.times), *variable.grid.shape))
        self._pattern = hypercube.pattern(config.samples_per_axis)
        self._latents: LatentMap | None = None

    def take(self, frames: torch.Tensor) -> None:
        """Take the normalised kept samples (T, Z, Y, X), which the encoder reads whenever it is asked."""
        if self.encoder is not None:
            self.frames = frames
        self._latents = None

    def start_from(self, mean: float) -> None:
        """See :meth:`ColourNetwork.start_from`."""
        for network in (self.network, self.fine_network):
            if network is not None:
                network.start_from(mean)

    def forget(self) -> None:
        """Forget the latent map: the encoder has changed."""
        self._latents = None

    def latent_map(self) -> LatentMap | None:
        """Latent vectors of the kept frames as they are; None where there is no encoder."""
        if self.encoder is not None and self._latents is None:
            vectors = encoded_in_tiles(self.encoder, self.frames, self.config.latent_length)
            self._latents = self.mapped(
                vectors, [axis[0] for axis in self.nodes[1:]], steps_of(self.nodes[1:])
            )
        return self._latents

    def mapped(self, vectors: torch.Tensor, first: Sequence[float], step: Sequence[float]) -> LatentMap:
        """A latent map, looked up as the configuration says; see :class:`LatentMap`."""
        return LatentMap(vectors, first, step, self.config.lookup == "trilinear")

    def forward(
        self,
        places: torch.Tensor,
        spacing: Sequence[float],
        latents: LatentMap | None,
        draw: torch.Generator | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (N,) in about [0, 1] at normalised places (N, 4) in (t, z, y, x).

        Parameters
        ----------
        spacing : four floats
            Edges of a hypercube.
        latents : LatentMap or None
        draw : torch.Generator or None
            Of the samples while learning; None: the same pattern at every place.

        Returns
        -------
        Tensor, Tensor
            Those of the first stage and of the last, which are the same without a second.
        """
        c = self.config
        if c.rendering == "none":
            colour, _ = self.network(places, None if latents is None else latents.at(places[:, 1:]))
            return colour, colour
        if draw is None:
            offsets = self._pattern.to(places.device)[None].expand(len(places), -1, -1)
        else:
            offsets = hypercube.stratified(len(places), c.samples_per_axis, draw)
        edges = torch.tensor(tuple(spacing), device=places.device)
        coarse, weight = self._rendered(self.network, places, edges, offsets, latents)
        if self.fine_network is None:
            return coarse, coarse
        more = hypercube.towards_weight(hypercube.radii(offsets), weight.detach(), c.n_fine, draw)
        both = hypercube.by_radius(torch.cat([offsets, more], dim=1))
        fine, _ = self._rendered(self.fine_network, places, edges, both, latents)
        return coarse, fine

    def _rendered(
        self,
        network: ColourNetwork,
        places: torch.Tensor,
        edges: torch.Tensor,
        offsets: torch.Tensor,
        latents: LatentMap | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (N,) and the weights (N, M) of their samples."""
        samples = places[:, None] + offsets * edges
        colour, density = network(samples, None if latents is None else latents.at(samples[..., 1:]))
        weight = weights(hypercube.radii(offsets), density, self.config.rendering)
        return (weight * colour).sum(-1), weight

    @property
    def samples_per_place(self) -> int:
        """Network evaluations behind one value."""
        first = self.config.samples_per_axis**4
        if self.config.rendering == "none":
            return 1
        return first if self.fine_network is None else 2 * first + self.config.n_fine

    def sampler(self) -> Sampler:
        """Normalised axes (t, z, y, x) → values (T, Z, Y, X), normalised to [−1, 1]."""
        latents = self.latent_map()

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            places = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
            rows = places.view(-1, 4)
            chunk = max(1, CPU_SAMPLES // self.samples_per_place) if rows.is_cpu else max(1, len(rows))
            values = [self(part, self.full_spacing, latents)[1] for part in rows.split(chunk)]
            return 2 * torch.cat(values).view(places.shape[:-1]) - 1

        return sample


def _spacing(nodes: Sequence[np.ndarray]) -> list[float]:
    """Mean distance of neighbours along each axis; 0 where there is one node."""
    return [float(axis[-1] - axis[0]) / (len(axis) - 1) if len(axis) > 1 else 0.0 for axis in nodes]
