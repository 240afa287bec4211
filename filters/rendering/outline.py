"""The box of a grid: its hidden edges lie in the scene, those in front are drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from stsr_filters.rendering.camera import Camera

_CORNERS = tuple(product((0, 1), repeat=3))


def outlines(image: vtkImageData, camera: Camera, background: Sequence[float]) -> tuple[vtkActor, vtkActor]:
    """The edges behind the data and the edges in front of it, by the image's own axes.

    Two actors, because an edge in front lies on the surface where rays enter the volume: drawn with it, half
    of its pixels would hide the volume and show the background instead.
    """
    extent = image.GetExtent()
    corners = np.array(
        [_position(image, [extent[2 * k + c] for k, c in enumerate(corner)]) for corner in _CORNERS]
    )
    facing = _facing(corners, camera)
    behind: list[tuple[int, int]] = []
    front: list[tuple[int, int]] = []
    for a, first in enumerate(_CORNERS):
        for axis in range(3):
            if first[axis]:
                continue
            b = _CORNERS.index(tuple(1 if k == axis else c for k, c in enumerate(first)))
            # The two faces that meet in the edge are those at its place on the other axes.
            seen = any((k, first[k]) in facing for k in range(3) if k != axis)
            (front if seen else behind).append((a, b))
    return _lines(corners, behind, background), _lines(corners, front, background)


def _position(image: vtkImageData, index: Sequence[int]) -> list[float]:
    position = [0.0, 0.0, 0.0]
    image.TransformContinuousIndexToPhysicalPoint([float(v) for v in index], position)
    return position


def _facing(corners: np.ndarray, camera: Camera) -> set[tuple[int, int]]:
    """The faces (axis, end) whose outer side the camera sees."""
    seen = set()
    for axis, end in product(range(3), (0, 1)):
        here = np.array([corner[axis] == end for corner in _CORNERS])
        center = corners[here].mean(axis=0)
        outward = center - corners[~here].mean(axis=0)
        origin = center if camera.parallel_scale is None else np.array(camera.focal_point)
        if np.dot(outward, np.subtract(camera.position, origin)) > 0:
            seen.add((axis, end))
    return seen


def _lines(corners: np.ndarray, edges: list[tuple[int, int]], background: Sequence[float]) -> vtkActor:
    points = vtkPoints()
    for corner in corners:
        points.InsertNextPoint(*corner)
    cells = vtkCellArray()
    for a, b in edges:
        cells.InsertNextCell(2)
        cells.InsertCellPoint(a)
        cells.InsertCellPoint(b)
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetLines(cells)
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    actor = vtkActor()
    actor.SetMapper(mapper)
    grey = 0.4 if np.mean(background) > 0.5 else 0.7
    actor.GetProperty().SetColor(grey, grey, grey)
    actor.GetProperty().SetLineWidth(1.5)
    actor.GetProperty().LightingOff()
    return actor
