"""CuNeRF as a continuous field: two networks for each kept frame."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, cast

import numpy as np
import torch

from stsr_core.checks import flag, number, whole
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.base import Sampler, as_arrays, place_of
from stsr_core.fields.cunerf import cube
from stsr_core.fields.cunerf.network import CubeNetwork
from stsr_core.fields.interpolation.axis_basis import AxisBasis

#: Samples of a network that are evaluated at once on a CPU.
CPU_SAMPLES = 4096


@dataclass(frozen=True)
class CuNerfConfig:
    """Keyword arguments of :class:`CuNerf`."""

    width: int = 256  # neurons per layer
    frequencies: int = 11  # sines and cosines of 2^k·coordinate, k < frequencies
    samples_per_axis: int = 4  # of the first stage, cubed
    n_fine: int = 64  # samples of the second stage
    radius: float = 1.0  # half edge of a cube, in distances of kept nodes
    calm: bool = True  # softplus density and a small start; False: as published, which mostly turns black

    def __post_init__(self) -> None:
        whole(self, "width", "frequencies", "n_fine", least=1)
        whole(self, "samples_per_axis", least=2)
        number(self, "radius", above=0)
        flag(self, "calm")


class CubeFrame(torch.nn.Module):
    """One frame: the networks of the two stages, and the cubes about its places.

    Parameters
    ----------
    variable : VariableDomain
    config : CuNerfConfig
    """

    def __init__(self, variable: VariableDomain, config: CuNerfConfig) -> None:
        super().__init__()
        self.config = config
        self.coarse = CubeNetwork(config.width, config.frequencies, config.calm)
        self.fine = CubeNetwork(config.width, config.frequencies, config.calm)
        full, kept = variable.full_grid, variable.grid
        pads = [config.radius * k / f for k, f in zip(kept.spacing, full.spacing, strict=True)]  # full nodes
        # Coordinates are −π to π on the full grid with the pad on both sides.
        self._scale = [math.pi * (n - 1) / (n - 1 + 2 * p) for n, p in zip(full.shape, pads, strict=True)]
        self.half_edges = [2 * math.pi * p / (n - 1 + 2 * p) for n, p in zip(full.shape, pads, strict=True)]

    def forward(
        self, places: torch.Tensor, draw: torch.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (N,) in about [0, 1] of the two stages at normalised places (N, 3) along z, y, x.

        ``draw`` is the source of the samples while learning; without it they are always the same.
        """
        c = self.config
        centres = places * torch.tensor(self._scale, device=places.device)
        edges = torch.tensor(self.half_edges, device=places.device)
        offsets = edges * cube.lattice(len(places), c.samples_per_axis, draw, places.device)
        radius, offsets = _sorted(offsets)
        coarse, weight = self._rendered(self.coarse, centres, radius, offsets)
        more = cube.towards_weight(radius, weight.detach(), c.n_fine, draw)
        fine, _ = self._rendered(self.fine, centres, *_sorted(torch.cat([offsets, more], dim=1)))
        return coarse, fine

    def _rendered(
        self, network: CubeNetwork, centres: torch.Tensor, radius: torch.Tensor, offsets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        colour, density = network(centres[:, None] + offsets)
        weight = cube.weights(radius, density, math.hypot(*self.half_edges))
        return (weight * colour).sum(-1), weight


def _sorted(offsets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Radii (N, M) and offsets (N, M, 3), the nearest first."""
    radius, order = offsets.norm(dim=-1).sort(dim=-1)
    return radius, offsets.gather(1, order[..., None].expand_as(offsets))


class CuNerf(torch.nn.Module):
    """Two networks for each kept frame, for comparison: finer in space; in time linear between frames.

    The latent vector of a variable picks its networks; that of a blend is the weighted sum of what they give.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`CuNerfConfig`; unknown names are a TypeError.

    Examples
    --------
    Parameters for one frame: 993,284.

    Notes
    -----
    Chen et al., "CuNeRF: Cube-based neural radiance field for zero-shot medical image arbitrary-scale
    super-resolution", ICCV 2023, with the quirks of its program: the unused layer, the lattice off the
    centre, the directions that crowd at the poles. A run there has 200,000 steps for one volume.
    """

    kind: ClassVar[str] = "cunerf"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = c = CuNerfConfig(**configuration)
        self.frames = torch.nn.ModuleList(
            torch.nn.ModuleList(CubeFrame(variable, c) for _ in variable.times) for variable in domain
        )
        self._times = [AxisBasis(v.normalized_axes(v.grid, np.asarray(v.times))[0], "linear") for v in domain]

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def frame(self, index: int, k: int) -> CubeFrame:
        """Kept frame ``k`` of a variable."""
        return cast("CubeFrame", cast("torch.nn.ModuleList", self.frames[index])[k])

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, next(self.parameters()).device)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing."""
        weighted = [(weight, i) for i, weight in enumerate(latent.tolist()) if weight != 0]
        c = self.config
        chunk = max(1, CPU_SAMPLES // (c.samples_per_axis**3 + c.n_fine))

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            places = torch.stack(torch.meshgrid(*axes[1:], indexing="ij"), dim=-1)
            rows = places.view(-1, 3)
            parts = rows.split(chunk if rows.is_cpu else max(1, len(rows)))
            for weight, i in weighted:
                first, shares = self._times[i].weights(as_arrays(axes[:1])[0])
                for k in range(shares.shape[1]):
                    frame = self.frame(i, first + k)
                    values = 2 * torch.cat([frame(part)[1] for part in parts]).view(places.shape[:-1]) - 1
                    share = torch.as_tensor(shares[:, k], dtype=values.dtype, device=values.device)
                    total.add_(share.view(-1, 1, 1, 1) * values, alpha=weight)
            return total

        return sample  # type: ignore[return-value]

    def bytes_per_sample(self) -> int:
        """Two activations of one layer and what enters it, float32, for each sample of a cube."""
        c = self.config
        return 8 * (c.samples_per_axis**3 + c.n_fine) * (c.width + 3 + 6 * c.frequencies)
