"""The ground truth of one variable: which steps are measured and rendered, isovalue, look and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stsr_core.grid import Grid
from stsr_core.measuring.isovalue import separating_value
from stsr_core.measuring.segmenting import cells_of
from stsr_core.measuring.survey import Survey
from stsr_core.metrics.cells import Cells
from stsr_core.series import Variable
from stsr_filters.evaluation.settings import Kept, Settings

if TYPE_CHECKING:
    from stsr_filters.rendering.camera import Camera
    from stsr_filters.rendering.transfer_function import TransferFunction

_SAMPLES = 4_000_000  # values of all steps behind the transfer function and the isovalue
_NAME = "value"


@dataclass(frozen=True)
class Look:
    """How every picture of a variable is drawn: that of the ground truth, for all methods."""

    transfer_function: TransferFunction
    camera: Camera
    isovalue: float | None
    size: int

    def volume(self, grid: Grid, values: np.ndarray) -> np.ndarray:
        """Direct volume rendering (size, size, 3) uint8 of (Z, Y, X)."""
        from stsr_core.io.vtk import to_vtk_image
        from stsr_filters.rendering.render import render_volume

        return render_volume(
            to_vtk_image(grid, {_NAME: np.ascontiguousarray(values)}),
            _NAME,
            transfer_function=self.transfer_function,
            camera=self.camera,
            size=(self.size, self.size),
        )

    def surface(self, grid: Grid, values: np.ndarray) -> np.ndarray:
        """The isosurface (size, size, 3) uint8 of (Z, Y, X); ValueError where there is no isovalue."""
        if self.isovalue is None:
            raise ValueError("there is no isovalue to draw an isosurface of")
        from stsr_core.io.vtk import to_vtk_image
        from stsr_filters.rendering.render import render_isosurface

        return render_isosurface(
            to_vtk_image(grid, {_NAME: np.ascontiguousarray(values)}),
            _NAME,
            self.isovalue,
            camera=self.camera,
            size=(self.size, self.size),
        )


@dataclass
class Truth:
    """One variable of the ground truth, with what all cases are compared with.

    Parameters
    ----------
    variable : Variable
    kept : Kept
    kinds : tuple of lists of int
        Steps kept, unseen and after the last kept one.
    measured : list of int
        Steps that are measured.
    shown : int
        The step in the figures: unseen, half-way between two kept ones, in the middle of the series.
    low, high : float
        Range over all steps, values that are not finite left out.
    isovalue : float or None
        None where the values are constant.
    look : Look or None
        None where nothing can be drawn: an axis of one node, no value, no display.
    cells : Cells or None
        How cells are told from their background; None where they are not measured.
    volumes, surfaces : dict of int to ndarray
        Renderings by step.
    """

    variable: Variable
    kept: Kept
    kinds: tuple[list[int], list[int], list[int]]
    measured: list[int]
    shown: int
    low: float
    high: float
    isovalue: float | None
    look: Look | None = None
    cells: Cells | None = None
    volumes: dict[int, np.ndarray] = field(default_factory=dict)
    surfaces: dict[int, np.ndarray] = field(default_factory=dict)


def read_truth(
    variable: Variable, settings: Settings, *, note: Callable[[str], None] = lambda text: None
) -> Truth:
    """Read all steps once, choose isovalue and look, and render the ground truth.

    Parameters
    ----------
    note : callable
        Called with a sentence about what cannot be drawn.

    Raises
    ------
    ValueError
        The isovalue given lies outside the range of the ground truth, or no value is finite.
    """
    from stsr_core.kept import step_kinds, steps_to_measure
    from stsr_core.metrics import require_isovalue

    kept = settings.kept[variable.name]
    n_steps = len(variable.times)
    kinds = step_kinds(n_steps, kept.temporal_gap)
    limit = max(settings.steps_rendered, settings.most_voxels // variable.grid.size)
    rendered = steps_to_measure(n_steps, kept.temporal_gap, settings.steps_rendered)
    shown = shown_step(n_steps, kept.temporal_gap)
    measured = steps_to_measure(n_steps, kept.temporal_gap, limit)
    measured = sorted({*measured, *rendered, shown}) if limit < n_steps else measured
    survey = _surveyed(variable)
    values, low, high = survey.sample(), survey.low, survey.high
    isovalue = settings.isovalues.get(variable.name)
    if isovalue is None:
        isovalue = separating_value(values)
    else:
        require_isovalue(isovalue, low, high)
    truth = Truth(variable, kept, kinds, measured, shown, low, high, isovalue)
    truth.cells = cells_of(settings.cells, variable.grid.spacing)
    try:
        truth.look = _look(variable, values, isovalue, settings.size)
        for i in sorted({*rendered, shown}):
            truth.volumes[i] = truth.look.volume(variable.grid, variable.step(i))
        if isovalue is not None:
            truth.surfaces[shown] = truth.look.surface(variable.grid, variable.step(shown))
    except (ValueError, RuntimeError) as error:
        truth.look, truth.volumes, truth.surfaces = None, {}, {}
        note(f"{variable.name} is not rendered: {error}")
    return truth


def shown_step(n_steps: int, temporal_gap: int) -> int:
    """Half-way between two kept steps, in the middle of the series.

    Examples
    --------
    >>> shown_step(48, 3), shown_step(9, 0)
    (22, 4)
    """
    stride = temporal_gap + 1
    first = max(0, ((n_steps - 1) // 2) // stride * stride)
    return min(n_steps - 1, first + stride // 2)


def _surveyed(variable: Variable) -> Survey:
    """Range and some values of all steps."""
    survey = Survey(len(variable.times), _SAMPLES)
    for i in range(len(variable.times)):
        survey.add(variable.step(i))
    if not survey.extremes:
        raise ValueError(f"{variable.name}: the ground truth must hold at least one finite value, got none")
    return survey


def _look(variable: Variable, values: np.ndarray, isovalue: float | None, size: int) -> Look:
    from stsr_core.io.vtk import to_vtk_image
    from stsr_filters.rendering.camera import Camera
    from stsr_filters.rendering.derived_transfer_function import transfer_function_of

    empty = to_vtk_image(variable.grid, {})
    return Look(
        transfer_function_of(values, name=variable.name), Camera.around(empty.GetBounds()), isovalue, size
    )
