"""What a TIFF file says of itself: OME-XML, or the description and tags of ImageJ."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from stsr_core.grid import IDENTITY

#: What OME and ImageJ write where no unit is known.
_NO_UNITS = ("pixel", "pixels", "reference frame", "")
#: Before the JSON in an image's description that holds what OME has no place for.
MARK = "stsr "


def tiff_package(path: Path) -> Any:
    """The package tifffile; ImportError that names the file and the remedy where it is missing."""
    try:
        return import_module("tifffile")
    except ImportError as error:
        raise ImportError(
            f'{path}: TIFF needs the package tifffile: pip install "stsr[microscopy]"'
        ) from error


@dataclass(frozen=True)
class Said:
    """Metadata of one TIFF file; None or "" where it says nothing.

    Parameters
    ----------
    spacing : three floats or None
        (z, y, x).
    times : tuple of float, optional
        One per time.
    time_step : float, optional
        > 0.
    channels : tuple of str
        Their names.
    units, types : mapping of str to str
        By channel; types where they are not that of the file.
    """

    spacing: tuple[float | None, float | None, float | None] = (None, None, None)
    length_unit: str = ""
    times: tuple[float, ...] | None = None
    time_step: float | None = None
    time_unit: str = ""
    channels: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY

    def times_of(self, count: int, time_step: float | None) -> np.ndarray:
        """The times told, else multiples of the step told or given, else of 1."""
        if self.times is not None:
            return np.array(self.times)
        return np.arange(count) * self.step(time_step)

    def step(self, given: float | None) -> float:
        """The time step told or given, else 1."""
        return given or self.time_step or 1.0


def said_by(file: Any, source: str, steps: int) -> Said:
    """What an open ``tifffile.TiffFile`` with ``steps`` times says.

    Raises
    ------
    ValueError
        If its axes have different units.
    """
    if file.is_ome:
        return _ome(file.ome_metadata, source, steps)
    if file.is_imagej:
        return _imagej(file)
    return Said()


def _imagej(file: Any) -> Said:
    told = file.imagej_metadata or {}
    unit = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda m: chr(int(m[1], 16)), str(told.get("unit", "")))
    unit = "" if unit in _NO_UNITS else unit
    tags = file.pages[0].tags
    distances = [
        _positive(told.get("spacing")),
        *(_positive(_inverse(tags.get(f"{axis}Resolution"))) for axis in "YX"),
    ]
    # ImageJ writes 1 where nothing is known.
    spacing = [None if d == 1 and not unit else d for d in distances]
    step = _positive(told.get("finterval"))
    time_unit = str(told.get("tunit", "s")) if step else ""
    return Said(tuple(spacing), unit, None, step, "s" if time_unit == "sec" else time_unit)  # type: ignore[arg-type]


def _ome(text: str, source: str, steps: int) -> Said:
    try:
        image = ElementTree.fromstring(text).find("{*}Image")
    except ElementTree.ParseError as error:
        raise ValueError(f"{source}: damaged OME-XML: {error}") from None
    pixels = None if image is None else image.find("{*}Pixels")
    if image is None or pixels is None:
        return Said()
    found = pixels.attrib
    spacing = [_positive(found.get(f"PhysicalSize{axis}")) for axis in "ZYX"]
    units = {found.get(f"PhysicalSize{a}Unit", "µm") for a, s in zip("ZYX", spacing, strict=True) if s}
    if len(units) > 1:
        raise ValueError(
            f"{source}: expected voxel sizes in one unit, found {', '.join(sorted(units))}; save it with one"
        )
    unit = "".join(units)
    more = _of_stsr(image)
    step = _positive(found.get("TimeIncrement"))
    times, clock = _plane_times(pixels, steps)
    if times is None and step is not None:
        clock = found.get("TimeIncrementUnit", "s")
    if "times" in more and len(more["times"]) == steps:
        times, step = tuple(more["times"]), None
    return Said(
        # Pixels as a unit of 1 say nothing.
        tuple(None if s == 1 and unit in _NO_UNITS else s for s in spacing),  # type: ignore[arg-type]
        more.get("length_unit", "" if unit in _NO_UNITS else unit),
        times,
        step,
        more.get("time_unit", clock),
        tuple(channel.get("Name", "") for channel in pixels.findall("{*}Channel")),
        more.get("units", {}),
        more.get("types", {}),
        tuple(more.get("origin", (0.0, 0.0, 0.0))),
        tuple(more.get("direction", IDENTITY)),
    )


def _of_stsr(image: ElementTree.Element) -> dict[str, Any]:
    """What :mod:`stsr_core.io.tiff_write` has added, if it was that."""
    text = image.findtext("{*}Description") or ""
    if not text.startswith(MARK):
        return {}
    try:
        return dict(json.loads(text[len(MARK) :]))
    except (ValueError, TypeError):
        return {}  # edited since: OME's own entries count


def _plane_times(pixels: ElementTree.Element, steps: int) -> tuple[tuple[float, ...] | None, str]:
    """When the first plane of each time was taken, if that is told of all and increases."""
    found: dict[int, float] = {}
    unit = "s"
    for plane in pixels.findall("{*}Plane"):
        when, delta = plane.get("TheT", ""), plane.get("DeltaT")
        if delta is not None and when.isdigit():
            found.setdefault(int(when), float(delta))
            unit = plane.get("DeltaTUnit", "s")
    times = tuple(found.get(i, np.nan) for i in range(steps))
    if np.all(np.isfinite(times)) and np.all(np.diff(times) > 0):
        return times, unit
    return None, ""


def _inverse(tag: Any) -> float | None:
    """Distance of pixels by a tag that holds pixels per unit as (numerator, denominator)."""
    number, per = (0, 0) if tag is None else tag.value
    return per / number if number else None


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number > 0 else None
