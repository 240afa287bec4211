"""Where the volumes of pictures come from: a series, at its own times, or a model, at any."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from stsr_core.coordinates import OutsideTrainedRange
from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_image
from stsr_core.request.output import Output, Request
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.output_times import TimeChoice, TimeMode
from stsr_core.series import VolumeSeries
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import ModelKey, Order, Performance, model_key

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkImageData

Report = Callable[[float, str], None]
Stop = Callable[[], bool]


class Steps(Protocol):
    """Volumes of several variables at their times."""

    @property
    def names(self) -> tuple[str, ...]:
        """The variables."""
        ...

    @property
    def units(self) -> tuple[str, str]:
        """Those of time and length, "" where they are not known."""
        ...

    def unit(self, name: str) -> str:
        """That of a variable."""
        ...

    def grid(self, name: str) -> Grid:
        """Where a variable lies."""
        ...

    def times(self, name: str) -> tuple[float, ...]:
        """When there is a variable."""
        ...

    def values(self, name: str, time: float, on_progress: Report, should_stop: Stop) -> np.ndarray:
        """One step (Z, Y, X); raises :class:`~stsr_core.interrupts.Stopped` if it was stopped."""
        ...


def image_of_step(steps: Steps, name: str, values: np.ndarray) -> vtkImageData:
    """A step as VTK's image."""
    return to_vtk_image(steps.grid(name), {name: values})


@dataclass(frozen=True)
class SeriesSteps:
    """The steps of a series, a :class:`Steps`.

    Parameters
    ----------
    series : VolumeSeries
    asked : sequence of float, optional
        These of its times alone.

    Raises
    ------
    ValueError
        If a time was asked for that no variable has.
    """

    series: VolumeSeries
    asked: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.asked is None:
            return
        stored = np.unique(np.concatenate([v.times for v in self.series]))
        near = stored[np.abs(stored - np.reshape(self.asked, (-1, 1))).argmin(axis=1)]
        # Typed in decimals, and stored in a file as float32 perhaps.
        apart = np.abs(near - self.asked) > 1e-6 * np.maximum(np.abs(near), np.ptp(stored))
        if apart.any():
            i = int(np.argmax(apart))
            raise ValueError(
                f"the series has no step at time {self.asked[i]:g}, the nearest is {near[i]:g}; between its "
                "steps only a model (.stsr) can be rendered"
            )
        object.__setattr__(self, "asked", tuple(near.tolist()))

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the series."""
        return self.series.names

    @property
    def units(self) -> tuple[str, str]:
        """Those of time and length."""
        return self.series.time_unit, self.series.length_unit

    def unit(self, name: str) -> str:
        """As the series says."""
        return self.series[name].unit

    def grid(self, name: str) -> Grid:
        """That of the variable."""
        return self.series[name].grid

    def times(self, name: str) -> tuple[float, ...]:
        """Its steps, or those of them that were asked for."""
        wanted = None if self.asked is None else set(self.asked)
        return tuple(float(t) for t in self.series[name].times if wanted is None or t in wanted)

    def values(self, name: str, time: float, on_progress: Report, should_stop: Stop) -> np.ndarray:
        """Read from the files."""
        variable = self.series[name]
        return variable.step(int(np.flatnonzero(variable.times == time)[0]))


@dataclass(frozen=True)
class ModelSteps:
    """What a model says at any times, a :class:`Steps`.

    Parameters
    ----------
    key : ModelKey
        The model file, as it was when this was made.
    output : Output
        Grid, times and arrays.
    labels : (str, str)
        Units of time and length.
    performance : Performance
    """

    key: ModelKey
    output: Output
    labels: tuple[str, str]
    performance: Performance
    _decoder: Decoder = field(default_factory=Decoder, repr=False, compare=False)

    @classmethod
    def open(
        cls,
        path: str,
        *,
        variables: Sequence[str] = (),
        times: Sequence[float] | None = None,
        time_factor: float = 1.0,
        factor: float | tuple[float, float, float] = 1.0,
        device: str = "auto",
    ) -> ModelSteps:
        """The steps of a model file, on the grid that its samples were kept from, refined by ``factor``.

        Parameters
        ----------
        variables : sequence of str
            () for all.
        times : sequence of float, optional
            Any; by default the steps that its samples were kept from, each interval split into
            ``time_factor``.
        factor : float or three floats (x, y, z)
        device : str
            "auto", "cpu", "cuda", "cuda:N" or "mps".

        Raises
        ------
        CheckpointError, ValueError
            If there is no usable model, or what is asked for is impossible.

        Warns
        -----
        OutsideTrainedRange
            If times lie outside the range that the model was trained on, once per range.
        """
        decoder = Decoder()
        header = decoder.header(path)
        performance = Performance(device)
        performance.check()
        request = Request(
            tuple(variables),
            grid=GridChoice(factor=factor),
            time=TimeChoice(TimeMode.ORIGINAL, time_factor, None if times is None else tuple(times)),
        )
        output = request.output(header.domain)
        for text in output.remarks:
            warnings.warn(text, stacklevel=2)
        for text in output.content.warnings(output.times):
            warnings.warn(text, OutsideTrainedRange, stacklevel=2)
        return cls(model_key(path), output, (header.time_unit, header.length_unit), performance, decoder)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that were asked for."""
        return tuple(self.output.content.units)

    @property
    def units(self) -> tuple[str, str]:
        """As the model says."""
        return self.labels

    def unit(self, name: str) -> str:
        """As the model says."""
        return self.output.content.units[name]

    def grid(self, name: str) -> Grid:
        """One for all variables."""
        return self.output.grid

    def times(self, name: str) -> tuple[float, ...]:
        """The listed times."""
        return tuple(float(t) for t in self.output.times)

    def values(self, name: str, time: float, on_progress: Report, should_stop: Stop) -> np.ndarray:
        """Decoded; the last ones are kept."""
        arrays = self.output.content.step(time).arrays
        order = Order(self.key, self.output.grid, ((name, arrays[name]),))
        return self._decoder.decode(order, self.performance, on_progress, should_stop).values[name]
