"""Series → one HDF5 file with dimension scales, which is NetCDF-4 at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import IDENTITY, Grid
from stsr_core.io.hdf5_file import created, named
from stsr_core.io.labels import Labels

_AXES = ("time", "z", "y", "x")


def write_hdf5(
    path: Path,
    grid: Grid,
    times: np.ndarray,
    steps: Iterable[Mapping[str, np.ndarray]],
    labels: Labels,
) -> None:
    """Write data sets ``/NAME`` (T, Z, Y, X) with coordinate variables time, z, y, x.

    Spacing and direction, which positions do not tell exactly, are the attributes ``stsr_spacing``
    (z, y, x) and ``stsr_direction``.

    Raises
    ------
    ValueError
        If a variable has the name of an axis, or "/" in its name.
    OSError
        If the file cannot be written.
    """
    iterator = iter(steps)
    first = next(iterator)
    for name in first:
        if name in _AXES or "/" in name or not name:
            raise ValueError(f"{name!r} cannot be a variable name in HDF5: it is an axis or holds a slash")
    with created(path) as file:
        with named(path, doing="write", failure=OSError):
            _lay_out(file, grid, times, {name: values.dtype for name, values in first.items()}, labels)
        for i, arrays in enumerate(chain([first], iterator)):
            with named(path, doing=f"write step {i}", failure=OSError):
                for name, values in arrays.items():
                    file[name][i] = values


def _lay_out(
    file: Any, grid: Grid, times: np.ndarray, dtypes: Mapping[str, np.dtype], labels: Labels
) -> None:
    """Everything but the values."""
    _set_text(file, "Conventions", "CF-1.8")
    positions = (np.asarray(times, dtype=np.float64), grid.axis(0), grid.axis(1), grid.axis(2))
    for axis, values in zip(_AXES, positions, strict=True):
        file[axis] = values
        file[axis].make_scale(axis)
        _set_text(file[axis], "axis", axis[0].upper())
        unit = labels.time_unit if axis == "time" else labels.length_unit
        if unit:
            _set_text(file[axis], "units", unit)
    for name, dtype in dtypes.items():
        data = file.create_dataset(name, (len(times), *grid.shape), dtype=dtype)
        for i, axis in enumerate(_AXES):
            data.dims[i].attach_scale(file[axis])
        if labels.units.get(name):
            _set_text(data, "units", labels.units[name])
        data.attrs["stsr_spacing"] = np.array(grid.spacing)
        if grid.direction != IDENTITY:
            data.attrs["stsr_direction"] = np.array(grid.direction)


def _set_text(node: Any, name: str, text: str) -> None:
    import h5py

    # Of fixed length: programs that read NetCDF attributes as characters pass over other strings.
    encoded = text.encode("utf-8")
    node.attrs.create(name, encoded, dtype=h5py.string_dtype("utf-8", len(encoded)))
