"""Volumes of pictures from VTK's pipeline: whatever gives image data, in ParaView or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import LENGTH_UNIT, TIME_UNIT, arrays_of, field_text
from stsr_filters.pipeline.information import grid_from_information, time_steps, units_of


@dataclass(frozen=True)
class PipelineSteps:
    """The first output of a VTK algorithm at its time steps, a :class:`~stsr_filters.images.steps.Steps`.

    Of a proxy of ParaView whose server is this process (pvpython, pvbatch) the algorithm is
    ``proxy.SMProxy.GetClientSideObject()``.

    Parameters
    ----------
    algorithm : vtkAlgorithm
    names : tuple of str
        Its point arrays, those of several components by component.
    steps : tuple of float
        Its time steps, (0,) where it has none.
    whole : Grid
        On which it lies at every time.
    labels : (str, str)
        Units of time and length.
    array_units : mapping
        Unit by array, where it is known.

    Examples
    --------
    >>> from stsr_filters import NeuralUpscale, render_database
    >>> upscale = NeuralUpscale()                                             # doctest: +SKIP
    >>> render_database(PipelineSteps.of(upscale), "upscaled.cdb")            # doctest: +SKIP
    """

    algorithm: Any
    names: tuple[str, ...]
    steps: tuple[float, ...]
    whole: Grid
    labels: tuple[str, str] = ("", "")
    array_units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, algorithm: Any) -> PipelineSteps:
        """The steps of an algorithm, which is updated once to see its arrays.

        Raises
        ------
        ValueError
            If its output is no image data, or has no point array.
        """
        algorithm.UpdateInformation()
        information = algorithm.GetOutputInformation(0)
        whole, steps = grid_from_information(information), time_steps(information) or (0.0,)
        algorithm.UpdateTimeStep(steps[0])
        image = algorithm.GetOutputDataObject(0)
        names = tuple(arrays_of(image))
        if not names:
            raise ValueError(f"{algorithm.GetClassName()}: its output has no point array to draw")
        labels = (field_text(image, TIME_UNIT), field_text(image, LENGTH_UNIT))
        return cls(algorithm, names, tuple(float(t) for t in steps), whole, labels, units_of(image))

    @property
    def units(self) -> tuple[str, str]:
        """As the output says."""
        return self.labels

    def unit(self, name: str) -> str:
        """As the output says."""
        return self.array_units.get(name, "")

    def grid(self, name: str) -> Grid:
        """One for all arrays."""
        return self.whole

    def times(self, name: str) -> tuple[float, ...]:
        """One list for all arrays."""
        return self.steps

    def values(
        self,
        name: str,
        time: float,
        on_progress: Callable[[float, str], None],
        should_stop: Callable[[], bool],
    ) -> np.ndarray:
        """What an update gives; ValueError if the array, or the grid, is another at this time."""
        self.algorithm.UpdateTimeStep(time)
        found = arrays_of(self.algorithm.GetOutputDataObject(0))
        if name not in found or found[name].shape != self.whole.shape:
            got = "without it" if name not in found else f"with the shape (Z, Y, X) = {found[name].shape}"
            raise ValueError(
                f"{self.algorithm.GetClassName()}: must have the array {name!r} of shape {self.whole.shape} "
                f"at time {time:g}, got an output {got}"
            )
        return found[name]
