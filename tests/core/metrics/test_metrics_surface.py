"""Isosurface vertices and chamfer distances against closed forms."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stsr_core.metrics import (
    chamfer_distance,
    chamfer_of_isosurfaces,
    chamfer_per_step,
    isosurface_points,
    mean_over_steps,
    require_isovalue,
)


def sphere(shape=(17, 18, 20), center=(8, 8, 9), dtype=np.float32):
    """Distance to ``center`` (z, y, x)."""
    z, y, x = np.ogrid[tuple(slice(n) for n in shape)]
    return np.sqrt((z - center[0]) ** 2 + (y - center[1]) ** 2 + (x - center[2]) ** 2).astype(dtype)


def test_reference_number_symmetry_and_equal_sets():
    a = np.array([[0, 0, 0], [1, 0, 0]])
    b = np.array([[0, 0, 0], [0, 2, 0], [3, 0, 0]])
    assert chamfer_distance(a, b) == pytest.approx(0.5 + 4 / 3, abs=1e-12)
    assert chamfer_distance(b, a) == chamfer_distance(a, b)
    assert chamfer_distance(b, b[::-1]) == 0.0


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 20), m=st.integers(1, 20), seed=st.integers(0, 99))
def test_equals_the_definition(n, m, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random((n, 3)), rng.random((m, 3))
    distance = np.linalg.norm(a[:, None] - b[None], axis=-1)
    assert chamfer_distance(a, b) == pytest.approx(distance.min(1).mean() + distance.min(0).mean(), rel=1e-12)


def test_an_empty_set_has_no_distance():
    points, none = np.zeros((2, 3)), np.empty((0, 3))
    assert np.isnan(chamfer_distance(points, none))
    assert np.isnan(chamfer_distance(none, points))
    assert np.isnan(chamfer_distance(none, none))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_vertices_lie_on_grid_edges_where_the_value_is_crossed(dtype):
    values = (10 * sphere(dtype=np.float64)).astype(dtype)
    points = isosurface_points(values, 52.5)
    assert points.dtype == np.float64 and points.shape[1] == 3 and len(points) > 100
    fraction = points - np.floor(points)
    assert ((np.minimum(fraction, 1 - fraction) > 1e-5).sum(axis=1) <= 1).all()
    radius = np.linalg.norm(points - (8, 8, 9), axis=1)  # (z, y, x): another order would miss the centre
    assert np.abs(radius - 5.25).max() < 0.1
    assert len(np.unique(points, axis=0)) == len(points)


def test_the_number_of_vertices_is_that_of_crossed_edges():
    values = sphere()
    above = values >= 5.3
    crossed = sum(int(np.count_nonzero(np.diff(above, axis=i))) for i in range(3))
    assert len(isosurface_points(values, 5.3)) == crossed


def test_vertices_on_a_node_are_counted_once():
    points = isosurface_points(sphere(), 5.0)
    assert len(np.unique(points, axis=0)) == len(points)


def test_volumes_of_one_slice_have_isolines_and_constants_nothing():
    values = sphere()
    for slab in (values[8:9], values[:, 8:9], values[:, :, 9:10]):
        points = isosurface_points(slab, 5.3)
        assert len(points) > 20
        assert points[:, slab.shape.index(1)].tolist() == [0.0] * len(points)
    assert isosurface_points(np.full((4, 4, 4), 2.0), 2.0).shape == (0, 3)
    assert isosurface_points(values, 1e9).shape == (0, 3)


def test_any_memory_layout_gives_the_same_surface():
    values = sphere()
    expected = isosurface_points(values, 5.3)
    np.testing.assert_array_equal(isosurface_points(np.asfortranarray(values), 5.3), expected)
    np.testing.assert_array_equal(isosurface_points(values.astype(">f4"), 5.3), expected)
    before = values.copy()
    isosurface_points(values, 5.3, mask=np.zeros(values.shape, bool))
    np.testing.assert_array_equal(values, before)


def test_masked_points_leave_holes_only():
    values = sphere()
    mask = np.ones(values.shape, bool)
    mask[:8] = False
    everything, rest = isosurface_points(values, 5.3), isosurface_points(values, 5.3, mask=mask)
    assert np.isfinite(rest).all()
    expected = everything[everything[:, 0] >= 8]
    np.testing.assert_array_equal(np.unique(rest, axis=0), np.unique(expected, axis=0))
    values[~mask] = np.nan
    assert chamfer_of_isosurfaces(values, sphere(), 5.3, mask=mask) == 0.0


def test_concentric_spheres_are_the_difference_of_radii_apart():
    a = sphere((33, 33, 33), (16, 16, 16))
    assert chamfer_of_isosurfaces(a, a, 10.3) == 0.0
    # Nearest vertices lie up to half a voxel aside, so the closed form 2·2 is approached from above.
    assert 4.0 < chamfer_of_isosurfaces(a, a + np.float32(2), 12.3) < 4.4


def test_steps_without_a_surface_are_nan_and_counted():
    truth = np.stack([sphere(), sphere() + 50, sphere()])
    prediction = np.stack([sphere(), sphere(), sphere() + 50])
    values = chamfer_per_step(truth, prediction, 5.3)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, [0.0, np.nan, np.nan])
    mean = mean_over_steps(values)
    assert (mean.mean, mean.count, mean.undefined) == (0.0, 1, 2)


def test_an_isovalue_outside_the_whole_series_is_an_error_that_names_the_range():
    series = np.stack([np.linspace(0, 1, 8).reshape(2, 2, 2), np.linspace(0, 4, 8).reshape(2, 2, 2)])
    with pytest.raises(ValueError, match=r"range of the ground truth \[0, 4\], got 4.5"):
        chamfer_per_step(series, series, 4.5)
    with pytest.raises(ValueError, match=r"range of the ground truth \[0, 1\], got 2"):
        chamfer_per_step(series, series, 2, mask=np.array([True, False]).reshape(2, 1, 1, 1))
    with pytest.raises(ValueError, match="got nan"):
        require_isovalue(np.nan, 0, 1)


def test_bad_input_is_refused_in_one_sentence(monkeypatch):
    volume = np.zeros((3, 3, 3))
    with pytest.raises(ValueError, match=r"axes \(Z, Y, X\), got shape \(3, 3\)"):
        isosurface_points(volume[0], 0)
    with pytest.raises(ValueError, match="isovalue must be finite, got inf"):
        isosurface_points(volume, np.inf)
    with pytest.raises(ValueError, match="same shape"):
        chamfer_of_isosurfaces(volume, volume[:2], 0)
    with pytest.raises(ValueError, match="prediction must be finite where it is compared"):
        chamfer_of_isosurfaces(volume, volume * np.nan, 0)
    with pytest.raises(ValueError, match=r"axes \(T, Z, Y, X\)"):
        chamfer_per_step(volume, volume, 0)
    with pytest.raises(ValueError, match="at least one point"):
        chamfer_per_step(volume[None], volume[None], 0, mask=np.zeros((1, 3, 3, 3), bool))
    with pytest.raises(ValueError, match=r"axes \(N, D\)"):
        chamfer_distance(np.zeros((2, 3)), np.zeros((2, 2)))
    monkeypatch.setitem(sys.modules, "vtkmodules.vtkFiltersCore", None)
    with pytest.raises(ImportError, match=r'pip install "stsr\[vtk\]"'):
        isosurface_points(volume, 0)
