"""What the points of VTK data sets say beside their values: marks, positions, and how pieces fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stsr_core.io.vtk import MASKS, arrays_of, component_of, load

_GHOSTS, _VALID = MASKS
_HIDDEN = 2  # vtkDataSetAttributes.HIDDENPOINT, the bit of a blanked point


def marks_of(image: Any) -> dict[str, np.ndarray]:
    """The marks of a vtkImageData that are there, of ``MASKS``, as (Z, Y, X) by name, without a copy."""
    x, y, z = image.GetDimensions()
    found = {name: image.GetPointData().GetArray(name) for name in MASKS}
    return {name: component_of(array, (z, y, x), 0) for name, array in found.items() if array is not None}


def unset_points(image: Any) -> np.ndarray | None:
    """(Z, Y, X), True where VTK marks points as blanked or without a value; None without marks."""
    marks = marks_of(image)
    blanked = [marks[_GHOSTS] & _HIDDEN != 0] if _GHOSTS in marks else []
    unset = [marks[_VALID] == 0] if _VALID in marks else []
    return np.logical_or.reduce([*blanked, *unset]) if marks else None


def valid_points(image: Any) -> np.ndarray:
    """(Z, Y, X), True where ``vtkGhostType`` is 0 and ``vtkValidPointMask`` is not 0, where there are any."""
    x, y, z = image.GetDimensions()
    valid, marks = np.ones((z, y, x), bool), marks_of(image)
    if _GHOSTS in marks:
        valid &= marks[_GHOSTS] == 0
    if _VALID in marks:
        valid &= marks[_VALID] != 0
    return valid


def united(pieces: Sequence[Any], array: str) -> np.ndarray:
    """One point array of the pieces of an image, which may share nodes, as (Z, Y, X) float64.

    NaN where no piece has a valid point.
    """
    pieces = [piece for piece in pieces if piece.GetNumberOfPoints()]
    ends = np.array([piece.GetExtent() for piece in pieces]).reshape(-1, 3, 2)[:, ::-1]
    first = ends[..., 0].min(axis=0)
    whole = np.full(ends[..., 1].max(axis=0) - first + 1, np.nan)
    for piece, bounds in zip(pieces, ends - first[:, None], strict=True):
        part = tuple(slice(low, high + 1) for low, high in bounds)
        values = np.where(valid_points(piece), arrays_of(piece)[array], np.nan)
        whole[part] = np.where(np.isnan(values), whole[part], values)
    return whole


def positions_of(points: Any) -> np.ndarray:
    """Positions (z, y, x) of the points of a vtkPointSet, (N, 3) float64."""
    if points.GetNumberOfPoints() == 0:
        return np.empty((0, 3))
    convert = load("util.numpy_support").vtk_to_numpy
    return convert(points.GetPoints().GetData())[:, ::-1].astype(np.float64)


def triangles_of(surface: Any) -> np.ndarray:
    """Numbers of the points of each polygon of a vtkPolyData of triangles, (N, 3)."""
    if surface.GetNumberOfPolys() == 0:
        return np.empty((0, 3), np.int64)
    convert = load("util.numpy_support").vtk_to_numpy
    return convert(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
