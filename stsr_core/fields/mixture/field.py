"""The mixture: motion and splines, with as much of a network on top as a rehearsal says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch

from stsr_core.checks import axis_letters, flag, whole
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, as_arrays, as_axes
from stsr_core.fields.mixture.detail import SCALE, Lattice, NetworkFrames, bridged
from stsr_core.fields.mixture.errors import N_NUMBERS, N_TIME_SIGNS, MixtureSigns
from stsr_core.fields.mixture.sparse import SparseParts
from stsr_core.fields.modulated_siren import CPU_CHUNK, ModulatedSiren
from stsr_core.fields.motion.errors import Spread, spread
from stsr_core.fields.motion.field import Motion

#: Detail and change, (Z, Y, X) each.
Parts: TypeAlias = tuple[torch.Tensor | None, torch.Tensor | None]


@dataclass(frozen=True)
class MixtureConfig:
    """Keyword arguments of :class:`Mixture`."""

    motion: Mapping[str, Any] = field(default_factory=dict)  # settings of fields.motion.field.Motion
    network: Mapping[str, Any] = field(default_factory=dict)  # settings of fields.modulated_siren
    rehearsal_steps: int = 200  # training steps, per variable, of the network that is rehearsed with
    periodic: str = ""  # axes that close on themselves; see fields.motion.configuration
    still: bool = False  # the network on splines, without motion

    def __post_init__(self) -> None:
        whole(self, "rehearsal_steps", least=0)
        for name in ("motion", "network"):
            settings = getattr(self, name)
            if not isinstance(settings, Mapping) or not all(isinstance(key, str) for key in settings):
                raise ValueError(f"{name} must be a mapping of settings, got {settings!r}")
        for name in ("periodic", "still"):
            if name in self.motion:
                raise ValueError(
                    f"motion must leave {name} to the mixture's own entry, got it in both places"
                )
        flag(self, "still")
        object.__setattr__(self, "periodic", axis_letters(self.periodic))


class Mixture(torch.nn.Module):
    """Base + α · detail + β · change.

    ::

        kept frames ──── Motion ─────────────────────────────────────────────── base ──────────┐
                           │ trajectories                                                      │
        network at the kept steps ─ minus the spline of its nodes ─ carried ─── detail ── α ───┼─ value
        network at the time itself ─ minus the network at the kept steps, carried ─ change ─ β ┘

    The base reproduces the kept samples. The network's *detail* is what it says between the nodes of a kept
    step; its *change* is what it says between the steps that motion does not. Both are known at
    :data:`~stsr_core.fields.mixture.detail.SCALE` points a node; what the network says between these belongs
    to the detail, and is that of the time itself. A network by itself is too
    bold where a field is steep; α and β, found by :mod:`stsr_core.training.mixture`, shrink it to its worth.
    Whatever they are, kept samples are kept. (A third share, of what the network says on the kept nodes, did
    well in rehearsals and lost 14 dB on real data.)

    The latent vector of a variable is its place among the variables, then its latent vector in the network.
    What lies between variables is the network's alone: motion has no notion of it.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`MixtureConfig`; unknown names are a TypeError.
    """

    kind: ClassVar[str] = "mixture"
    shares: torch.Tensor
    errors: torch.Tensor  # numbers of fields.mixture.errors per variable; NaN where the network has no share

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = MixtureConfig(**configuration)
        shared = {"periodic": self.config.periodic, "still": self.config.still}
        self.motion = Motion(domain, **shared, **self.config.motion)
        self.network = ModulatedSiren(domain, **self.config.network)
        self.register_buffer("shares", torch.zeros(len(domain), 2))  # α, β
        self.register_buffer("errors", torch.full((len(domain), N_NUMBERS), torch.nan))
        self._frames: dict[tuple[int, torch.device], NetworkFrames] = {}

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # Models written before a mixture had error bars of its own have those of motion, or none.
        state_dict.pop(f"{prefix}left", None)
        state_dict.setdefault(f"{prefix}errors", self.errors)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        motion = {**self.config.motion}
        if self.motion.config.motion_of:
            motion["motion_of"] = self.motion.config.motion_of
        return {**asdict(self.config), "motion": motion}

    def train(self, mode: bool = True) -> Mixture:
        """As of every module; what was read from the network before is forgotten."""
        self._frames.clear()
        return super().train(mode)

    @property
    def places(self) -> int:
        """How many entries of a latent vector, the first ones, say which variable is meant."""
        return len(self.domain)

    def latent(self, variable: str) -> torch.Tensor:
        """The variable's place, then its latent vector in the network, (n_variables + L,)."""
        return torch.cat([self.motion.latent(variable), self.network.latent(variable)])

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; between variables a mean of theirs, corrected by the network."""
        places, vector = latent[: self.places], latent[self.places :]
        (present,) = places.nonzero(as_tuple=True)
        if len(present) != 1:
            return self._blend(places, self.network.sampler(vector))
        index = int(present[0])
        shares = self.shares[index].tolist()
        base = self.motion.sampler(places, variable)
        if not any(shares):
            return base
        added = self.added(index)

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            values = base(axes)  # type: ignore[arg-type]
            for i in range(len(axes[0])):
                parts = added((axes[0][i : i + 1], *axes[1:]), *shares)
                for share, part in zip(shares, parts, strict=True):
                    if part is not None:
                        values[i].add_(part, alpha=share)
            return values

        return sample

    def sparse_sampler(self, variable: str) -> Sampler:
        """As :meth:`sampler` of a variable, but cheap where few places are asked for, at many times."""
        index = self.domain.index(variable)
        shares, base = self.shares[index].tolist(), self.motion.sampler(self.motion.latent(variable))
        if not any(shares):
            return base
        latent = self.network.latent(variable)

        def network(coordinates: torch.Tensor) -> torch.Tensor:
            chunk = CPU_CHUNK if coordinates.is_cpu else len(coordinates)
            return torch.cat([self.network(rows, latent) for rows in coordinates.split(chunk)])

        added = SparseParts(self.motion.moving(index), network, *shares)

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            values = base(axes)  # type: ignore[arg-type]
            times, *space = as_arrays(axes)
            for out, time in zip(values, times, strict=True):
                out += added(float(time), space)
            return values

        return sample

    def _blend(self, places: torch.Tensor, network: Sampler) -> Sampler:
        """The mean of what is shown of each variable, and what the network says beyond the mean of its own.

        The mean of fields that differ shows each of them faintly; the network knows what lies between
        instead, and is too coarse to stand for the fields themselves.
        """
        weighted = []
        for i, weight in enumerate(places.tolist()):
            if weight != 0:
                latent = self.latent(self.domain[i].name)
                weighted.append((weight, self.sampler(latent), self.network.sampler(latent[self.places :])))

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            values = network(axes).clone()  # type: ignore[arg-type]
            for weight, shown, known in weighted:
                values.add_(shown(axes) - known(axes), alpha=weight)  # type: ignore[arg-type]
            return values

        return sample

    def quick(self) -> Motion:
        """The base, without what the network adds; see :class:`~stsr_core.fields.base.Hurried`."""
        return self.motion

    def velocity(self, variable: str) -> Sampler:
        """How what passes each point moves; see :class:`~stsr_core.fields.base.Moving`."""
        return self.motion.velocity(variable)

    def spread(self, variable: str) -> Spread:
        """Error bars of a variable: motion's own where the network has no share.

        Raises
        ------
        ValueError
            As of :meth:`~stsr_core.fields.motion.field.Motion.spread`.
        """
        index = self.domain.index(variable)
        numbers = self.errors[index]
        if numbers.isnan().any() or not self.shares[index].any():
            return self.motion.spread(variable)
        return spread(self.motion.moving(index), numbers.tolist(), self.signs(index), N_TIME_SIGNS)

    def signs(self, index: int) -> MixtureSigns:
        """What errors of a variable go with."""
        network = self.network.sampler(self.network.latent(self.domain[index].name))
        moving, added = self.motion.moving(index), self.added(index)

        def on_nodes(time: float) -> Parts:
            axes = as_axes((np.array([time]), *moving.space), self.shares.device)
            return added(axes, 1.0, 1.0)

        return MixtureSigns(moving, self._network_frames(index, network), on_nodes)

    def added(self, index: int) -> Callable[[Sequence[torch.Tensor], float, float], Parts]:
        """What a network can add to a variable at one time.

        Returns
        -------
        callable
            ``parts(axes, α, β)``: detail and change, (Z, Y, X) each, at normalised axes (t, z, y, x) with one
            t; None where the share is 0.
        """
        network = self.network.sampler(self.network.latent(self.domain[index].name))
        moving = self.motion.moving(index)
        frames = self._network_frames(index, network)

        def at(time: np.ndarray, space: Sequence[np.ndarray]) -> torch.Tensor:
            return network(as_axes((time, *space), self.shares.device))[0]

        def present(time: np.ndarray, finer: bool, space: Sequence[np.ndarray]) -> torch.Tensor:
            """The change, read between points of the lattice, and, if wanted, what is finer, (…, Z, Y, X)."""
            lattice = Lattice(space, moving.space)
            known = at(time, lattice.axes)
            change = lattice.read(known - moving.carried(float(time[0]), lattice.axes, frames.part(0)))
            if not finer:
                return change[None]
            return torch.stack([change, at(time, space) - lattice.read(known)])

        def parts(axes: Sequence[torch.Tensor], detail_share: float, change_share: float) -> Parts:
            time, *space = as_arrays(axes)
            # Detail is carried by the lattice; what is finer is the network's own of this time.
            finer = bool(detail_share) and not Lattice(space, moving.space).complete
            detail = change = None
            if detail_share:
                detail = moving.carried(float(time[0]), space, frames.part(1))
            if change_share or finer:
                found = bridged(partial(present, time, finer), space, moving.space, self.motion.config.closed)
                change = found[0]
                if detail is not None and finer:
                    detail = detail + found[1]
            return detail, change if change_share else None

        return parts

    def _network_frames(self, index: int, network: Sampler) -> NetworkFrames:
        """The network at kept steps; held from one evaluation to the next: neighbouring times share them."""
        device = self.shares.device
        if (index, device) not in self._frames:
            domain = self.domain[index]
            times, *space = domain.normalized_axes(domain.grid, np.asarray(domain.times))

            def at_kept_step(k: int) -> torch.Tensor:
                return network(as_axes((times[k : k + 1], *map(_finer, space)), device))[0]

            self._frames[index, device] = NetworkFrames(
                at_kept_step, self.motion.frames(index).__getitem__, self.motion.config.closed
            )
        return self._frames[index, device]

    def bytes_per_sample(self) -> int:
        """Those of motion and of the network after each other."""
        return max(self.motion.bytes_per_sample(), self.network.bytes_per_sample())


def _finer(axis: np.ndarray) -> np.ndarray:
    """Each interval of an axis split into :data:`SCALE`."""
    n = (len(axis) - 1) * SCALE + 1
    return np.linspace(axis[0], axis[-1], n) if len(axis) > 1 else axis
