"""The camera that goes around a volume at one distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stsr_core.imagecodec.views import directions_of
from stsr_filters.rendering.camera import Camera

#: Room left around the bounding sphere.
_MARGIN = 1.02
#: Nearer to a pole than this, in degrees, the z axis says nothing of what is up.
_POLE = 0.1


@dataclass(frozen=True)
class Orbit:
    """Cameras that look at a centre from one distance.

    Parameters
    ----------
    center : (x, y, z)
    distance : float
        > 0, in the unit of length.
    view_angle : float
        Vertical opening in degrees.

    Examples
    --------
    >>> orbit = Orbit.around((-1, 1, -1, 1, -1, 1))
    >>> round(orbit.distance, 3), orbit.camera((0.0, 0.0)).view_up
    (6.826, (0.0, 0.0, 1.0))
    """

    center: tuple[float, float, float]
    distance: float
    view_angle: float = 30.0

    @classmethod
    def around(cls, bounds: Sequence[float], aspect: float = 1.0) -> Orbit:
        """The nearest one from which the sphere around a box is seen from every side.

        Parameters
        ----------
        bounds : six floats
            (x0, x1, y0, y1, z0, z1).
        aspect : float
            Width over height of a picture.
        """
        box = np.array(bounds, dtype=np.float64).reshape(3, 2)
        radius = float(np.linalg.norm(np.ptp(box, axis=1))) / 2
        half = np.radians(cls.view_angle) / 2
        narrower = min(half, np.arctan(np.tan(half) * aspect))
        x, y, z = box.mean(axis=1).tolist()
        return cls((x, y, z), _MARGIN * radius / float(np.sin(narrower)))

    def camera(self, view: tuple[float, float]) -> Camera:
        """The camera of a view (theta, phi): z is up, and y where the camera looks along z.

        Turning is then continuous everywhere but at the poles themselves.
        """
        towards = directions_of(np.array(view))
        position = np.array(self.center) + self.distance * towards
        up = (0.0, 1.0, 0.0) if 90 - abs(view[0]) < _POLE else (0.0, 0.0, 1.0)
        return Camera(tuple(position), self.center, up, self.view_angle)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, Any]:
        """Plain values; :meth:`from_json` is the inverse."""
        return {
            "center": list(self.center),
            "distance": self.distance,
            "view_angle": self.view_angle,
            "view_up": "z; y at the poles",
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Orbit:
        """The orbit that plain values tell of; KeyError, TypeError or ValueError if they tell of none."""
        x, y, z = (float(v) for v in plain["center"])
        return cls((x, y, z), float(plain["distance"]), float(plain["view_angle"]))

    def matches(self, other: Orbit) -> bool:
        """Whether pictures of both belong to one database."""
        mine, its = ((*o.center, o.distance, o.view_angle) for o in (self, other))
        return bool(np.allclose(mine, its, rtol=1e-9, atol=1e-9 * self.distance))
