"""A camera that is written down, so that every picture of a comparison is taken from one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from vtkmodules.vtkRenderingCore import vtkCamera

#: From the focal point to the camera: x axis to the right, y into the picture, z up, a little from above.
DEFAULT_DIRECTION = (0.45, -1.0, 0.42)
_MARGIN = 1.06  # room left around the box


@dataclass(frozen=True)
class Camera:
    """Where a picture is taken from, in physical (x, y, z), as VTK and ParaView give it.

    Parameters
    ----------
    position, focal_point, view_up : tuple of float
    view_angle : float
        Vertical opening in degrees of a perspective picture, above 0 and below 180.
    parallel_scale : float, optional
        Half the picture's height in physical units: a parallel projection. Perspective without it.

    Examples
    --------
    >>> Camera((0, 0, 5), (0, 0, 0), (0, 1, 0)).view_angle
    30.0
    """

    position: tuple[float, float, float]
    focal_point: tuple[float, float, float]
    view_up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    view_angle: float = 30.0
    parallel_scale: float | None = None

    def __post_init__(self) -> None:
        for label in ("position", "focal_point", "view_up"):
            given = getattr(self, label)
            vector = tuple(float(v) for v in given)
            if len(vector) != 3 or not np.all(np.isfinite(vector)):
                raise ValueError(f"{label} must be three finite numbers (x, y, z), got {given}")
            object.__setattr__(self, label, vector)
        sight = np.subtract(self.focal_point, self.position)
        if not np.linalg.norm(np.cross(sight, self.view_up)) > 0:
            raise ValueError(
                "view_up must not be parallel to the line of sight, "
                f"got {self.view_up} along {tuple(sight.tolist())}"
            )
        if not 0 < self.view_angle < 180:
            raise ValueError(f"view_angle must lie between 0 and 180 degrees, got {self.view_angle}")
        if self.parallel_scale is not None and not 0 < self.parallel_scale < np.inf:
            raise ValueError(f"parallel_scale must be a finite length > 0, got {self.parallel_scale}")

    @classmethod
    def around(
        cls,
        bounds: Sequence[float],
        *,
        direction: Sequence[float] = DEFAULT_DIRECTION,
        view_up: Sequence[float] = (0.0, 0.0, 1.0),
        view_angle: float = 30.0,
        aspect: float = 1.0,
    ) -> Camera:
        """The nearest camera that sees the whole box, centred in the picture with a small margin.

        Parameters
        ----------
        bounds : six floats
            (x0, x1, y0, y1, z0, z1), as ``image.GetBounds()`` gives them.
        direction : three floats
            From the centre to the camera; any length > 0.
        aspect : float
            Width over height of the picture.

        Examples
        --------
        >>> square = (-1, 1, -1, 1, 0, 0)
        >>> camera = Camera.around(square, direction=(0, 0, 1), view_up=(0, 1, 0), view_angle=90)
        >>> [round(v, 9) for v in camera.position]
        [0.0, 0.0, 1.06]
        """
        box = np.array(bounds, dtype=np.float64).reshape(3, 2)
        if not np.all(np.isfinite(box)) or np.any(box[:, 0] > box[:, 1]) or np.ptp(box, axis=1).max() == 0:
            raise ValueError(f"bounds must be a box (x0, x1, y0, y1, z0, z1) with an extent, got {bounds}")
        center = box.mean(axis=1)
        back = np.array(direction, dtype=np.float64)
        length = np.linalg.norm(back)
        right = np.cross(view_up, back)
        if not length > 0 or not np.linalg.norm(right) > 0:
            raise ValueError(
                f"direction must have a length and not be parallel to view_up, got {tuple(direction)}"
            )
        back = back / length
        right = right / np.linalg.norm(right)
        up = np.cross(back, right)
        corners = np.array(list(product(*box))) - center
        depth = corners @ back
        slope = np.tan(np.radians(view_angle) / 2) / _MARGIN
        across, wide = _fit(corners @ right, depth, slope * aspect)
        upward, high = _fit(corners @ up, depth, slope)
        focus = center + across * right + upward * up
        position = focus + max(wide, high) * back
        return cls(tuple(position), tuple(focus), tuple(view_up), view_angle)  # type: ignore[arg-type]

    @classmethod
    def of(cls, camera: Any) -> Camera:
        """A copy of a vtkCamera, such as ``paraview.simple.GetActiveCamera()`` or ``plotter.camera``."""
        return cls(
            camera.GetPosition(),
            camera.GetFocalPoint(),
            camera.GetViewUp(),
            camera.GetViewAngle(),
            camera.GetParallelScale() if camera.GetParallelProjection() else None,
        )

    def apply(self, camera: vtkCamera) -> None:
        """Set a vtkCamera to this."""
        camera.SetPosition(*self.position)
        camera.SetFocalPoint(*self.focal_point)
        camera.SetViewUp(*self.view_up)
        camera.SetViewAngle(self.view_angle)
        camera.SetParallelProjection(self.parallel_scale is not None)
        if self.parallel_scale is not None:
            camera.SetParallelScale(self.parallel_scale)


def _fit(offsets: np.ndarray, depth: np.ndarray, slope: float) -> tuple[float, float]:
    """Shift b and least distance D with |offset − b| <= slope · (D − depth) for all points."""
    upper = float((offsets / slope + depth).max())
    lower = float((-offsets / slope + depth).max())
    return slope * (upper - lower) / 2, (upper + lower) / 2
