"""Where pictures are taken from: directions spread over the sphere, as angles in degrees.

A view is (theta, phi): the elevation theta = asin(z) in [-90, 90] and the azimuth phi = atan2(y, x) in
(-180, 180], of the unit vector from the volume's centre to the camera. Both are rounded to four decimals
before they are used, so that a view that was written to a file is the view that was rendered.
"""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np

_DECIMALS = 4
_GOLDEN = (1 + 5**0.5) / 2


def geodesic_views(frequency: int) -> np.ndarray:
    """Views (V, 2) at the vertices of an icosahedron whose edges are split into ``frequency`` parts each.

    V = 10·frequency² + 2: 12, 42, 92, 162, …, and 812 for the frequency 9. The 20 faces become frequency²
    triangles each, whose corners are projected to the sphere. (Halving edges again and again, as "icosphere"
    helpers do, meets only the frequencies 1, 2, 4, 8, …, and never 812.) The icosahedron has the vertices
    (0, ±1, ±g), (±1, ±g, 0) and (±g, 0, ±1), g the golden ratio, so that views come in pairs of one theta.

    Parameters
    ----------
    frequency : int
        >= 1.

    Returns
    -------
    ndarray
        (V, 2) float64 of (theta, phi) in degrees, sorted by theta, then phi.

    Examples
    --------
    >>> len(geodesic_views(3)), geodesic_views(9)[:2].tolist()
    (92, [[-86.0716, -90.0], [-86.0716, 90.0]])
    """
    if frequency < 1:
        raise ValueError(f"frequency must be a whole number >= 1, got {frequency}")
    signs = [(a, b * _GOLDEN) for a in (-1, 1) for b in (-1, 1)]
    corners = np.array([v for a, b in signs for v in ((0, a, b), (a, b, 0), (b, 0, a))])
    lattice = [(i, j, frequency - i - j) for i in range(frequency + 1) for j in range(frequency + 1 - i)]
    points = np.concatenate([np.array(lattice) @ corners[list(face)] for face in _faces(corners)])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    _, first = np.unique(np.round(points, 9) + 0.0, axis=0, return_index=True)
    return _sorted(angles_of(points[first]))


def _faces(corners: np.ndarray) -> list[tuple[int, ...]]:
    """Triples of corners that are neighbours of each other: 2 apart, the length of an edge."""
    distance = np.linalg.norm(corners[:, None] - corners, axis=2)
    near = np.isclose(distance, 2.0)
    return [f for f in combinations(range(len(corners)), 3) if all(near[a, b] for a, b in combinations(f, 2))]


def latitude_longitude_views(n_theta: int, n_phi: int) -> np.ndarray:
    """Views (n_theta·n_phi, 2) on circles of latitude, in the middles of ``n_theta`` bands from pole to pole.

    No view lies on a pole, where the upward direction of a picture would jump.

    Examples
    --------
    >>> latitude_longitude_views(2, 4).tolist()[:3]
    [[-45.0, -90.0], [-45.0, 0.0], [-45.0, 90.0]]
    """
    if n_theta < 1 or n_phi < 1:
        raise ValueError(f"views must be at least 1x1 (circles x views on each), got {n_theta}x{n_phi}")
    theta = -90 + 180 * (np.arange(n_theta) + 0.5) / n_theta
    phi = 180 - 360 * np.arange(n_phi) / n_phi
    return _sorted(np.stack(np.meshgrid(theta, phi, indexing="ij"), axis=-1).reshape(-1, 2))


def views_of(text: str) -> np.ndarray:
    """The views (V, 2) that a text asks for: "92" of a geodesic sphere, "6x12" on circles of latitude.

    Raises
    ------
    ValueError
        If the text is neither, or no geodesic sphere has so many; the nearest two are named.

    Examples
    --------
    >>> len(views_of("812")), len(views_of("6x12"))
    (812, 72)
    >>> views_of("100")
    Traceback (most recent call last):
    ValueError: views must be 10·f² + 2 for a geodesic sphere (92 or 162 here), or like 6x12, got 100
    """
    if match := re.fullmatch(r"(\d+)x(\d+)", text):
        return latitude_longitude_views(int(match[1]), int(match[2]))
    if not re.fullmatch(r"\d+", text):
        raise ValueError(
            f"views must be a number like 92, or circles x views on each like 6x12, got {text!r}"
        )
    count = int(text)
    frequency = max(1, int((max(0, count - 2) / 10) ** 0.5))
    if 10 * frequency**2 + 2 != count:
        near = " or ".join(str(10 * f**2 + 2) for f in (frequency, frequency + 1))
        raise ValueError(
            f"views must be 10·f² + 2 for a geodesic sphere ({near} here), or like 6x12, got {count}"
        )
    return geodesic_views(frequency)


def directions_of(views: np.ndarray) -> np.ndarray:
    """Unit vectors (…, 3) from the centre to the camera, of views (…, 2) in degrees.

    Examples
    --------
    >>> directions_of(np.array([0.0, 90.0])).round(3).tolist()
    [0.0, 1.0, 0.0]
    """
    theta, phi = np.moveaxis(np.radians(views), -1, 0)
    return np.stack([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), np.sin(theta)], axis=-1)


def angles_of(directions: np.ndarray) -> np.ndarray:
    """Views (…, 2) in degrees, rounded to four decimals, of vectors (…, 3) of any length > 0.

    Examples
    --------
    >>> angles_of(np.array([0.0, -2.0, 2.0])).tolist()
    [45.0, -90.0]
    """
    x, y, z = np.moveaxis(np.asarray(directions, dtype=np.float64), -1, 0)
    # atan2 of both is exact near the poles, where the arc sine is not.
    theta = np.degrees(np.arctan2(z, np.hypot(x, y)))
    phi = np.degrees(np.arctan2(y, x))
    views = np.round(np.stack([theta, phi], axis=-1), _DECIMALS) + 0.0  # no negative zero
    views[..., 1] = np.where(views[..., 1] == -180, 180.0, views[..., 1])
    return views


def angle_between(views: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Angle in degrees between the directions of views (…, 2) and others (…, 2).

    Examples
    --------
    >>> angle_between(np.array([0.0, 0.0]), np.array([[0.0, 90.0], [-30.0, 0.0]])).round(6).tolist()
    [90.0, 30.0]
    """
    a, b = directions_of(views), directions_of(others)
    # The half-angle formula: the arc cosine loses half of the digits for views that are near each other.
    return np.degrees(2 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))


def _sorted(views: np.ndarray) -> np.ndarray:
    """By theta, then phi, after rounding."""
    views = np.round(views, _DECIMALS) + 0.0
    return views[np.lexsort((views[:, 1], views[:, 0]))]
