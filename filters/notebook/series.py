"""A series in Python's hands: files or meshes, their steps, and a model learned from them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.interrupts import interruptible
from stsr_core.io import open_series
from stsr_core.series import VolumeSeries
from stsr_core.words import names_of
from stsr_filters.notebook.choices import progress
from stsr_filters.notebook.meshes import mesh_of, series_of
from stsr_filters.notebook.model import Model

if TYPE_CHECKING:
    import pyvista


class Series:
    """Volumes over time, of one or several variables or ensemble members; read step by step.

    Parameters
    ----------
    source : path, pattern, list of paths, list of meshes, or VolumeSeries
        Files as of :func:`stsr_core.open_series` (``.vti .pvd .vtr``, HDF5, NetCDF-4, raw), or ImageData or
        evenly spaced RectilinearGrid on one grid, one per step.
    times : sequence of float, optional
        Physical times of the steps; by default those of the files or meshes.
    **options
        Of :func:`stsr_core.open_series`, for files: ``name``, ``variables``, ``shape``, ``dtype``, …

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If there is nothing to read, in one sentence.

    Examples
    --------
    >>> model = Series("run01/*.vti").fit(minutes=1, progress_bar=True)     # doctest: +SKIP

    Members of an ensemble, learned jointly:

    >>> both = Series("run01/*.vti", name="run01") + Series("run02/*.vti", name="run02")  # doctest: +SKIP
    """

    def __init__(self, source: Any, *, times: Sequence[float] | None = None, **options: Any) -> None:
        if isinstance(source, VolumeSeries):
            _refuse(times, options, "a VolumeSeries")
            self._series = source
        elif isinstance(source, str | os.PathLike) or _all_paths(source):
            self._series = open_series(source, times=times, **options)
        elif hasattr(source, "IsA") or isinstance(source, list | tuple):
            _refuse(None, options, "meshes")
            self._series = series_of(source if isinstance(source, list | tuple) else [source], times)
        else:
            raise TypeError(f"source must be files, meshes or a VolumeSeries, got {type(source).__name__}")

    @property
    def volumes(self) -> VolumeSeries:
        """What the core calls the series: arrays (Z, Y, X) step by step."""
        return self._series

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables or members."""
        return self._series.names

    @property
    def times(self) -> np.ndarray:
        """Physical times (T,) of the first variable."""
        return self._series.variables[0].times

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: int) -> pyvista.ImageData:
        """One step as a mesh, see :meth:`step`."""
        return self.step(index)

    def __iter__(self) -> Iterator[pyvista.ImageData]:
        return (self.step(i) for i in range(len(self)))

    def __add__(self, other: Series) -> Series:
        """The variables of both, whose names must differ."""
        return Series(VolumeSeries.merged([self._series, other._series]))

    def step(self, index: int, variables: str | Sequence[str] | None = None) -> pyvista.ImageData:
        """One step as it is stored.

        Parameters
        ----------
        index : int
            From 0, or from the end if it is negative.
        variables : str or sequence of str, optional
            By default all, which then must have one grid and the same times.

        Returns
        -------
        pyvista.ImageData

        Raises
        ------
        IndexError
            If there is no such step.
        ValueError
            If the variables lie on different grids or have other times.
        """
        chosen = self.select(variables)._series if variables is not None else self._series
        first, *others = chosen
        for other in others:
            if not other.grid.matches(first.grid) or not np.array_equal(other.times, first.times):
                raise ValueError(
                    f"{first.name} and {other.name} have different grids or times: choose one by variables"
                )
        if not -len(first.times) <= index < len(first.times):
            raise IndexError(f"the series has {len(first.times)} steps, got the index {index}")
        i = range(len(first.times))[index]
        return mesh_of(
            first.grid,
            {variable.name: variable.step(i) for variable in chosen},
            units={variable.name: variable.unit for variable in chosen},
            time=float(first.times[i]),
            time_unit=chosen.time_unit,
            length_unit=chosen.length_unit,
        )

    def select(self, variables: str | Sequence[str]) -> Series:
        """Only these variables, in the order given.

        Parameters
        ----------
        variables : str or sequence of str

        Returns
        -------
        Series
        """
        return Series(self._series.select(names_of(variables)))

    def keep(self, spatial_factor: int = 1, temporal_gap: int = 0) -> Series:
        """A part of the series, as a simulation would have stored it that writes less.

        Parameters
        ----------
        spatial_factor : int, default: 1
            Every how many voxels of each axis one is kept.
        temporal_gap : int, default: 0
            Steps left out between two kept ones.

        Returns
        -------
        Series
        """
        from stsr_core.kept import subsample

        return Series(subsample(self._series, spatial_factor, temporal_gap))

    def fit(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        minutes: float | None = None,
        field: str = "auto",
        spatial_factor: int | Sequence[int] = 1,
        temporal_gap: int | Sequence[int] = 0,
        overwrite: bool = False,
        progress_bar: bool = False,
        **options: Any,
    ) -> Model:
        """Learn one continuous field from the steps; an interrupt stops it and leaves a usable model.

        Parameters
        ----------
        path : str or Path, optional
            The model file, ``.stsr``. Without it the file goes with the model: see :meth:`Model.save`.
        minutes : float, optional
            How long to learn; by default a minute.
        field : str, default: "auto"
            Kind of field.
        spatial_factor, temporal_gap : int or sequence of int
            Learn from every ``spatial_factor``-th voxel of each axis, and leave out ``temporal_gap`` steps
            between two; by default everything is learned from.
        overwrite : bool, default: False
            Replace what stands at ``path``.
        progress_bar : bool, default: False
            Show how far it is, and how long it takes.
        **options
            Of :func:`stsr_core.fit`, such as ``seed``, ``compact`` or ``device``.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, FileExistsError
            If a setting is impossible, or ``path`` is taken.
        """
        from stsr_core.training import Progress, fit

        main = threading.current_thread() is threading.main_thread()
        interrupts: AbstractContextManager[list[int]] = interruptible() if main else nullcontext([])
        with ExitStack() as undo, interrupts as caught, progress("fit", progress_bar) as report:
            if path is None:
                folder = mkdtemp(prefix="stsr-")
                undo.callback(rmtree, folder, ignore_errors=True)
            target = os.path.join(folder, "model.stsr") if path is None else os.fspath(path)

            def tell(state: Progress) -> None:
                report(state.fraction, state.stage or f"PSNR of kept samples {state.psnr:.1f} dB")

            fit(
                self._series,
                target,
                field=field,
                minutes=minutes,
                spatial_factor=spatial_factor,
                temporal_gap=temporal_gap,
                overwrite=overwrite,
                on_progress=tell,
                should_stop=lambda: bool(caught),
                **options,
            )
            undo.pop_all()  # the folder goes with the model
        return Model(target) if path is not None else Model.with_its_folder(target)

    def __repr__(self) -> str:
        return (
            f"Series({', '.join(self.variables)}: {len(self)} steps, t = {self.times[0]:g} … "
            f"{self.times[-1]:g})"
        )

    def _repr_html_(self) -> str:
        from stsr_filters.notebook.html import series_html

        return series_html(self)


def _all_paths(source: Any) -> bool:
    paths = (
        [isinstance(each, str | os.PathLike) for each in source] if isinstance(source, list | tuple) else []
    )
    return bool(paths) and all(paths)


def _refuse(times: Any, options: dict[str, Any], what: str) -> None:
    told = [*(["times"] if times is not None else []), *options]
    if told:
        raise ValueError(f"{' and '.join(told)} belong to files, got them with {what}")
