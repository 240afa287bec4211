"""Nearest kept voxel of the nearest kept step: what any other method must beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler
from stsr_core.fields.interpolation import InterpolatedSeries, fill_members, one_hot, weighted_sampler


class Nearest(torch.nn.Module):
    """The value of the nearest kept voxel at the nearest kept step; in the middle, the lower and earlier one.

    Nearness is of physical positions and times, axis by axis. Kept samples are reproduced, and no value
    occurs that was not kept.

    Parameters
    ----------
    domain : Domain
        It takes no configuration; any keyword is a TypeError.

    Examples
    --------
    Steps kept at the times 0 and 4: up to time 2 the first holds, from 2.1 on the second.
    """

    kind: ClassVar[str] = "nearest"

    def __init__(self, domain: Domain) -> None:
        super().__init__()
        self.domain = domain
        self.members = torch.nn.ModuleList(
            InterpolatedSeries(variable, "nearest", "nearest", "replicate") for variable in domain
        )

    @classmethod
    def from_samples(cls, domain: Domain, samples: Mapping[str, torch.Tensor]) -> Nearest:
        """The field through normalised kept samples, one (T, Z, Y, X) tensor per variable name."""
        field = cls(domain)
        fill_members(field.members, domain, samples)
        return field

    def configuration(self) -> dict[str, Any]:
        """Nothing to configure."""
        return {}

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return one_hot(self.domain, variable, self.members)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; ``latent`` weighs the variables, whose geometries are their own."""
        return weighted_sampler(self.members, latent)

    def bytes_per_sample(self) -> int:
        """The value, the product before it, and the share of the kept samples read."""
        return 64
