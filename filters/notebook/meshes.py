"""Meshes of pyvista ↔ grids, images and series of the core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import (
    LENGTH_UNIT,
    TIME_UNIT,
    TIME_VALUE,
    arrays_of,
    field_text,
    grid_of,
    grid_of_rectilinear,
    to_vtk_image,
)
from stsr_core.series import Variable, VolumeSeries
from stsr_filters.comparison.pairs import unit_of

if TYPE_CHECKING:
    import pyvista


def grid_of_mesh(mesh: Any, what: str = "the mesh") -> Grid:
    """Nodes of an ImageData, or of an evenly spaced RectilinearGrid.

    Parameters
    ----------
    what : str
        What the mesh is, for messages.

    Raises
    ------
    TypeError
        It is neither.
    ValueError
        It has no points, or an axis is unevenly spaced.
    """
    if getattr(mesh, "IsA", None) is not None:
        if mesh.IsA("vtkImageData"):
            return grid_of(mesh)
        if mesh.IsA("vtkRectilinearGrid"):
            return grid_of_rectilinear(mesh, what)
    raise TypeError(
        f"{what} must be ImageData or an evenly spaced RectilinearGrid, got {type(mesh).__name__}; "
        "pyvista.ImageData.sample(mesh) makes one of any mesh"
    )


def point_arrays(mesh: Any, what: str = "the mesh") -> dict[str, np.ndarray]:
    """Numeric point arrays (Z, Y, X) by name, without a copy; ValueError if there are none."""
    found = arrays_of(mesh)
    if not found:
        cells = mesh.GetCellData().GetNumberOfArrays()
        remedy = "; mesh.cells_to_points() makes a node of every cell" if cells else ""
        raise ValueError(
            f"{what} must have a numeric point array, got {'cell data alone' if cells else 'none'}{remedy}"
        )
    return found


def as_image(mesh: Any, what: str) -> Any:
    """The mesh as image data with at least one point array; an ImageData is returned as it is."""
    grid, arrays = grid_of_mesh(mesh, what), point_arrays(mesh, what)
    if mesh.IsA("vtkImageData"):
        return mesh
    return to_vtk_image(grid, arrays, units={name: unit_of(mesh, name) for name in arrays})


def time_of(mesh: Any) -> float | None:
    """The time that a mesh says it is of, by the field data TimeValue as VTK's files do; None if none."""
    found = mesh.GetFieldData().GetArray(TIME_VALUE)
    return None if found is None or found.GetNumberOfTuples() == 0 else float(found.GetTuple1(0))


def series_of(meshes: Sequence[Any], times: Sequence[float] | None = None) -> VolumeSeries:
    """Meshes on one grid, one per step, as a series; their arrays are not copied.

    Parameters
    ----------
    meshes : sequence of ImageData or RectilinearGrid
        With the point arrays of the first.
    times : sequence of float, optional
        By default the times that the meshes say they are of, or else 0, 1, 2, …

    Raises
    ------
    TypeError, ValueError
        As of :func:`grid_of_mesh`; a mesh lies on another grid than the first or lacks one of its arrays.
    """
    if not meshes:
        raise ValueError("a series must hold at least one mesh, got none")
    what = "the mesh" if len(meshes) == 1 else "mesh 0"
    grid, first = grid_of_mesh(meshes[0], what), point_arrays(meshes[0], what)
    steps = [first]
    for i, mesh in enumerate(meshes[1:], start=1):
        if not grid_of_mesh(mesh, f"mesh {i}").matches(grid):
            raise ValueError(f"all meshes must have the nodes of the first, got others in mesh {i}")
        arrays = point_arrays(mesh, f"mesh {i}")
        if missing := [name for name in first if name not in arrays]:
            raise ValueError(f"all meshes must have the array {missing[0]!r}, got none in mesh {i}")
        steps.append(arrays)
    if times is None:
        said = [time_of(mesh) for mesh in meshes]
        times = [float(i) if None in said else said[i] for i in range(len(meshes))]  # type: ignore[misc]
    if len(times) != len(meshes):
        raise ValueError(f"times must be one per mesh, got {len(times)} for {len(meshes)} meshes")

    def reader(name: str) -> Callable[[int], np.ndarray]:
        return lambda i: steps[i][name]

    variables = tuple(
        Variable(name, grid, np.asarray(times), reader(name), values.dtype, unit_of(meshes[0], name))
        for name, values in first.items()
    )
    return VolumeSeries(variables, field_text(meshes[0], TIME_UNIT), field_text(meshes[0], LENGTH_UNIT))


def mesh_of(
    grid: Grid,
    arrays: dict[str, np.ndarray],
    *,
    units: dict[str, str],
    time: float | None = None,
    time_unit: str = "",
    length_unit: str = "",
) -> pyvista.ImageData:
    """A pyvista ImageData, see :func:`stsr_core.io.vtk.to_vtk_image`."""
    import pyvista

    return pyvista.wrap(
        to_vtk_image(grid, arrays, units=units, time=time, time_unit=time_unit, length_unit=length_unit)
    )
