"""Square images as files: nodal values and coefficients, .npy or whatever a series can be opened from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stsr_core.grid import Grid


def read_image(path: str, what: str) -> tuple[np.ndarray, Grid | None]:
    """One image (Y, X) as float64, and the grid of a file that has one.

    Parameters
    ----------
    path : str
        ``.npy``, or a source of :func:`stsr_core.open_series` with one variable, one step and one slice.
    what : str
        What it is, for messages.

    Raises
    ------
    ValueError
        If it is no single image.
    """
    if path.lower().endswith(".npy"):
        try:
            values = np.load(path)
        except (ValueError, EOFError) as error:
            raise ValueError(f"{path}: expected an array of numbers: {error}") from None
        if values.ndim != 2 or not np.issubdtype(values.dtype, np.number):
            raise ValueError(f"{path}: {what} must be numbers (Y, X), got {values.dtype} {values.shape}")
        return values.astype(np.float64), None
    from stsr_core.io import open_series

    series = open_series(path)
    if len(series) != 1:
        names = ", ".join(series.names)
        raise ValueError(
            f"{path}: {what} must be one variable, got {names}; name one in PATH:/NAME or another file"
        )
    variable = series[series.names[0]]
    if variable.grid.shape[0] != 1 or len(variable.times) != 1:
        raise ValueError(
            f"{path}: {what} must be one step of one slice, got {len(variable.times)} steps of "
            f"{variable.grid.shape[0]} slices"
        )
    return np.asarray(variable.read(0)[0], dtype=np.float64), variable.grid


def write_image(path: Path, values: np.ndarray, grid: Grid, name: str, overwrite: bool) -> None:
    """Write an image as .npy, or as a series of one step; nothing half-written is left.

    Parameters
    ----------
    path : path
    values : ndarray
        (Y, X).
    grid : Grid
        (1, Y, X).
    name : str
        Of the variable.
    overwrite : bool
        Replace what is there.
    """
    if path.suffix.lower() != ".npy":
        from stsr_core.io import write_series

        write_series(path, grid, [0.0], lambda step: {name: values[None]}, overwrite=overwrite)
        return
    from stsr_core.io.paths import replacing

    check_free(path, overwrite)
    with replacing() as beside, open(beside(path), "wb") as stream:
        np.save(stream, values)


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse, before any work, an output that exists or whose folder does not."""
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {path.absolute().parent} does not exist")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; choose another output, or --overwrite it")


def unit_square(count: int) -> Grid:
    """The grid of n×n nodes on the unit square."""
    return Grid((1, count, count), spacing=(1.0, 1 / (count - 1), 1 / (count - 1)))
