"""Marks, positions and pieces of VTK data sets, in the order (Z, Y, X)."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io.vtk import MASKS, to_vtk_image, to_vtk_picture
from stsr_core.io.vtk_points import marks_of, positions_of, united, valid_points

pytestmark = pytest.mark.requires_vtk
GRID = Grid((2, 3, 4), origin=(1.0, 2.0, 3.0), spacing=(0.5, 0.25, 2.0))
GHOSTS, VALID = MASKS


def test_marks_lie_where_their_values_do():
    ghosts, valid = np.zeros(GRID.shape, np.uint8), np.ones(GRID.shape, np.int8)
    ghosts[1, 0, 2], valid[0, 2, 3] = 2, 0
    image = to_vtk_image(GRID, {"v": np.zeros(GRID.shape), GHOSTS: ghosts, VALID: valid})
    np.testing.assert_array_equal(marks_of(image)[GHOSTS], ghosts)
    np.testing.assert_array_equal(marks_of(image)[VALID], valid)
    assert [tuple(i) for i in np.argwhere(~valid_points(image))] == [(0, 2, 3), (1, 0, 2)]
    plain = to_vtk_image(GRID, {"v": np.zeros(GRID.shape)})
    assert marks_of(plain) == {} and valid_points(plain).shape == GRID.shape and valid_points(plain).all()


def test_pieces_that_share_nodes_make_the_whole():
    whole = np.random.default_rng(0).standard_normal(GRID.shape)
    pieces = []
    for low, high in ((0, 1), (1, 3)):  # along x, node 1 in both
        piece = to_vtk_image(Grid((2, 3, high - low + 1)), {"v": whole[:, :, low : high + 1]})
        piece.SetExtent(10 + low, 10 + high, -1, 1, 5, 6)
        pieces.append(piece)
    pieces.append(type(piece)())  # of a rank that has nothing
    np.testing.assert_array_equal(united(pieces, "v"), whole)
    np.testing.assert_array_equal(united(pieces[1:], "v"), whole[:, :, 1:])


def test_a_node_without_a_value_in_one_piece_takes_that_of_the_other():
    ghosts = np.array([[[0, 2]]], np.uint8)
    first = to_vtk_image(Grid((1, 1, 2)), {"v": np.array([[[1.0, 9.0]]]), GHOSTS: ghosts})
    second = to_vtk_image(Grid((1, 1, 2)), {"v": np.array([[[2.0, 3.0]]])})
    second.SetExtent(1, 2, 0, 0, 0, 0)
    assert united([first, second], "v").tolist() == [[[1.0, 2.0, 3.0]]]
    assert np.isnan(united([first], "v")).tolist() == [[[False, True]]]


def test_positions_are_z_y_x():
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    points, data = vtkPoints(), vtkPolyData()
    data.SetPoints(points)
    assert positions_of(data).shape == (0, 3)
    points.InsertNextPoint(1.0, 2.0, 3.0)
    assert positions_of(data).tolist() == [[3.0, 2.0, 1.0]]
    assert positions_of(data).dtype == np.float64


def test_a_picture_lies_with_its_first_row_on_top():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 2] = (10, 20, 30)
    image = to_vtk_picture(picture)
    assert image.GetDimensions() == (3, 2, 1)
    top_right = image.FindPoint(2.0, 1.0, 0.0)
    assert image.GetPointData().GetScalars().GetTuple(top_right) == (10, 20, 30)
