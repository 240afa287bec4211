"""Chamfer distance between isosurfaces, in voxel units."""

from __future__ import annotations

import math

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import load, to_vtk_image
from stsr_core.io.vtk_points import positions_of, triangles_of
from stsr_core.metrics.volume import broadcast_mask, require_same_shape


def isosurface_points(volume: np.ndarray, isovalue: float, *, mask: np.ndarray | None = None) -> np.ndarray:
    """All vertices of the isosurface, one on each grid edge that it crosses, by linear interpolation.

    Parameters
    ----------
    volume : ndarray
        (Z, Y, X) of numbers. With one axis of length 1 the vertices of its isolines are returned.
        A value that is not finite leaves a hole.
    isovalue : float
    mask : ndarray of bool, optional
        (Z, Y, X), True where a point counts; other points leave holes.

    Returns
    -------
    ndarray
        (N, 3) float64 positions (z, y, x) in voxels: node (0, 0, 0) is the origin and the spacing 1 on each
        axis, whatever the physical spacing is. (0, 3) where the surface is empty.

    Raises
    ------
    ImportError
        VTK is missing.
    ValueError
        The volume has not three axes, or the isovalue is not finite.

    Examples
    --------
    >>> volume = np.broadcast_to(np.arange(3.0)[:, None, None], (3, 2, 2))
    >>> isosurface_points(volume, 1.25).tolist()
    [[1.25, 0.0, 0.0], [1.25, 0.0, 1.0], [1.25, 1.0, 0.0], [1.25, 1.0, 1.0]]
    """
    points, _ = isosurface(volume, isovalue, mask=mask)
    return points[np.isfinite(points).all(axis=1)]  # an edge into a hole has its vertex at NaN


def isosurface(
    volume: np.ndarray, isovalue: float, *, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of an isosurface, as for :func:`isosurface_points`.

    Returns
    -------
    points : ndarray
        (N, 3) float64 positions (z, y, x) in voxels; NaN on an edge into a hole.
    triangles : ndarray
        (M, 3) numbers of points, all turned the same way.
    """
    volume = np.asarray(volume)
    if volume.ndim != 3 or min(volume.shape) < 1:
        raise ValueError(f"volume must have axes (Z, Y, X), got shape {volume.shape}")
    if not math.isfinite(isovalue):
        raise ValueError(f"isovalue must be finite, got {isovalue}")
    try:
        load("util.numpy_support")  # which to_vtk_image needs
        contour = load("vtkFiltersCore").vtkContourFilter()
    except ImportError as error:
        raise ImportError('isosurfaces need the package vtk: pip install "stsr[vtk]"') from error

    values = np.array(volume, dtype=np.float64 if volume.dtype == np.float64 else np.float32)
    if mask is not None:
        values[~broadcast_mask(mask, volume.shape)] = np.nan
    # It hands image data on to marching cubes or squares, and merges vertices that fall on a node.
    contour.SetInputData(to_vtk_image(Grid(values.shape), {"values": values}))
    contour.SetValue(0, float(isovalue))
    contour.ComputeScalarsOff()
    contour.ComputeNormalsOff()
    contour.ComputeGradientsOff()
    contour.Update()
    return positions_of(contour.GetOutput()), triangles_of(contour.GetOutput())


def chamfer_distance(points_a: np.ndarray, points_b: np.ndarray) -> float:
    """Sum of both directed mean distances to the nearest point of the other set.

        CD = mean over a of min over b of |a − b|  +  mean over b of min over a of |a − b|

    Euclidean, not squared, and the sum of both directions, not its half: the convention of the STSR-INR
    authors' published evaluation. Symmetric; 0 for equal sets.

    Parameters
    ----------
    points_a, points_b : ndarray
        (N, D) and (M, D), finite, in one unit.

    Returns
    -------
    float
        In the unit of the points; NaN where a set is empty.

    Examples
    --------
    >>> a, b = np.array([[0, 0, 0], [1, 0, 0]]), np.array([[0, 0, 0], [0, 2, 0], [3, 0, 0]])
    >>> round(chamfer_distance(a, b), 6)
    1.833333
    """
    points_a, points_b = np.asarray(points_a, np.float64), np.asarray(points_b, np.float64)
    if points_a.ndim != 2 or points_b.ndim != 2 or points_a.shape[1] != points_b.shape[1]:
        raise ValueError(
            f"point sets must have axes (N, D) with one D, got shapes {points_a.shape} and {points_b.shape}"
        )
    if len(points_a) == 0 or len(points_b) == 0:
        return math.nan

    from scipy.spatial import cKDTree

    a_to_b, _ = cKDTree(points_b).query(points_a, workers=-1)
    b_to_a, _ = cKDTree(points_a).query(points_b, workers=-1)
    return float(a_to_b.mean() + b_to_a.mean())


def chamfer_of_isosurfaces(
    truth: np.ndarray, prediction: np.ndarray, isovalue: float, *, mask: np.ndarray | None = None
) -> float:
    """Chamfer distance in voxels between the isosurfaces of two steps on one grid.

    Parameters
    ----------
    truth, prediction : ndarray
        (Z, Y, X) of one shape, finite where they count.
    isovalue : float
        In the unit of the data; see :func:`require_isovalue` for one outside the range of the whole series.
    mask : ndarray of bool, optional
        (Z, Y, X), True where a point counts; other points leave holes in both surfaces.

    Returns
    -------
    float
        NaN where a surface is empty.

    Raises
    ------
    ValueError
        Shapes differ, or a value that counts is not finite.

    Examples
    --------
    Two parallel planes half a voxel apart: 0.5 in each direction.

    >>> truth = np.broadcast_to(np.arange(4.0)[:, None, None], (4, 3, 3))
    >>> chamfer_of_isosurfaces(truth, truth + 0.5, 1.75)
    1.0
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    require_same_shape(truth, prediction)
    counted = True if mask is None else broadcast_mask(mask, truth.shape)
    for name, volume in (("truth", truth), ("prediction", prediction)):
        if not np.isfinite(volume).all(where=counted):
            raise ValueError(f"{name} must be finite where it is compared; leave other points out by mask")
    return chamfer_distance(
        isosurface_points(truth, isovalue, mask=mask), isosurface_points(prediction, isovalue, mask=mask)
    )


def chamfer_per_step(
    truth: np.ndarray, prediction: np.ndarray, isovalue: float, *, mask: np.ndarray | None = None
) -> np.ndarray:
    """:func:`chamfer_of_isosurfaces` of each step.

    Parameters
    ----------
    truth, prediction : ndarray
        (T, Z, Y, X) of one shape, finite where they count.
    isovalue : float
        Inside the range of the ground truth over all steps.
    mask : ndarray of bool, optional
        (T, Z, Y, X), or (Z, Y, X) for all steps.

    Returns
    -------
    ndarray
        (T,) float64; NaN for a step where a surface is empty, which
        :func:`~stsr_core.metrics.mean_over_steps` leaves out and counts.

    Raises
    ------
    ValueError
        The isovalue lies outside the range of the ground truth, which is named.
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    require_same_shape(truth, prediction)
    if truth.ndim != 4:
        raise ValueError(f"series must have axes (T, Z, Y, X), got shape {truth.shape}")
    if mask is not None:
        mask = broadcast_mask(mask, truth.shape)
    inside = truth if mask is None else truth[mask]
    if inside.size == 0:
        raise ValueError("there must be at least one point to compare, got none (empty array or mask)")
    require_isovalue(isovalue, inside.min(), inside.max())
    return np.array(
        [
            chamfer_of_isosurfaces(truth[i], prediction[i], isovalue, mask=None if mask is None else mask[i])
            for i in range(len(truth))
        ]
    )


def require_isovalue(isovalue: float, low: float, high: float) -> None:
    """Refuse an isovalue that no step has: it would make every chamfer distance NaN.

    Parameters
    ----------
    isovalue : float
    low, high : float
        Range of the ground truth over all its steps.

    Raises
    ------
    ValueError
        If it lies outside.
    """
    if not low <= isovalue <= high:
        raise ValueError(
            f"isovalue must lie in the range of the ground truth [{low:g}, {high:g}], got {isovalue:g}"
        )
