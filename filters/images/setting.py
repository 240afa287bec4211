"""What all pictures of a database share, and is stored with them: size, camera, lights, looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stsr_core.imagecodec.cinema import DESCRIPTION, ImageDatabase
from stsr_core.io.vtk import to_vtk_image
from stsr_filters.images.appearance import Appearance, Look
from stsr_filters.images.orbit import Orbit
from stsr_filters.images.steps import Steps
from stsr_filters.rendering.off_screen import LIGHTS, checked_size
from stsr_filters.rendering.render import WHITE

#: Width and height in pixels where none are asked for.
SIZE = (256, 256)
VERSION = 1


@dataclass(frozen=True)
class Setting:
    """Camera and size of a database, and how the variables that it has are drawn.

    Parameters
    ----------
    size : (width, height)
        Pixels.
    orbit : Orbit
    bounds : six floats
        The box around all volumes, (x0, x1, y0, y1, z0, z1).
    appearances : dict
        Of the variables that are there, by their names in the database.
    """

    size: tuple[int, int]
    orbit: Orbit
    bounds: tuple[float, ...]
    appearances: dict[str, Appearance] = field(default_factory=dict)

    @classmethod
    def of(
        cls, steps: Steps, names: Sequence[str], size: Sequence[int] | None, known: ImageDatabase | None
    ) -> Setting:
        """That of a new database, or of a known one, to which what is asked for must fit.

        Raises
        ------
        ValueError
            If it does not, or the known one does not say how it was rendered.
        """
        bounds = _box(steps, names)
        if known is None:
            width, height = checked_size(size or SIZE)
            return cls((width, height), Orbit.around(bounds, width / height), bounds)
        height, width = known.size
        if size is not None and tuple(size) != (width, height):
            raise ValueError(
                f"{known.path}: its images have {width}x{height} pixels, got size {size[0]}x{size[1]}"
            )
        try:
            stored = known.description
            orbit = Orbit.from_json(stored["camera"])
            looks = {name: Appearance.from_json(plain) for name, plain in stored["variables"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else error
            raise ValueError(
                f"{known.path}: cannot be gone on with, for {DESCRIPTION} does not say how it was rendered: "
                f"{what}"
            ) from None
        if not orbit.matches(Orbit.around(bounds, width / height)):
            raise ValueError(
                f"{known.path}: was rendered with a camera around {_place(orbit)}, got data around "
                f"{_place(Orbit.around(bounds, width / height))}; choose another database"
            )
        return cls((width, height), orbit, bounds, looks)

    def appearance(self, shown: str, style: str, look: Look) -> Appearance | None:
        """How a variable that is there is drawn, unless something else is asked for."""
        stored = self.appearances.get(shown)
        return None if look.asks_of(style) or stored is None or stored.style != style else stored

    def require_alike(self, shown: str, asked: Appearance) -> None:
        """Raise ValueError if the pictures that are there of a variable are drawn otherwise."""
        stored = self.appearances.get(shown)
        if stored is not None and stored != asked:
            raise ValueError(
                f"{shown}: the pictures that are there are drawn with another transfer function, isovalue or "
                "style; leave these out, or choose another database"
            )

    def description(
        self, steps: Steps, appearances: dict[str, Appearance], made_by: dict[str, Any] | None
    ) -> dict[str, Any]:
        """For ``rendering.json``: plain values."""
        from stsr_core import __version__

        time_unit, length_unit = steps.units
        return {
            "format": "stsr images",
            "version": VERSION,
            "made_by": made_by or {},
            "stsr": __version__,
            "size": list(self.size),
            "background": list(WHITE),
            "camera": self.orbit.to_json(),
            "angles": "theta: elevation asin(z), phi: azimuth atan2(y, x) of the camera, in degrees",
            "lights": [{"from_the_camera": list(at), "intensity": value} for at, value in LIGHTS],
            "bounds": list(self.bounds),
            "time_unit": time_unit,
            "length_unit": length_unit,
            "variables": {n: a.to_json() for n, a in {**self.appearances, **appearances}.items()},
        }


def _box(steps: Steps, names: Sequence[str]) -> tuple[float, ...]:
    """The box around the grids of all variables."""
    boxes = np.array([to_vtk_image(steps.grid(name), {}).GetBounds() for name in names]).reshape(-1, 3, 2)
    return tuple(np.stack([boxes[..., 0].min(axis=0), boxes[..., 1].max(axis=0)], axis=-1).ravel().tolist())


def _place(orbit: Orbit) -> str:
    x, y, z = orbit.center
    return f"({x:g}, {y:g}, {z:g}) at a distance of {orbit.distance:g}"
