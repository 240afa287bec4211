"""VTK data sets ↔ arrays (Z, Y, X).

VTK's order, x first and x fastest, is known here and in the other files ``io/vtk*.py``, and for the extents
that travel through a pipeline in ``filters/pipeline/information.py``; tests/house/test_vtk_rules.py sees to
it. Only ``vtkmodules`` and its classic Get/Set interface are used, so that ParaView 5.11 (VTK 9.2) and VTK
9.3 to 9.7 run the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from stsr_core.grid import IDENTITY, Grid
from stsr_core.io.axes import even_axis

#: Arrays by which VTK marks ghosts and invalid points; never values to learn.
MASKS = ("vtkGhostType", "vtkValidPointMask")
TIME_VALUE = "TimeValue"  # the field data by which VTK's XML files tell their time
TIME_UNIT = "TimeUnit"
LENGTH_UNIT = "LengthUnit"


def load(module: str) -> Any:
    """A module of ``vtkmodules``.

    Raises
    ------
    ImportError
        One sentence that says how to install VTK.
    """
    try:
        return import_module(f"vtkmodules.{module}")
    except ImportError as error:
        raise ImportError(
            f'reading and writing VTK data needs VTK: pip install "stsr[vtk]" ({error})'
        ) from None


def component_names(name: str, count: int) -> list[str]:
    """Variable names of the components of an array.

    Examples
    --------
    >>> component_names("p", 1), component_names("velocity", 3), component_names("c", 2)
    (['p'], ['velocity_X', 'velocity_Y', 'velocity_Z'], ['c_0', 'c_1'])
    """
    if count == 1:
        return [name]
    return [f"{name}_{k}" for k in ("XYZ" if count == 3 else range(count))]


def grid_of(image: Any) -> Grid:
    """Grid of a vtkImageData; its origin is the position of the first node, whatever its extent.

    Raises
    ------
    ValueError
        If the image has no points.
    """
    if image.GetNumberOfPoints() == 0:
        raise ValueError("the image must have at least one point, got 0")
    matrix = image.GetDirectionMatrix()
    direction = [matrix.GetElement(i, j) for i in range(3) for j in range(3)]
    return grid_from_extent(image.GetExtent(), image.GetOrigin(), image.GetSpacing(), direction)


def grid_from_extent(extent: Any, origin: Any, spacing: Any, direction: Any) -> Grid:
    """From VTK's x-first numbers."""
    counts = [extent[2 * i + 1] - extent[2 * i] + 1 for i in range(3)]
    # VTK's origin is where index 0 is, and the extent need not begin there.
    shift = np.reshape(direction, (3, 3)) @ [s * extent[2 * i] for i, s in enumerate(spacing)]
    first = [float(o + d) for o, d in zip(origin, shift, strict=True)]
    # A flat image may carry any spacing across its single layer.
    steps = [s if n > 1 or s > 0 else 1.0 for s, n in zip(spacing, counts, strict=True)]
    z, y, x = counts[::-1]
    return Grid((z, y, x), tuple(first[::-1]), tuple(steps[::-1]), tuple(direction))  # type: ignore[arg-type]


def grid_of_rectilinear(data: Any, source: str) -> Grid:
    """Grid of an evenly spaced vtkRectilinearGrid; ``source`` is named in errors.

    Raises
    ------
    ValueError
        If an axis is unevenly spaced (the message names it and the spread) or descends.
    """
    convert = load("util.numpy_support").vtk_to_numpy
    axes = {"z": data.GetZCoordinates(), "y": data.GetYCoordinates(), "x": data.GetXCoordinates()}
    if missing := [name for name, positions in axes.items() if positions is None]:
        raise ValueError(f"{source}: the {missing[0]} axis has no coordinates")
    even = {name: even_axis(convert(positions), name, source) for name, positions in axes.items()}
    if any(descending for _, _, descending in even.values()):
        raise ValueError(f"{source}: the coordinates must increase along every axis")
    x, y, z = data.GetDimensions()
    origin = tuple(o for o, _, _ in even.values())
    return Grid((z, y, x), origin, tuple(s for _, s, _ in even.values()))  # type: ignore[arg-type]


def arrays_of(image: Any) -> dict[str, np.ndarray]:
    """Numeric point arrays of a vtkImageData as (Z, Y, X), one entry per component, without a copy.

    Ghost and validity marks are left out; arrays of several components are named by
    :func:`component_names`.
    """
    x, y, z = image.GetDimensions()
    data = image.GetPointData()
    out: dict[str, np.ndarray] = {}
    for i in range(data.GetNumberOfArrays()):
        array = data.GetArray(i)  # None for strings
        if array is None or array.GetName() in MASKS or dtype_of(array.GetDataType()) is None:
            continue
        count = array.GetNumberOfComponents()
        for c, name in enumerate(component_names(array.GetName() or f"array_{i}", count)):
            out[name] = component_of(array, (z, y, x), c)
    return out


def component_of(array: Any, shape: tuple[int, int, int], component: int) -> np.ndarray:
    """One component of a vtkDataArray as (Z, Y, X), without a copy."""
    values = load("util.numpy_support").vtk_to_numpy(array)
    return values.reshape(*shape, array.GetNumberOfComponents())[..., component]


def to_vtk_image(
    grid: Grid,
    arrays: Mapping[str, np.ndarray],
    *,
    units: Mapping[str, str] | None = None,
    time: float | None = None,
    time_unit: str = "",
    length_unit: str = "",
) -> Any:
    """A vtkImageData with point arrays (Z, Y, X), copied; all units and the time are stored with it.

    An array (Z, Y, X, n) has n components.
    """
    image = load("vtkCommonDataModel").vtkImageData()
    image.SetDimensions(*grid.shape[::-1])
    image.SetOrigin(*grid.origin[::-1])
    image.SetSpacing(*grid.spacing[::-1])
    image.SetDirectionMatrix(*grid.direction)
    _fill(image, grid, arrays, units or {}, time, {TIME_UNIT: time_unit, LENGTH_UNIT: length_unit})
    return image


def to_rectilinear(
    grid: Grid,
    arrays: Mapping[str, np.ndarray],
    *,
    units: Mapping[str, str],
    time: float,
    time_unit: str,
    length_unit: str = "",
) -> Any:
    """One step as a new vtkRectilinearGrid, evenly spaced; ValueError for a rotated grid."""
    if not np.allclose(grid.direction, IDENTITY):
        raise ValueError(f".vtr cannot store the direction matrix {grid.direction}; write .vti or .pvd")
    data = load("vtkCommonDataModel").vtkRectilinearGrid()
    data.SetDimensions(*grid.shape[::-1])
    to_vtk = load("util.numpy_support").numpy_to_vtk
    data.SetZCoordinates(to_vtk(grid.axis(0), deep=True))
    data.SetYCoordinates(to_vtk(grid.axis(1), deep=True))
    data.SetXCoordinates(to_vtk(grid.axis(2), deep=True))
    _fill(data, grid, arrays, units, time, {TIME_UNIT: time_unit, LENGTH_UNIT: length_unit})
    return data


def to_vtk_picture(picture: np.ndarray) -> Any:
    """A picture (H, W, 3) uint8, the top row first, as a flat vtkImageData with the point array ``RGB``."""
    height, width = picture.shape[:2]
    image = load("vtkCommonDataModel").vtkImageData()
    image.SetDimensions(width, height, 1)
    to_vtk = load("util.numpy_support").numpy_to_vtk
    pixels = to_vtk(np.ascontiguousarray(picture[::-1]).reshape(-1, 3), deep=True)
    pixels.SetName("RGB")
    image.GetPointData().SetScalars(pixels)
    return image


def _fill(
    data: Any,
    grid: Grid,
    arrays: Mapping[str, np.ndarray],
    units: Mapping[str, str],
    time: float | None,
    labels: Mapping[str, str],
) -> None:
    core = load("vtkCommonCore")
    to_vtk = load("util.numpy_support").numpy_to_vtk
    for name, values in arrays.items():
        if values.shape[:3] != grid.shape or values.ndim > 4:
            raise ValueError(f"{name}: array must have shape (Z, Y, X) = {grid.shape}, got {values.shape}")
        stored = np.ascontiguousarray(values, vtk_storable(values.dtype))
        array = to_vtk(stored.reshape(-1, *values.shape[3:]), deep=True)
        array.SetName(name)
        if units.get(name):
            array.GetInformation().Set(core.vtkDataArray.UNITS_LABEL(), units[name])
        data.GetPointData().AddArray(array)
    if arrays:
        data.GetPointData().SetActiveScalars(next(iter(arrays)))
    if time is not None:
        value = to_vtk(np.array([time], dtype=np.float64), deep=True)
        value.SetName(TIME_VALUE)
        data.GetFieldData().AddArray(value)
    for name, text in labels.items():
        if text:
            label = core.vtkStringArray()
            label.SetName(name)
            label.InsertNextValue(text)
            data.GetFieldData().AddArray(label)


def field_text(data: Any, name: str) -> str:
    """A text in the field data of a vtkDataObject, such as its :data:`TIME_UNIT`; "" where there is none."""
    array = data.GetFieldData().GetAbstractArray(name)
    is_text = array is not None and array.IsA("vtkStringArray") and array.GetNumberOfValues() > 0
    return array.GetValue(0) if is_text else ""


def vtk_storable(dtype: np.dtype) -> np.dtype:
    """The type in which VTK holds values of ``dtype``: it has no half precision and no truth values.

    Examples
    --------
    >>> [vtk_storable(np.dtype(t)).name for t in ("float16", "bool", "int16")]
    ['float32', 'uint8', 'int16']
    """
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    return np.dtype(np.float32) if dtype == np.float16 else dtype.newbyteorder("=")


def dtype_of(vtk_type: int) -> np.dtype | None:
    """The numpy type of a VTK array type; None for strings and bits."""
    support = load("util.numpy_support")
    known = support.get_vtk_to_numpy_typemap()
    return np.dtype(known[vtk_type]) if vtk_type in known and vtk_type != 1 else None
