"""Grids and values between VTK's pipeline and the core.

VTK's x-fastest order is mapped in :mod:`stsr_core.io.vtk` alone; here stands what only a pipeline has:
extents, information objects, pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stsr_core.grid import IDENTITY, Grid
from stsr_core.io.vtk import component_names, grid_from_extent, to_vtk_image
from stsr_core.request.mix import Mix
from stsr_filters.pipeline.vtk_compat import (
    vtkDataArray,
    vtkDataObject,
    vtkDoubleArray,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
    vtkStringArray,
)

#: VTK's (x0, x1, y0, y1, z0, z1), both ends included.
Extent = tuple[int, ...]


def vector(information, key, n: int) -> tuple | None:
    """The ``n`` numbers an information object holds under a vector key, None if it has none."""
    return tuple(key.Get(information, i) for i in range(n)) if information.Has(key) else None


def numbers(information, key) -> tuple[float, ...]:
    """All numbers under a vector key, () if there are none."""
    return tuple(key.Get(information, i) for i in range(key.Length(information)))


def time_steps(information) -> tuple[float, ...]:
    """The time steps a port announces, () if there are none."""
    return numbers(information, vtkStreamingDemandDrivenPipeline.TIME_STEPS())


def asked_time(information) -> float | None:
    """The time an output is wanted at, None for any."""
    key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
    return information.Get(key) if information.Has(key) else None


def grid_from_information(information) -> Grid:
    """The whole grid an upstream filter announces, before any of its data exists.

    Raises
    ------
    ValueError
        If what is announced is not image data (a uniform grid).
    """
    data = vtkDataObject.GetData(information)
    extent = vector(information, vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT(), 6)
    if data is None or not data.IsA("vtkImageData"):
        found = "nothing" if data is None else data.GetClassName()
        raise ValueError(f"the input must be image data (a uniform grid), got {found}{_remedy(data)}")
    if extent is None or any(extent[2 * i] > extent[2 * i + 1] for i in range(3)):
        raise ValueError("the input must have at least one node, got an empty image")
    origin = vector(information, vtkDataObject.ORIGIN(), 3) or (0.0, 0.0, 0.0)
    spacing = vector(information, vtkDataObject.SPACING(), 3) or (1.0, 1.0, 1.0)
    return grid_from_extent(
        extent, origin, spacing, vector(information, vtkDataObject.DIRECTION(), 9) or IDENTITY
    )


def _remedy(data) -> str:
    """How to make an image of it, in ParaView's words."""
    if data is None:
        return ""
    if data.IsA("vtkCompositeDataSet"):
        return "; take one block with Extract Block first"
    return "; make an image of it with Resample To Image first"


def announce(
    information, grid: Grid, times: Sequence[float] | np.ndarray, time_range: tuple[float, float] | None
) -> None:
    """Tell the pipeline the whole grid and the time steps of an output before it is computed."""
    pipeline = vtkStreamingDemandDrivenPipeline
    information.Set(pipeline.WHOLE_EXTENT(), whole_extent(grid), 6)
    information.Set(vtkDataObject.ORIGIN(), grid.origin[::-1], 3)
    information.Set(vtkDataObject.SPACING(), grid.spacing[::-1], 3)
    information.Set(vtkDataObject.DIRECTION(), grid.direction, 9)
    if time_range is None:
        information.Remove(pipeline.TIME_STEPS())
        information.Remove(pipeline.TIME_RANGE())
    else:
        information.Set(pipeline.TIME_STEPS(), [float(t) for t in times], len(times))
        information.Set(pipeline.TIME_RANGE(), time_range, 2)


def announce_places(inInfo) -> None:
    """Announce of each input where its nodes lie, now that they are there.

    ``vtkResampleToImage`` finds it out when it is executed, and announces only how many there are.
    """
    if not inInfo:
        return
    for port in inInfo:
        for i in range(port.GetNumberOfInformationObjects()):
            information = port.GetInformationObject(i)
            image = vtkImageData.GetData(information)
            if image is not None and image.GetNumberOfPoints():
                information.Set(vtkDataObject.ORIGIN(), image.GetOrigin(), 3)
                information.Set(vtkDataObject.SPACING(), image.GetSpacing(), 3)


def ask_for_whole(information) -> None:
    """Ask an input for all of the grid it announces, if it announces one."""
    pipeline = vtkStreamingDemandDrivenPipeline
    whole = vector(information, pipeline.WHOLE_EXTENT(), 6)
    if whole is not None:
        information.Set(pipeline.UPDATE_EXTENT(), whole, 6)


def ask_for_one_node(information) -> None:
    """Ask an input for the first node of the grid it announces, if it announces one."""
    pipeline = vtkStreamingDemandDrivenPipeline
    whole = vector(information, pipeline.WHOLE_EXTENT(), 6)
    if whole is not None:
        information.Set(pipeline.UPDATE_EXTENT(), [whole[i - i % 2] for i in range(6)], 6)


def whole_extent(grid: Grid) -> Extent:
    """(0, X−1, 0, Y−1, 0, Z−1)."""
    z, y, x = grid.shape
    return (0, x - 1, 0, y - 1, 0, z - 1)


def part_of(extent: Extent) -> tuple[slice, slice, slice]:
    """The part ``extent`` of an array (Z, Y, X) over a whole grid.

    Examples
    --------
    >>> part_of((1, 3, 0, 2, 4, 4))
    (slice(4, 5, None), slice(0, 3, None), slice(1, 4, None))
    """
    x0, x1, y0, y1, z0, z1 = extent
    return slice(z0, z1 + 1), slice(y0, y1 + 1), slice(x0, x1 + 1)


def piece(grid: Grid, extent: Extent) -> Grid:
    """The nodes of ``grid`` within ``extent``.

    Examples
    --------
    >>> piece(Grid((4, 4, 4), spacing=(3.0, 2.0, 1.0)), (1, 3, 0, 3, 2, 3))
    Grid(shape=(2, 4, 3), origin=(6.0, 0.0, 1.0), spacing=(3.0, 2.0, 1.0), direction=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    """  # noqa: E501
    return grid.part([extent[2 * i : 2 * i + 2] for i in (2, 1, 0)])  # type: ignore[misc]


def image_of(
    grid: Grid, extent: Extent, values: Mapping[str, np.ndarray], units: Mapping[str, str]
) -> vtkImageData:
    """The part ``extent`` of an image over the whole ``grid``, holding ``values`` (Z, Y, X …) by name."""
    image = to_vtk_image(piece(grid, extent), values, units=units)
    # Pieces of one image share its origin and differ in extent.
    image.SetOrigin(*grid.origin[::-1])
    image.SetExtent(*extent)
    return image


def units_of(image) -> dict[str, str]:
    """Units of the point arrays by variable name, where they are known."""
    data, units = image.GetPointData(), {}
    for i in range(data.GetNumberOfArrays()):
        array = data.GetArray(i)
        if array is not None and array.GetInformation().Has(vtkDataArray.UNITS_LABEL()):
            names = component_names(array.GetName() or f"array_{i}", array.GetNumberOfComponents())
            units.update(dict.fromkeys(names, array.GetInformation().Get(vtkDataArray.UNITS_LABEL())))
    return units


def add_weights(image: vtkImageData, arrays: Mapping[str, Mix]) -> None:
    """For each array mixed of several variables, field data ``NAME members`` and ``NAME weights``."""
    for name, mix in arrays.items():
        if len(mix.weights) < 2:
            continue
        members, weights = vtkStringArray(), vtkDoubleArray()
        members.SetName(f"{name} members")
        weights.SetName(f"{name} weights")
        for member, weight in mix.weights:
            members.InsertNextValue(member)
            weights.InsertNextValue(weight)
        image.GetFieldData().AddArray(members)
        image.GetFieldData().AddArray(weights)


def add_text(image: vtkImageData, name: str, text: str) -> None:
    """Add field data of one string."""
    array = vtkStringArray()
    array.SetName(name)
    array.InsertNextValue(text)
    image.GetFieldData().AddArray(array)
