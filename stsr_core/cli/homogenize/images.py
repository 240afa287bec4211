"""Square images as files: nodal values and coefficients, .npy or whatever a series can be opened from.

A coefficient in a .vti is cell data, as Multiscale Diffusion gives it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stsr_core.grid import Grid
from stsr_core.homogenization.coefficients import on_elements


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


def read_coefficient(path: str) -> np.ndarray:
    """A (E, E) as float64: of a .vti its cell array, if it has one; else as :func:`read_image`.

    Parameters
    ----------
    path : str

    Raises
    ------
    ValueError
        If it is no single image, or there are several cell arrays.
    """
    if path.lower().endswith(".vti") and Path(path).is_file():
        from stsr_core.io.vtk_xml import read_cell_array, read_header

        header = read_header(Path(path))
        if len(header.cell_arrays) > 1:
            names = ", ".join(header.cell_arrays)
            raise ValueError(f"{path}: the coefficient must be the only cell array, got {names}")
        if header.cell_arrays:
            values = read_cell_array(header, header.cell_arrays[0])
            if len(values) != 1:
                raise ValueError(f"{path}: the coefficient must be one slice in z, got {len(values)}")
            return values[0].astype(np.float64)
    return read_image(path, "the coefficient")[0]


def write_solution(
    path: Path, values: np.ndarray, grid: Grid, coefficient: np.ndarray, overwrite: bool
) -> None:
    """Write u; a .vti gets A as cell data besides, where each element lies in one cell.

    Parameters
    ----------
    path : path
    values : ndarray
        u (n, n).
    grid : Grid
        (1, n, n).
    coefficient : ndarray
        A (E, E).
    overwrite : bool
        Replace what is there.
    """
    fine = on_elements(coefficient, len(values) - 1)
    if path.suffix.lower() == ".vti" and fine is not None:
        _write_vti(path, grid, {"u": values}, {"A": fine}, overwrite)
    else:
        write_image(path, values, grid, "u", overwrite)


def write_coefficient(path: Path, coefficient: np.ndarray, overwrite: bool) -> None:
    """Write A on the unit square: in a .vti as cell data, elsewhere as an image with a node for each cell.

    Parameters
    ----------
    path : path
    coefficient : ndarray
        A (E, E).
    overwrite : bool
        Replace what is there.
    """
    cells = len(coefficient)
    if path.suffix.lower() == ".vti":
        _write_vti(path, unit_square(cells + 1), {}, {"A": coefficient}, overwrite)
        return
    centres = Grid((1, cells, cells), (0.0, 0.5 / cells, 0.5 / cells), (1.0, 1 / cells, 1 / cells))
    write_image(path, coefficient, centres, "A", overwrite)


def _write_vti(
    path: Path, grid: Grid, nodes: dict[str, np.ndarray], cells: dict[str, np.ndarray], overwrite: bool
) -> None:
    from stsr_core.io.labels import Labels
    from stsr_core.io.paths import replacing
    from stsr_core.io.vtk_xml import write_file

    check_free(path, overwrite)
    of_nodes, of_cells = ({name: values[None] for name, values in of.items()} for of in (nodes, cells))
    with replacing() as beside:
        write_file(beside(path), ".vti", grid, of_nodes, 0.0, Labels(), of_cells)


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
