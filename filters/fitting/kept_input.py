"""The kept part of a series that comes through the pipeline step by step; nothing else of it is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import (
    LENGTH_UNIT,
    MASKS,
    TIME_UNIT,
    arrays_of,
    component_names,
    field_text,
    grid_of,
)
from stsr_core.io.vtk_points import unset_points
from stsr_core.kept import Kept, KeptSeries, kept_steps
from stsr_core.memory import check_memory
from stsr_core.series import Variable, VolumeSeries
from stsr_core.words import node_count
from stsr_filters.pipeline.information import units_of
from stsr_filters.pipeline.vtk_compat import vtkDataObject


@dataclass
class KeptInput:
    """Collects the kept voxels of the kept steps.

    Parameters
    ----------
    grid : Grid
        Of the whole input.
    times : tuple of float
        All time steps of the input, () if it has none: then its one step is taken as time 0.
    kept : Kept
        What is kept of each array.
    names : sequence of str
        Point arrays to take, () for all numeric ones.
    """

    grid: Grid
    times: tuple[float, ...]
    kept: Kept
    names: Sequence[str] = ()
    arrays: dict[str, list[np.ndarray]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    time_unit: str = ""
    length_unit: str = ""

    @property
    def indices(self) -> np.ndarray:
        """Indices of the kept steps."""
        return kept_steps(max(1, len(self.times)), self.kept.temporal_gap)

    @property
    def kept_times(self) -> tuple[float, ...]:
        """Times of the kept steps, () for an input without time."""
        return tuple(self.times[i] for i in self.indices) if self.times else ()

    @property
    def coarse_grid(self) -> Grid:
        """The kept nodes."""
        return self.grid.every(self.kept.spatial_factor)

    @property
    def amount(self) -> str:
        """How much is kept, in words."""
        steps = f"{len(self.indices)} of {max(1, len(self.times))} steps"
        return f"{steps}, {node_count(self.coarse_grid)} of {node_count(self.grid)} nodes"

    @property
    def n_collected(self) -> int:
        """Steps collected so far."""
        return len(next(iter(self.arrays.values()), []))

    @property
    def complete(self) -> bool:
        """True when all kept steps are there."""
        return self.n_collected == len(self.indices)

    def add(self, image) -> None:
        """Take the kept voxels of the next kept step.

        Raises
        ------
        ValueError
            If the step lies on another grid, is of another time, or lacks an array.
        MemoryError
            At the first step, if the kept samples of all steps would not fit.
        """
        step = self.n_collected
        where = f"step {int(self.indices[step])}" + (
            f" (time {self.kept_times[step]:g})" if self.times else ""
        )
        self._check_place(image, where)
        values = self.voxels(image)
        if step == 0:
            needed = len(self.indices) * sum(v.nbytes for v in values.values())
            check_memory(needed, f"holding the {len(self.indices)} kept steps")
            self.arrays = {name: [] for name in values}
            self.units = units_of(image)
            self.time_unit = field_text(image, TIME_UNIT)
            self.length_unit = field_text(image, LENGTH_UNIT)
        missing = sorted(set(self.arrays) - set(values))
        if missing:
            raise ValueError(f"{where} lacks the point array {missing[0]!r}, which the first step has")
        for name, collected in self.arrays.items():
            collected.append(values[name])

    def hold_only(self, step: int) -> None:
        """Hold the values of one kept step only, and no more than the number of the others."""
        for collected in self.arrays.values():
            if len(collected) - 1 != step:
                collected[-1] = np.empty(0)

    def voxels(self, image) -> dict[str, np.ndarray]:
        """Copies (Z, Y, X) of the kept voxels by variable name; points marked as invalid are NaN.

        Raises
        ------
        ValueError
            If a point array that was asked for is not there, or there is none at all.
        """
        found = arrays_of(image)
        if self.names:
            found = {name: found[name] for array in self.names for name in _components(image, array)}
        if not found:
            remedy = (
                "; make them with Cell Data To Point Data first"
                if image.GetCellData().GetNumberOfArrays()
                else ""
            )
            raise ValueError(f"the input has no numeric point arrays to learn{remedy}")
        part = (slice(None, None, self.kept.spatial_factor),) * 3
        copies = {name: np.array(values[part], order="C") for name, values in found.items()}
        invalid = unset_points(image)
        if invalid is not None and invalid[part].any():
            for name, values in copies.items():
                floats = values if values.dtype.kind == "f" else values.astype(np.float64)
                copies[name] = np.where(invalid[part], np.asarray(np.nan, floats.dtype), floats)
        return copies

    def step_at(self, time: float | None) -> dict[str, np.ndarray]:
        """The collected step nearest to ``time``."""
        i = self.nearest(time)
        return {name: collected[i] for name, collected in self.arrays.items()}

    def nearest(self, time: float | None) -> int:
        """Number of the kept step nearest to ``time``; the first for None."""
        if time is None or not self.times:
            return 0
        return int(np.argmin(np.abs(np.array(self.kept_times) - time)))

    def series(self) -> KeptSeries:
        """The collected steps, and what they were kept from."""
        times = np.array(self.times or (0.0,))
        whole = VolumeSeries(
            tuple(
                Variable(name, self.grid, times, _gone, collected[0].dtype, self.units.get(name, ""))
                for name, collected in self.arrays.items()
            ),
            self.time_unit,
            self.length_unit,
        )
        return KeptSeries.of_steps(whole, dict.fromkeys(self.arrays, self.kept), self.arrays)

    def _check_place(self, image, where: str) -> None:
        if image is None or not image.IsA("vtkImageData"):
            raise ValueError("the input must be image data (a uniform grid)")
        if image.GetNumberOfPoints() == 0:
            raise ValueError(f"{where} of the input is empty")
        if not grid_of(image).matches(self.grid):
            raise ValueError(f"{where} lies on another grid than the input announced")
        information = image.GetInformation()
        if self.times and information.Has(vtkDataObject.DATA_TIME_STEP()):
            shown, asked = information.Get(vtkDataObject.DATA_TIME_STEP()), self.kept_times[self.n_collected]
            if abs(shown - asked) > 1e-6 * max(abs(asked), abs(self.times[-1] - self.times[0])):
                raise ValueError(f"{where}: the input gave the time {shown:g} instead")


def _gone(step: int) -> np.ndarray:
    raise ValueError(f"step {step} came through the pipeline; only its kept voxels are held")


def _components(image, name: str) -> list[str]:
    data = image.GetPointData()
    array = data.GetArray(name)
    if name in MASKS or (array is None and data.GetAbstractArray(name) is not None):
        return []  # a panel that ticks every array ticks marks and strings as well
    if array is None:
        known = [data.GetArrayName(i) for i in range(data.GetNumberOfArrays())]
        listed = ", ".join(n for n in known if n and n not in MASKS) or "none"
        raise ValueError(f"the input has no point array {name!r}; it has {listed}")
    return component_names(name, array.GetNumberOfComponents())
