"""Small databases of shaded balls that move, drawn by numpy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stsr_core.imagecodec.cinema import ImageDatabase
from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.views import directions_of, geodesic_views
from stsr_core.imagecodec.writing import write

#: A codec that learns in seconds.
TINY = {"channels": 12, "latents": 4}
#: Centre, radius, colour and how far a ball moves along z in the whole time.
BALLS = (
    ((0.4, 0.0, -0.2), 0.35, (0.85, 0.25, 0.2), 0.5),
    ((-0.35, 0.3, 0.1), 0.28, (0.2, 0.45, 0.85), -0.4),
    ((-0.1, -0.45, 0.3), 0.22, (0.3, 0.7, 0.3), 0.3),
    ((0.1, 0.3, -0.5), 0.18, (0.9, 0.75, 0.2), 0.6),
)


def picture(moment: float, theta: float, phi: float, size: int) -> np.ndarray:
    """The balls at a moment in [0, 1] on white, (size, size, 3) uint8, by a camera far away."""
    towards = directions_of(np.array([theta, phi]))
    across = np.array([-np.sin(np.radians(phi)), np.cos(np.radians(phi)), 0.0])
    up = np.cross(towards, across)
    v, u = np.meshgrid(*[(np.arange(size) + 0.5) / size * 2 - 1] * 2, indexing="ij")
    colours, nearest = np.ones((size, size, 3)), np.full((size, size), -np.inf)
    for centre, radius, colour, way in BALLS:
        place = np.add(centre, (0, 0, way * (moment - 0.5)))
        x, y = u - place @ across, -v - place @ up
        inside = radius**2 - x**2 - y**2
        depth = place @ towards + np.sqrt(np.maximum(inside, 0))
        shown = (inside > 0) & (depth > nearest)
        shade = 0.25 + 0.75 * np.sqrt(np.maximum(inside, 0)) / radius
        colours[shown] = (shade[..., None] * colour)[shown]
        nearest[shown] = depth[shown]
    return np.rint(colours * 255).astype(np.uint8)


def images_of(
    n_times: int, views: np.ndarray, size: int, variables: tuple[str, ...] = ("balls",)
) -> Iterator[tuple[Record, np.ndarray]]:
    """A record and its image for each variable, time and view."""
    for variable in variables:
        for step in range(n_times):
            for theta, phi in views.tolist():
                moment = step / max(1, n_times - 1)
                yield Record(10.0 + step, theta, phi, variable), picture(moment, theta, phi, size)


def database(path: Path, n_times: int = 2, n_views: int = 12, size: int = 64) -> ImageDatabase:
    """A database of geodesic views, the first ``n_views`` of twelve or 92."""
    views = geodesic_views(1 if n_views <= 12 else 3)[:n_views]
    return write(path, images_of(n_times, views, size))
