"""All that is known of an output before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.grid import Grid
from stsr_core.model.checkpoint import Header
from stsr_core.request.mix import Mix, Step
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.output_times import TimeMode, output_times, time_range, time_shown


@dataclass(frozen=True)
class Region:
    """Where an output lies.

    Parameters
    ----------
    grid : Grid
        What factor, dimensions and spacing refer to.
    like : Grid, optional
        A grid to match.
    times : tuple of float
        Time steps of the input, () if it has none.
    remarks : tuple of str
        Warnings about the region.
    """

    grid: Grid
    like: Grid | None = None
    times: tuple[float, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeChoice:
    """What the user asked for in the panel's group Time; see :func:`.output_times.output_times`."""

    mode: int = TimeMode.KEPT
    factor: float = 2.0


@dataclass(frozen=True)
class Plan:
    """An output: variables, whole grid, listed time steps and the trained time range (None: no time)."""

    domains: tuple[VariableDomain, ...]
    region: Region
    grid: Grid
    times: np.ndarray
    time_range: tuple[float, float] | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(d.name for d in self.domains)

    @property
    def title(self) -> str:
        """What is decoded, in words."""
        return ", ".join(self.names)

    @property
    def dtypes(self) -> list[str]:
        """Types of the variables."""
        return [d.dtype for d in self.domains]

    @property
    def units(self) -> dict[str, str]:
        """Units by name."""
        return {d.name: d.unit for d in self.domains}

    @property
    def trained_range(self) -> tuple[float, float] | None:
        """First and last trained time."""
        return self.time_range

    def step(self, asked: float) -> Step:
        """What is shown when the time ``asked`` is wanted: each variable at its own nearest trained time."""
        shown = {d.name: time_shown(d, asked) for d in self.domains}
        return Step(
            {name: Mix.of(name, time) for name, (time, _) in shown.items()},
            self.title,
            f"t = {asked:g}",
            tuple(dict.fromkeys(warning for _, warning in shown.values() if warning)),
        )


def make_plan(
    header: Header, names: Sequence[str], region: Region, grid: GridChoice, time: TimeChoice
) -> Plan:
    """Bring a model and what the user asked for together.

    Raises
    ------
    ValueError
        If what was asked for is impossible; one sentence.
    """
    domains = tuple(header.domain.variable(name) for name in names)
    return Plan(
        domains,
        region,
        grid.resolve(region.grid, region.like),
        output_times(domains, time.mode, time.factor, region.times),
        time_range(domains),
    )
