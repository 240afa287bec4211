"""``.stsr`` files in pyvista: ``pv.read``, ``pv.get_reader`` and ``mesh.save``.

pyvista imports this file, by the entry points ``.stsr`` of the groups ``pyvista.readers`` and
``pyvista.writers``, when such a file is first read or written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyvista

from stsr_core.model.checkpoint import CheckpointError
from stsr_filters.notebook.choices import checked_time
from stsr_filters.notebook.interpolation import INTERPOLATION
from stsr_filters.notebook.model import Model
from stsr_filters.notebook.series import Series

_PROGRESS_EVENT = 6  # as pyvista's own readers without VTK's send it


class _ModelFile(pyvista.BaseVTKReader):
    """What decodes, in the words of a VTK reader."""

    def __init__(self) -> None:
        super().__init__()
        self.model: Any = None
        self.time: float | None = None
        self.choices: dict[str, Any] = {}
        self._done = 0.0

    def UpdateInformation(self) -> None:
        """Read the header; OSError if there is no usable model, for pyvista takes a ValueError as its own."""
        try:
            self.model = Model(self._filename)
        except CheckpointError as error:
            raise OSError(str(error)) from None
        self.time = self.model.time_range[0]

    def Update(self) -> None:
        """Decode one step."""
        self._data_object = self.model.at(self.time, report=self._report, **self.choices)

    def GetProgress(self) -> float:
        """How far it is, 0 to 1."""
        return self._done

    def _report(self, fraction: float, text: str) -> None:
        self._done = fraction
        self.UpdateObservers(_PROGRESS_EVENT)


class StsrReader(pyvista.BaseReader, pyvista.TimeReader):  # type: ignore[type-arg]
    """Reads ``.stsr`` models: the variables at any time and resolution.

    The interface is that of :class:`pyvista.PVDReader`; besides the listed times any time between them can be
    active. What is read can be chosen by attributes, and so by keywords of :func:`pyvista.read`.

    Examples
    --------
    >>> import pyvista as pv                                                        # doctest: +SKIP
    >>> reader = pv.get_reader("vortex.stsr")                                       # doctest: +SKIP
    >>> reader.set_active_time_value(0.325)                                         # doctest: +SKIP
    >>> mesh = reader.read()                                                        # doctest: +SKIP
    >>> finer = pv.read("vortex.stsr", active_time_value=0.325, factor=2)           # doctest: +SKIP
    """

    _class_reader = _ModelFile

    @property
    def model(self) -> Model:
        """The model itself."""
        return self.reader.model

    @property
    def number_time_points(self) -> int:
        """How many times are listed: those of the steps that the kept ones were taken from."""
        return len(self.model.times)

    def time_point_value(self, time_point: int) -> float:
        """A listed time by its index.

        Parameters
        ----------
        time_point : int

        Returns
        -------
        float
        """
        return float(self.model.times[time_point])

    @property
    def active_time_value(self) -> float:
        """The time that is read."""
        return self.reader.time

    @active_time_value.setter
    def active_time_value(self, time_value: float) -> None:
        self.set_active_time_value(time_value)

    def set_active_time_value(self, time_value: float) -> None:
        """Choose any time between the first and the last; outside, the nearest end is shown, with a warning.

        Parameters
        ----------
        time_value : float
        """
        self.reader.time = checked_time(time_value, self.model.domain)

    def set_active_time_point(self, time_point: int) -> None:
        """Choose a listed time.

        Parameters
        ----------
        time_point : int
            From 0 to ``number_time_points`` − 1.
        """
        if not 0 <= time_point < self.number_time_points:
            raise ValueError(f"time_point must lie from 0 to {self.number_time_points - 1}, got {time_point}")
        self.set_active_time_value(self.time_point_value(time_point))

    @property
    def factor(self) -> float | Sequence[float] | None:
        """Intervals per interval of the model's own grid; None for that grid itself."""
        return self.reader.choices.get("factor")

    @factor.setter
    def factor(self, factor: float | Sequence[float] | None) -> None:
        self.reader.choices["factor"] = factor

    @property
    def dimensions(self) -> Sequence[int] | None:
        """Number of points X, Y, Z; None to leave it to the factor."""
        return self.reader.choices.get("dimensions")

    @dimensions.setter
    def dimensions(self, dimensions: Sequence[int] | None) -> None:
        self.reader.choices["dimensions"] = dimensions

    @property
    def variables(self) -> str | Sequence[str] | None:
        """Which variables are read; None for all."""
        return self.reader.choices.get("variables")

    @variables.setter
    def variables(self, variables: str | Sequence[str] | None) -> None:
        self.reader.choices["variables"] = variables


def write(mesh: Any, path: str, **options: Any) -> None:
    """Save one mesh as a model, which interpolates it: ParaView then shows it at any resolution.

    Parameters
    ----------
    mesh : ImageData or RectilinearGrid
    path : str
        As pyvista does it, what stands there is replaced.
    **options
        Of :meth:`Series.fit`; by default the field is ``tricubic_linear``, which is there at once.
    """
    Series(mesh).fit(path, **{"field": INTERPOLATION, "overwrite": True, **options})
