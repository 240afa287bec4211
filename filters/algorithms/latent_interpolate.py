"""Latent Interpolate: what lies between the variables or ensemble members of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.grid import Grid
from stsr_core.model.checkpoint import Header
from stsr_core.request.blend import INTERPOLATIONS, BlendChoice, BlendMode
from stsr_core.request.mix import Mix, Step
from stsr_core.request.output import Region
from stsr_core.request.output_times import output_times, time_range, time_shown
from stsr_core.words import bounds_text, node_count
from stsr_filters.algorithms.model_source import ModelSource
from stsr_filters.pipeline.vtk_compat import vtkDataArraySelection

#: The one output array; it keeps its name, and so its colours, when the weights change.
ARRAY = "interpolated"
#: What the lists of the panel show where no member is named.
AUTOMATIC = "(automatic)"


class LatentInterpolate(ModelSource):
    """Mixes the latent vectors of two or more variables or ensemble members and decodes the result.

    The value range is the weighted mean of theirs. The first member says where the output lies: positions
    and times of the others are taken relative to their own boxes and time ranges. The array is called
    "interpolated"; its weights stand in the field data "interpolated members" and "interpolated weights".

    Examples
    --------
    >>> source = LatentInterpolate()           # doctest: +SKIP
    >>> source.SetFileName("both.stsr")        # doctest: +SKIP
    >>> source.SetWeight(0.25)                 # doctest: +SKIP
    >>> source.UpdateTimeStep(12.5)            # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__("Latent Interpolate")
        self._blend = BlendChoice()

    def SetBlend(self, mode: int) -> None:
        """A :class:`~stsr_core.request.blend.BlendMode`: two members, a list of weights, or a sweep."""
        self._set("_blend", replace(self._blend, mode=int(mode)))

    def SetFirst(self, name: str | None) -> None:
        """The member at Weight 0; "" or "(automatic)" for the model's first."""
        self._set("_blend", replace(self._blend, first=_named(name)))

    def SetSecond(self, name: str | None) -> None:
        """The member at Weight 1; "" or "(automatic)" for the one after First."""
        self._set("_blend", replace(self._blend, second=_named(name)))

    def SetWeight(self, weight: float) -> None:
        """Of Second, 0 to 1."""
        self._set("_blend", replace(self._blend, weight=float(weight)))

    def SetWeights(self, weights: str | None) -> None:
        """Like "run01=0.5, run02=0.5"; divided by their sum if it is not 1."""
        self._set("_blend", replace(self._blend, weights=weights or ""))

    def SetInterpolation(self, interpolation: int) -> None:
        """0 linear, 1 spherical."""
        self._set("_blend", replace(self._blend, interpolation=int(interpolation)))

    def SetSimulationTime(self, time: float) -> None:
        """The time that a sweep shows."""
        self._set("_blend", replace(self._blend, simulation_time=float(time)))

    def SetSweepFactor(self, factor: float) -> None:
        """Listed positions per member of a sweep, > 0."""
        self._set("_blend", replace(self._blend, sweep_factor=float(factor)))

    def GetMembersSelection(self) -> vtkDataArraySelection:
        """Which members a sweep runs through, in the model's order; all at first."""
        return self.GetVariableSelection()

    def GetMemberChoices(self) -> list[str]:
        """What First and Second can be: "(automatic)" and the members of the model."""
        header = self._try_header()
        return [AUTOMATIC, *(() if header is None else header.domain.names)]

    def _plan_of(self, header: Header, inInfo) -> BlendPlan:
        ticked = self._variables.chosen() if self._blend.mode == BlendMode.SWEEP else ()
        members = self._blend.members(header.domain.names, ticked)
        region = self._region(header, members[:1], inInfo)
        domains = tuple(header.domain.variable(name) for name in members)
        region = replace(region, remarks=_differences(domains))
        grid = self._grid_choice.resolve(region.grid)
        trained = time_range(domains[:1])
        if self._blend.mode == BlendMode.SWEEP:
            times = self._blend.positions(len(members))
            return BlendPlan(
                self._blend, domains, region, grid, times, (0.0, float(len(members) - 1)), trained
            )
        times = output_times(domains[:1], self._time_choice.mode, self._time_choice.factor)
        return BlendPlan(self._blend, domains, region, grid, times, trained, trained)


@dataclass(frozen=True)
class BlendPlan:
    """What is known of a mix before it is computed; stands for a :class:`stsr_core.request.output.Plan`.

    ``times`` and ``time_range`` are those of the output, in a sweep the positions between the members;
    ``trained_range`` is that of the first member.
    """

    choice: BlendChoice
    domains: tuple[VariableDomain, ...]
    region: Region
    grid: Grid
    times: np.ndarray
    time_range: tuple[float, float] | None
    trained_range: tuple[float, float] | None

    @property
    def names(self) -> tuple[str, ...]:
        """The one array."""
        return (ARRAY,)

    @property
    def title(self) -> str:
        """What is mixed, in words."""
        return "a mix of " + " and ".join(d.name for d in self.domains)

    @property
    def dtypes(self) -> list[str]:
        """Its type."""
        return [self.domains[0].dtype]

    @property
    def units(self) -> dict[str, str]:
        """Its unit, if all members share it."""
        units = {d.unit for d in self.domains}
        return {ARRAY: units.pop() if len(units) == 1 else ""}

    def step(self, asked: float) -> Step:
        """The mix at the time ``asked``, or in a sweep at that position at the simulation time."""
        sweep = self.choice.mode == BlendMode.SWEEP
        shares = self.choice.shares([d.name for d in self.domains], asked)
        time, warning = time_shown(self.domains[0], self.choice.simulation_time if sweep else asked)
        mix = Mix(time, shares.weights, INTERPOLATIONS[self.choice.interpolation])
        text = f"{mix.text} (spherical)" if self.choice.interpolation else mix.text
        when = f"position {asked:g}, simulation time {time:g}" if sweep else f"t = {asked:g}"
        return Step({ARRAY: mix}, text, when, tuple(filter(None, (shares.warning, warning))))


def _named(name: str | None) -> str:
    """ "" where no member is named; ParaView sends None for an empty string."""
    return "" if name in (None, AUTOMATIC) else name


def _differences(domains: Sequence[VariableDomain]) -> tuple[str, ...]:
    """In words, which members live on another grid, in another box or over other times than the first."""
    first, remarks = domains[0], []
    for other in domains[1:]:
        here, there = first.full_grid, other.full_grid
        if not _same_box(here, there):
            remarks.append(
                f"{other.name} lives in another box ({bounds_text(there)}) than {first.name} "
                f"({bounds_text(here)}); each is taken at the same place relative to its box"
            )
        elif not there.matches(here):
            remarks.append(
                f"{other.name} lives on another grid ({node_count(there)} nodes) than {first.name} "
                f"({node_count(here)}), in the same box"
            )
        if (other.full_times[0], other.full_times[-1]) != (first.full_times[0], first.full_times[-1]):
            remarks.append(
                f"{other.name} spans other times ({other.full_times[0]:g} to {other.full_times[-1]:g}) than "
                f"{first.name} ({first.full_times[0]:g} to {first.full_times[-1]:g}); each is taken at the "
                "same fraction of its own"
            )
    return tuple(remarks)


def _same_box(here: Grid, there: Grid) -> bool:
    slack = 1e-4 * min(here.spacing)
    return all(
        np.allclose(getattr(here, part), getattr(there, part), rtol=0, atol=slack)
        for part in ("origin", "end", "direction")
    )
