"""SpatimeINR as a continuous field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar, cast

import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, place_of
from stsr_core.fields.modulated_siren import ModulatedSiren
from stsr_core.fields.motion.field import Motion
from stsr_core.fields.spatime_inr.configuration import configured
from stsr_core.fields.spatime_inr.sequence import RenderedSequence


class SpatimeInr(torch.nn.Module):
    """One sequence of volumes, learned without any other data, at any place and time.

    ::

        profile   network                       rendering   latent    cycle   starts
        fast      sine, one value for a place   –           –         –       as SIREN does
        stable    ReLU, colour and density      eq8         encoder   yes     from the mean, softplus density
        paper     ReLU, colour and density      eq8         encoder   yes     as published

    ``fast`` is a :class:`~stsr_core.fields.modulated_siren.ModulatedSiren` whose first layer is slow in time
    and space: that decides what lies between two frames. With ``rehearsal_steps`` it is held to
    splines: their mixture (:class:`~stsr_core.fields.motion.field.Motion` without motion) and the network are
    blended, w of it, as a rehearsal on the kept samples says (:mod:`stsr_core.training.spatime_inr.gate`)::

        value = (1 − w) · splines + w · network

    The parts of the paper cost more than they give in a minute; as published the network mostly collapses to
    black. Each of them is an entry of :class:`~stsr_core.fields.spatime_inr.configuration.SpatimeInrConfig`.

    Kept samples are approximated, not reproduced: what is noise in them is smoothed. Variables of the
    published network have one network each, and a latent vector weighs what they give; those of ``fast``
    share one, and have trained latent vectors.

    Parameters
    ----------
    domain : Domain
    profile : str
        "fast", "stable" or "paper".
    **configuration
        Other entries of the configuration, in place of the profile's; unknown names are a TypeError.

    Notes
    -----
    SpatimeINR (anonymous submission, without code): Equations 4 to 13; where they contradict each other, the
    modules of this folder say what was chosen. The hypercube is that of the L∞ norm.
    """

    kind: ClassVar[str] = "spatime_inr"
    shares: torch.Tensor

    def __init__(self, domain: Domain, profile: str = "fast", **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = c = configured(profile, **configuration)
        self.sine: ModulatedSiren | None = None
        self.splines: Motion | None = None
        self.sequences = torch.nn.ModuleList()
        if c.network == "sine":
            self.sine = ModulatedSiren(domain, width=c.width, depth=c.depth, first_omega=c.first_omega)
            if c.rehearsal_steps:
                self.splines = Motion(domain, still=True)
                self.register_buffer("shares", torch.zeros(len(domain)))  # w of each variable
        else:
            self.sequences.extend(RenderedSequence(variable, c) for variable in domain)

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def sequence(self, index: int) -> RenderedSequence:
        """The networks of one variable, where each has its own."""
        return cast("RenderedSequence", self.sequences[index])

    def take(self, values: Sequence[torch.Tensor]) -> None:
        """Take the normalised kept samples (T, Z, Y, X), one tensor per variable, for the encoders."""
        for i, frames in enumerate(values[: len(self.sequences)]):
            self.sequence(i).take(frames)

    def train(self, mode: bool = True) -> SpatimeInr:
        """As of every module; latent maps of weights before are forgotten."""
        for i in range(len(self.sequences)):
            self.sequence(i).forget()
        return super().train(mode)

    @property
    def places(self) -> int:
        """How many entries of a latent vector, the first ones, say which variable is meant."""
        return 0 if self.sine is not None and self.splines is None else len(self.domain)

    def latent(self, variable: str) -> torch.Tensor:
        """The place of a variable where it has splines or a network of its own, then its trained vector."""
        if self.sine is not None:
            vector = self.sine.latent(variable)
            if self.splines is None:
                return vector
            return torch.cat([self.splines.latent(variable), vector])
        return place_of(self.domain, variable, next(self.parameters()).device)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; ``variable`` is not needed, for the coordinates are global."""
        if self.sine is not None:
            network = self.sine.sampler(latent[self.places :])
            return network if self.splines is None else self._held(latent[: self.places], network)
        weighted = [
            (weight, self.sequence(i).sampler()) for i, weight in enumerate(latent.tolist()) if weight != 0
        ]

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, of_one in weighted:
                total.add_(of_one(axes), alpha=weight)  # type: ignore[arg-type]
            return total

        return sample

    def _held(self, places: torch.Tensor, network: Sampler) -> Sampler:
        """What the network says, and for each variable 1 − w of what the splines are beside that."""
        assert self.sine is not None and self.splines is not None
        (present,) = places.nonzero(as_tuple=True)
        held = []
        for i in present.tolist():
            weight, name = float(places[i] * (1 - self.shares[i])), self.domain[i].name
            splines = self.splines.sampler(self.splines.latent(name))
            if weight == 1:
                return splines
            if weight:
                of_it = network if len(present) == 1 else self.sine.sampler(self.sine.latent(name))
                held.append((weight, splines, of_it))

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            said = network(axes)  # type: ignore[arg-type]
            values = said.clone()
            for weight, splines, of_it in held:
                known = said if of_it is network else of_it(axes)  # type: ignore[arg-type]
                values.add_(splines(axes) - known, alpha=weight)  # type: ignore[arg-type]
            return values

        return sample  # type: ignore[return-value]

    def bytes_per_sample(self) -> int:
        """Two activations of one layer and what enters it, float32, for each sample of a hypercube."""
        if self.sine is not None:
            held = 0 if self.splines is None else self.splines.bytes_per_sample()
            return max(self.sine.bytes_per_sample(), held)
        c = self.config
        entering = 8 * c.frequencies + (c.latent_length if c.latent else 0)
        return 4 * self.sequence(0).samples_per_place * (2 * c.width + 2 * entering)
