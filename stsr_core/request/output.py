"""What a user asked for, and all that is known of the output before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid
from stsr_core.request.blend import BlendChoice
from stsr_core.request.blended import Blended
from stsr_core.request.clamp import Clamp, check_clamp
from stsr_core.request.content import Content, Variables
from stsr_core.request.extras import Extras
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.output_times import TimeChoice
from stsr_core.request.region import (
    BaseGrid,
    Region,
    beyond_the_trained,
    other_grids,
    own_grid,
    training_grid,
)


@dataclass(frozen=True)
class Output:
    """Arrays, nodes and listed times of an output.

    Parameters
    ----------
    content : Content
        The arrays at each time.
    base : Grid
        What factor, dimensions and spacing refer to.
    grid : Grid
        The whole output grid.
    times : ndarray
        The listed times (T,), float64.
    remarks : tuple of str
        Warnings that hold at every time.
    """

    content: Content
    base: Grid
    grid: Grid
    times: np.ndarray
    remarks: tuple[str, ...] = ()

    def warnings(self, asked: Sequence[float] | np.ndarray) -> tuple[str, ...]:
        """All that has to be said when the times ``asked`` are wanted, each once."""
        return (*self.remarks, *self.content.warnings(asked))


@dataclass(frozen=True)
class Request:
    """What a user asked for, of any model.

    Parameters
    ----------
    variables : tuple of str
        The variables shown, and in a sweep the members it runs through; () for all of the model.
    blend : BlendChoice, optional
        Which members are mixed into one array; without it each variable is an array of its own.
    grid, time : GridChoice, TimeChoice
    base : int
        A :class:`~stsr_core.request.region.BaseGrid`: what the grid choice refers to where there is no input.
    extras : Extras
        What is wanted beside the values; nothing can be of a blend.
    clamp : int
        A :class:`~stsr_core.request.clamp.Clamp`: whether values stay in the range of the training data.
    """

    variables: tuple[str, ...] = ()
    blend: BlendChoice | None = None
    grid: GridChoice = field(default_factory=GridChoice)
    time: TimeChoice = field(default_factory=TimeChoice)
    base: int = BaseGrid.ORIGINAL
    extras: Extras = field(default_factory=Extras)
    clamp: int = Clamp.AUTOMATIC

    def output(
        self,
        domain: Domain,
        region: Region | None = None,
        like: Grid | None = None,
        *,
        speed_unit: str = "",
    ) -> Output:
        """Bring a model and what was asked for together.

        Parameters
        ----------
        domain : Domain
            That of the model.
        region : Region, optional
            The input the model is shown over; by default the grid of its first variable.
        like : Grid, optional
            The grid to match, where the grid choice is that; of no account otherwise.
        speed_unit : str
            Length per time, "" if it is not known.

        Raises
        ------
        ValueError
            If what was asked for is impossible; one sentence.
        """
        content = self._content(domain, speed_unit)
        placed = content.placed_by
        base = own_grid(placed[0], self.base) if region is None else region.grid
        training = None
        if self.grid.mode == GridMode.TRAINING:
            training = training_grid(placed[0], None if region is None else base)
        remarks = content.remarks
        if like is not None and self.grid.mode == GridMode.MATCH:
            remarks += beyond_the_trained(like, placed, "the grid to match")
        elif region is not None:
            remarks += beyond_the_trained(base, placed, "the input", shown=training is None)
            remarks += self._unused(base, training)
        else:
            remarks += other_grids(placed, self.base)
        times = content.times(self.time, () if region is None else region.times)
        return Output(content, base, self.grid.resolve(base, like, training), times, remarks)

    def _unused(self, base: Grid, training: Grid | None) -> tuple[str, ...]:
        """That a factor that was set does not count: scripts of before the training grid set it alone."""
        if training is None or self.grid.factor == GridChoice.factor:
            return ()
        if replace(self.grid, mode=GridMode.FACTOR).resolve(base).matches(training):
            return ()
        return (
            f"Output Grid is Training grid, so Factor {self.grid.factor_text} does not count; set Output "
            "Grid to Factor for it",
        )

    def _content(self, domain: Domain, speed_unit: str) -> Content:
        names = self.variables or domain.names
        self.extras.check()
        check_clamp(self.clamp)
        if self.blend is not None:
            if self.extras.title:
                raise ValueError(f"a blend has no {self.extras.title}: only single variables have")
            names = self.blend.members(domain.names, names)
            return Blended(self.blend, tuple(domain.variable(name) for name in names), self.clamp)
        variables = tuple(domain.variable(name) for name in dict.fromkeys(names))
        return Variables(variables, self.extras, speed_unit, self.clamp)
