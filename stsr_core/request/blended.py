"""Variables or ensemble members mixed into one array: what Latent Interpolate and ``--blend`` show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.grid import Grid
from stsr_core.request.blend import INTERPOLATIONS, BlendChoice, BlendMode
from stsr_core.request.clamp import Clamp, limits_of
from stsr_core.request.mix import Mix, Step
from stsr_core.request.output_times import TimeChoice, time_range
from stsr_core.words import bounds_text, node_count

#: The one output array; it keeps its name, and so its colours, when the weights change.
ARRAY = "interpolated"


@dataclass(frozen=True)
class Blended:
    """A mix of the members ``domains``, a :class:`~stsr_core.request.content.Content`.

    The first member says where and when it lies. In a sweep the times of the output are positions between
    the members, all at the simulation time of ``choice``.
    """

    choice: BlendChoice
    domains: tuple[VariableDomain, ...]
    clamp: int = Clamp.AUTOMATIC

    @property
    def placed_by(self) -> tuple[VariableDomain, ...]:
        """The first member."""
        return self.domains[:1]

    @property
    def title(self) -> str:
        """What is mixed, in words."""
        return "a mix of " + " and ".join(d.name for d in self.domains)

    @property
    def dtypes(self) -> dict[str, str]:
        """That of the first member."""
        return {ARRAY: self.domains[0].dtype}

    @property
    def units(self) -> dict[str, str]:
        """The unit, if all members share it."""
        units = {d.unit for d in self.domains}
        return {ARRAY: units.pop() if len(units) == 1 else ""}

    @property
    def remarks(self) -> tuple[str, ...]:
        """Which members live elsewhere than the first or at other times, and changed weights."""
        changed = "" if self._sweeps else self.choice.shares(self._names, 0.0).warning
        return (*_differences(self.domains), *filter(None, [changed]))

    @property
    def time_range(self) -> tuple[float, float] | None:
        """That of the first member; in a sweep the first and last position."""
        return (0.0, float(len(self.domains) - 1)) if self._sweeps else self.trained_range

    @property
    def trained_range(self) -> tuple[float, float] | None:
        """That of the first member."""
        return time_range(self.placed_by)

    @property
    def _names(self) -> list[str]:
        return [d.name for d in self.domains]

    @property
    def _sweeps(self) -> bool:
        return self.choice.mode == BlendMode.SWEEP

    def times(self, choice: TimeChoice, input_times: Sequence[float]) -> np.ndarray:
        """The times of the first member; in a sweep the positions."""
        if self._sweeps:
            return self.choice.positions(len(self.domains))
        return choice.resolve(self.placed_by, input_times)

    def step(self, asked: float) -> Step:
        """The mix at the time ``asked``, or in a sweep at that position at the simulation time."""
        weights = self.choice.shares(self._names, asked).weights
        time = float(self.domains[0].shown_times(self._moments([asked]))[0][0])
        ranges = {d.name: d.normalization for d in self.domains}
        limits = limits_of(self.clamp, [(weight, ranges[name]) for name, weight in weights if weight > 0])
        mix = Mix(time, weights, INTERPOLATIONS[self.choice.interpolation], limits=limits)
        text = f"{mix.text} (spherical)" if self.choice.interpolation else mix.text
        when = f"position {asked:g}, simulation time {time:g}" if self._sweeps else f"t = {asked:g}"
        return Step({ARRAY: mix}, text, when)

    def warnings(self, asked: Sequence[float] | np.ndarray) -> tuple[str, ...]:
        """Times that lie outside the trained range, and positions that lie outside the members."""
        positions = asked if self._sweeps else ()
        said = [self.choice.shares(self._names, position).warning for position in positions]
        said.append(self.domains[0].shown_times(self._moments(asked))[1])
        return tuple(dict.fromkeys(filter(None, said)))

    def _moments(self, asked: Sequence[float] | np.ndarray) -> Sequence[float] | np.ndarray:
        """The simulation times behind the times of the output."""
        return [self.choice.simulation_time] if self._sweeps else asked


def _differences(domains: Sequence[VariableDomain]) -> tuple[str, ...]:
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
