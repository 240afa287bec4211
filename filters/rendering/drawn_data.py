"""What is drawn of an image: one checked array on the image's own axes, and its isosurface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataSetAttributes, vtkImageData, vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

from stsr_filters.rendering.transfer_function import TransferFunction

_VALUES = "values"
_MISSING = "missing"


def by_title(titles: Iterable[str], array: str | Mapping[str, str]) -> dict[str, str]:
    """The name of the array of each, "" where the mapping has none."""
    return {title: array if isinstance(array, str) else array.get(title, "") for title in titles}


def point_values(image: vtkImageData, array: str) -> tuple[np.ndarray, np.ndarray]:
    """The values of a point array, flat, and which of them are missing: not finite, or hidden ghosts.

    Raises
    ------
    ValueError
        The image has no such point array, one of several components, no value left, or an axis of one node.
    """
    if image is None or not image.IsA("vtkImageData"):
        found = "nothing" if image is None else image.GetClassName()
        raise ValueError(f"image must be image data (a uniform grid), got {found}")
    if min(image.GetDimensions()) < 2:
        raise ValueError(
            f"image must have at least 2 nodes on each axis, got dimensions {image.GetDimensions()}"
        )
    data = image.GetPointData()
    found = data.GetArray(array)
    if found is None:
        names = [data.GetArrayName(i) for i in range(data.GetNumberOfArrays())]
        raise ValueError(f"array must name a point array of the image, which has {names}, got {array!r}")
    if found.GetNumberOfComponents() != 1:
        raise ValueError(
            f"array {array!r} must have one component, got {found.GetNumberOfComponents()}; "
            "take one of them or the magnitude with a calculator"
        )
    values = vtk_to_numpy(found)
    missing = ~np.isfinite(values)
    ghosts = data.GetArray(vtkDataSetAttributes.GhostArrayName())
    if ghosts is not None:
        missing |= (vtk_to_numpy(ghosts) & vtkDataSetAttributes.HIDDENPOINT) != 0
    if missing.all():
        raise ValueError(f"array {array!r} must hold at least one finite value, got none")
    return values, missing


def drawable_volume(
    image: vtkImageData, values: np.ndarray, missing: np.ndarray, transfer_function: TransferFunction
) -> vtkImageData:
    """An image at the origin without a direction, with the least opaque value where one is missing."""
    if missing.any():
        present = values[~missing]
        candidates = np.linspace(present.min(), present.max(), 256)
        clearest = candidates[np.argmin(transfer_function.opacities(candidates))]
        values = np.where(missing, clearest, values).astype(values.dtype)
    return _bare(image, {_VALUES: values})


def isosurface(image: vtkImageData, values: np.ndarray, missing: np.ndarray, isovalue: float) -> vtkPolyData:
    """Triangles with normals, none at a missing point, in the frame of :func:`drawable_volume`."""
    arrays = {_VALUES: values}
    if missing.any():
        arrays = {
            _VALUES: np.where(missing, values[~missing].min(), values),
            _MISSING: missing.astype(np.float32),
        }
    contour = vtkFlyingEdges3D()
    contour.SetInputData(_bare(image, arrays))
    contour.SetValue(0, float(isovalue))
    contour.ComputeNormalsOn()
    contour.ComputeScalarsOff()
    contour.SetInterpolateAttributes(bool(missing.any()))
    contour.Update()
    surface = contour.GetOutput()
    return _without_missing(surface) if missing.any() and surface.GetNumberOfPoints() else surface


def _without_missing(surface: vtkPolyData) -> vtkPolyData:
    touched = vtk_to_numpy(surface.GetPointData().GetArray(_MISSING)) > 0
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    kept = triangles[~touched[triangles].any(axis=1)]
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtk(kept.ravel(), deep=True))
    surface.SetPolys(cells)
    return surface


def pose_of(image: vtkImageData) -> vtkMatrix4x4:
    """Origin and direction, which are taken off the data drawn: not every mapper heeds the latter."""
    direction = image.GetDirectionMatrix()
    origin = image.GetOrigin()
    pose = vtkMatrix4x4()
    for i in range(3):
        for j in range(3):
            pose.SetElement(i, j, direction.GetElement(i, j))
        pose.SetElement(i, 3, origin[i])
    return pose


def _bare(image: vtkImageData, arrays: dict[str, np.ndarray]) -> vtkImageData:
    drawn = vtkImageData()
    drawn.SetExtent(*image.GetExtent())
    drawn.SetSpacing(image.GetSpacing())
    for name, values in arrays.items():
        if not np.issubdtype(values.dtype, np.floating):
            values = values.astype(np.float32)  # VTK would round what it interpolates to whole numbers
        made = numpy_to_vtk(np.ascontiguousarray(values))  # VTK's array keeps the memory alive
        made.SetName(name)
        drawn.GetPointData().AddArray(made)
    drawn.GetPointData().SetActiveScalars(_VALUES)
    return drawn
