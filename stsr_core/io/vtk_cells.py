"""Cell data of images: values between the nodes, which are never taken for values at them."""

from __future__ import annotations

from typing import Any

import numpy as np

from stsr_core.io.vtk import MASKS, component_of, dtype_of, load


def cell_arrays_of(image: Any) -> dict[str, np.ndarray]:
    """Numeric cell arrays of one component of a vtkImageData as (Z, Y, X) of its cells, without a copy."""
    shape = _cells(image)
    data = image.GetCellData()
    found = {}
    for i in range(data.GetNumberOfArrays()):
        array = data.GetArray(i)
        if array is None or array.GetName() in MASKS or dtype_of(array.GetDataType()) is None:
            continue
        if array.GetNumberOfComponents() == 1:
            found[array.GetName() or f"array_{i}"] = component_of(array, shape, 0)
    return found


def add_cell_array(image: Any, name: str, values: np.ndarray) -> None:
    """Add values (Z, Y, X) of the cells of a vtkImageData, copied.

    Raises
    ------
    ValueError
        If they are not one for each cell.
    """
    shape = _cells(image)
    if values.shape != shape:
        raise ValueError(f"{name}: cell array must have shape (Z, Y, X) = {shape}, got {values.shape}")
    array = load("util.numpy_support").numpy_to_vtk(np.ascontiguousarray(values).ravel(), deep=True)
    array.SetName(name)
    image.GetCellData().AddArray(array)
    if image.GetCellData().GetScalars() is None:
        image.GetCellData().SetActiveScalars(name)


def _cells(image: Any) -> tuple[int, int, int]:
    """Cells along z, y, x; along an axis of one node there is one."""
    x, y, z = (max(1, n - 1) for n in image.GetDimensions())
    return z, y, x
