"""Open files of any kind as a series whose values are read step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.paths import (
    HDF5_SUFFIXES,
    INDEX_SUFFIXES,
    RAW_SUFFIXES,
    TIFF_SUFFIXES,
    VTK_SUFFIXES,
    Source,
    find_files,
    suffix_of,
)
from stsr_core.series import VolumeSeries


def open_series(
    source: Source,
    *,
    name: str | None = None,
    variables: Sequence[str] | None = None,
    axes: str | None = None,
    shape: Sequence[int] | None = None,
    dtype: str | np.dtype | type | None = None,
    times: Sequence[float] | np.ndarray | None = None,
    spacing: Sequence[float] | None = None,
    origin: Sequence[float] | None = None,
    time_step: float | None = None,
) -> VolumeSeries:
    """Open files as a series; headers are read now, values when a step is asked for.

    Parameters
    ----------
    source : path, pattern, or list of them
        ``.vti`` and evenly spaced ``.vtr`` (one file per step, in natural order: step2 before step10,
        lists as well), ``.pvd``, ``.vti.series``, ``.vtr.series``, HDF5 and NetCDF-4
        (``.h5 .hdf5 .nc .nc4``, ``file.h5:/path/to/dataset`` or a group; several files follow each
        other in time), TIFF (``.tif .tiff .ome.tif .ome.tiff``: one file of ImageJ or OME, or one stack per
        time), raw little-endian (``.raw .dat .bin``, one step per file).
    name : str, optional
        New name: of the variable where there is one, else the prefix ``name.`` of each.
    variables : list of str, optional
        Which to take, by the name of the variable or of the array it comes from; by default every
        numeric point array, data set or channel. An array of several components is one variable each:
        ``velocity_X``, ``velocity_Y``, ``velocity_Z``, or ``_0``, ``_1``, … where they are not three.
    axes : str, optional
        Axis order of an HDF5 data set, e.g. "XYZT"; by default from its dimension scales or labels,
        else "TZYX" or "ZYX". Or of a TIFF file, in which C is the channel.
    shape : (Z, Y, X), optional
        Nodes of a raw file, whose x varies fastest; raw files only.
    dtype : str or dtype, optional
        Number type of a raw file; raw files only.
    times : sequence of float, optional
        Physical times of the steps; by default those of the files, else 0, 1, 2, …
    spacing, origin : (z, y, x), optional
        In place of what the files say; a spacing that contradicts a TIFF file is refused.
    time_step : float, optional
        > 0: between times, where a TIFF file does not say it; the time of a numbered file is its number
        times this. TIFF files only.

    Returns
    -------
    VolumeSeries
        Variables with the type of the file; integer types are left as they are.

    Raises
    ------
    FileNotFoundError
        If a file is missing or a pattern matches none.
    ValueError
        If a file is unreadable or of another kind, a step differs from the first in shape, spacing,
        origin or type, a variable is missing, there are cell data only, or an argument does not apply.
    ImportError
        If VTK or tifffile is needed and not installed.

    Examples
    --------
    >>> open_series("run01/*.vti", name="run01")  # doctest: +SKIP
    """
    files, dataset = find_files(source)
    kind = _kind(files)
    if axes is not None and kind not in ("hdf5", "tiff"):
        raise ValueError(
            f"axes must be given for HDF5, NetCDF and TIFF files only, got axes={axes!r} for {files[0]}"
        )
    if time_step is not None and kind != "tiff":
        raise ValueError(f"time_step must be given for TIFF files only, got {time_step} for {files[0]}")
    if (shape is not None or dtype is not None) and kind != "raw":
        raise ValueError(
            f"shape and dtype must be given for raw files only, got shape={shape}, dtype={dtype} "
            f"for {files[0]}"
        )
    if kind == "vtk":
        from stsr_core.io.vtk_series import open_vtk

        series = open_vtk(files, variables, times)
    elif kind == "hdf5":
        from stsr_core.io.hdf5 import open_hdf5

        series = open_hdf5(files, dataset, variables, axes, times)
    elif kind == "tiff":
        from stsr_core.io.tiff import open_tiff

        series = open_tiff(files, variables, axes, times, spacing, time_step)
    else:
        from stsr_core.io.raw import open_raw

        series = open_raw(files, shape, dtype, times)
        series = series if variables is None else series.select(variables)
    placed: dict[str, Any] = {
        k: tuple(v) for k, v in (("spacing", spacing), ("origin", origin)) if v is not None
    }
    prefix = f"{name}." if name is not None and len(series) > 1 else ""
    return replace(
        series,
        variables=tuple(
            replace(
                v,
                name=prefix + v.name if prefix or name is None else name,
                grid=replace(v.grid, **placed),
            )
            for v in series
        ),
    )


def open_grid(path: Source) -> Grid:
    """The grid of a file's first step, for an output that is to lie on it.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`open_series`; raw files have no grid.
    """
    files, dataset = find_files(path)
    kind = _kind(files)
    if kind == "vtk":
        from stsr_core.io.vtk_series import first_grid

        return first_grid(files)
    if kind == "raw":
        raise ValueError(f"{files[0]}: a raw file has no grid")
    if kind == "tiff":
        from stsr_core.io.tiff import open_tiff

        return open_tiff(files).variables[0].grid
    from stsr_core.io.hdf5 import open_hdf5

    return open_hdf5(files[:1], dataset).variables[0].grid


def _kind(files: Sequence[Path]) -> str:
    suffixes = sorted({suffix_of(f) for f in files})
    for kind, known in (
        ("vtk", VTK_SUFFIXES + INDEX_SUFFIXES),
        ("hdf5", HDF5_SUFFIXES),
        ("raw", RAW_SUFFIXES),
        ("tiff", TIFF_SUFFIXES),
    ):
        if set(suffixes) <= set(known) and (len(suffixes) == 1 or kind != "vtk"):
            return kind
    raise ValueError(f"the files of one series must be of one kind, got {', '.join(suffixes)}")
