"""The mixture: motion and splines, with as much of a network on top as a rehearsal says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler
from stsr_core.fields.mixture.detail import NetworkFrames
from stsr_core.fields.modulated_siren import ModulatedSiren
from stsr_core.fields.motion.field import Motion

#: Points per node of a network's frames: detail lies between neighbouring nodes.
DETAIL_SCALE = 2


@dataclass(frozen=True)
class MixtureConfig:
    """Keyword arguments of :class:`Mixture`."""

    motion: dict[str, Any] = field(default_factory=dict)  # of stsr_core.fields.motion.field.Motion
    network: dict[str, Any] = field(default_factory=dict)  # of stsr_core.fields.modulated_siren.ModulatedSiren

    def __post_init__(self) -> None:
        for name in ("motion", "network"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} must be a mapping of settings, got {getattr(self, name)!r}")


class Mixture(torch.nn.Module):
    """Base + α · detail + β · change.

    ::

        kept frames ──── Motion ─────────────────────────────────────────────── base ──────────┐
                           │ trajectories                                                      │
        network at the kept steps ─ minus the spline of its nodes ─ carried ─── detail ── α ───┼─ value
        network at the time itself ─ minus the network at the kept steps, carried ─ change ─ β ┘

    The base reproduces the kept samples. The network's *detail* is what it says between the nodes of a kept step;
    its *change* is what it says between the steps that motion does not. A network by itself is too bold
    where a field is steep; α and β, found by :mod:`stsr_core.training.mixture`, shrink it to what it is worth.

    The latent vector of a variable is its place among the variables and its latent vector in the network, one
    after the other. What lies between variables is the network's alone: motion has no notion of it.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`MixtureConfig`; unknown names are a TypeError.
    """

    kind: ClassVar[str] = "mixture"
    shares: torch.Tensor

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = MixtureConfig(**configuration)
        self.motion = Motion(domain, **self.config.motion)
        self.network = ModulatedSiren(domain, **self.config.network)
        self.register_buffer("shares", torch.zeros(len(domain), 2))

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def latent(self, variable: str) -> torch.Tensor:
        """The variable's place, then its latent vector in the network, (n_variables + L,)."""
        return torch.cat([self.motion.latent(variable), self.network.latent(variable)])

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids."""
        places, vector = latent[: len(self.domain)], latent[len(self.domain) :]
        (present,) = places.nonzero(as_tuple=True)
        if len(present) != 1:
            return self.network.sampler(vector, variable)
        index = int(present[0])
        detail, change = self.shares[index].tolist()
        base = self.motion.sampler(places, variable)
        if detail == 0 and change == 0:
            return base
        network = self.network.sampler(vector, variable)
        moving = self.motion.moving(index)
        domain = self.domain[index]
        nodes = domain.normalized_axes(domain.grid, np.asarray(domain.times))

        def at_kept_step(k: int) -> torch.Tensor:
            axes = [nodes[0][k : k + 1], *(_finer(axis) for axis in nodes[1:])]
            return network(tuple(torch.as_tensor(a, dtype=torch.float32, device=vector.device) for a in axes))[0]  # type: ignore[arg-type]

        frames = NetworkFrames(at_kept_step, DETAIL_SCALE)

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            values = base(axes)  # type: ignore[arg-type]
            times, *space = (axis.cpu().double().numpy() for axis in axes)
            for i, time in enumerate(times):
                if detail:
                    values[i].add_(moving.carried(float(time), space, frames.part(1)), alpha=detail)
                if change:
                    now = network((axes[0][i : i + 1], *axes[1:]))[0]  # type: ignore[arg-type]
                    before = moving.carried(float(time), space, frames.part(0))
                    values[i].add_(now - before, alpha=change)
            return values

        return sample

    def bytes_per_sample(self) -> int:
        """Those of motion and of the network after each other."""
        return max(self.motion.bytes_per_sample(), self.network.bytes_per_sample())


def _finer(axis: np.ndarray) -> np.ndarray:
    """Each interval of an axis split into :data:`DETAIL_SCALE`."""
    n = (len(axis) - 1) * DETAIL_SCALE + 1
    return np.linspace(axis[0], axis[-1], n) if len(axis) > 1 else axis
