"""Views over the sphere: acceptance fact 11 of the specification, and what angles mean."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.imagecodec.views import (
    angle_between,
    angles_of,
    directions_of,
    geodesic_views,
    latitude_longitude_views,
    views_of,
)


def test_fact_11_the_812_views():
    """812 unique views of 199 thetas, pairs of one theta each, neighbours 6.04 to 8.37 degrees apart."""
    views = geodesic_views(9)
    assert views.shape == (812, 2) and len(np.unique(views, axis=0)) == 812
    np.testing.assert_allclose(np.linalg.norm(directions_of(views), axis=1), 1.0, rtol=1e-14)
    assert len(np.unique(views[:, 0])) == 199
    assert views[:2].tolist() == [[-86.0716, -90.0], [-86.0716, 90.0]]
    assert np.array_equal(views, views[np.lexsort((views[:, 1], views[:, 0]))])
    left, right = views[::2], views[1::2]
    assert len(left) == 406 and np.array_equal(left[:, 0], right[:, 0])
    apart = angle_between(views[:, None], views)
    np.fill_diagonal(apart, 360)
    nearest = apart.min(axis=1)
    assert nearest.min() > 6.04 and nearest.max() < 8.37
    # What the paper does not say (specification 1.2): its pairs are no neighbours.
    pairs = angle_between(left, right)
    assert (round(pairs.mean()), round(np.median(pairs)), round(pairs.max())) == (53, 44, 167)


@pytest.mark.parametrize("frequency", range(1, 8))
def test_as_many_views_as_a_geodesic_sphere_has_vertices(frequency):
    views = geodesic_views(frequency)
    assert len(np.unique(views, axis=0)) == len(views) == 10 * frequency**2 + 2
    np.testing.assert_allclose(directions_of(views).sum(axis=0), 0, atol=2e-4)  # no side is preferred


def test_circles_of_latitude_meet_no_pole():
    views = latitude_longitude_views(3, 4)
    assert np.unique(views[:, 0]).tolist() == [-60, 0, 60]
    assert np.unique(views[:, 1]).tolist() == [-90, 0, 90, 180]


def test_angles_and_directions_are_inverse_to_each_other():
    views = np.concatenate([geodesic_views(4), latitude_longitude_views(5, 7)])
    away = np.abs(views[:, 0]) < 90  # a pole has no azimuth
    np.testing.assert_allclose(angles_of(3.0 * directions_of(views))[away], views[away], atol=1e-4)
    assert angles_of(np.array([-1.0, -0.0, 0.0])).tolist() == [0.0, 180.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("813", "(812 or 1002 here), or like 6x12, got 813"),
        ("2", "(12 or 42 here)"),
        ("many", "or circles x views on each like 6x12, got 'many'"),
        ("0x4", "at least 1x1 (circles x views on each), got 0x4"),
    ],
)
def test_other_numbers_of_views_are_refused(text, words):
    with pytest.raises(ValueError) as raised:
        views_of(text)
    assert words in str(raised.value)
