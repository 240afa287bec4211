"""Series → one OME-TIFF, which Fiji and napari open with axes, channels, voxel sizes and times."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import IDENTITY, Grid
from stsr_core.io.labels import Labels
from stsr_core.io.tiff_metadata import MARK, tiff_package

#: Units that OME-XML knows, by other words for them.
_LENGTHS = {u: u for u in ("m", "cm", "mm", "µm", "nm", "pm", "Å", "km")} | dict.fromkeys(
    ("um", "μm", "micron", "microns", "micrometer"), "µm"
)
_TIMES = {u: u for u in ("s", "ms", "µs", "ns", "min", "h", "d")} | {
    "sec": "s",
    "second": "s",
    "seconds": "s",
}
_TYPES = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64")
_CLASSIC_BYTES = 2**32 - 2**25  # above it offsets need 64 bits


def write_ome_tiff(
    path: Path,
    grid: Grid,
    times: np.ndarray,
    steps: Iterable[Mapping[str, np.ndarray]],
    labels: Labels,
) -> None:
    """Write each variable as a channel, all with one type that holds the values of every one.

    What OME-XML has no place for (origin, direction, types and units of channels, units that it does not
    know) stands as JSON in the description of the image.

    Raises
    ------
    ImportError
        If tifffile is missing.
    ValueError
        If OME-TIFF knows no such type.
    """
    tifffile = tiff_package(path)
    iterator = iter(steps)
    first = next(iterator)
    names = list(first)
    kind = np.result_type(*(values.dtype for values in first.values()))
    kind = np.dtype(np.float32) if kind == np.float16 else kind
    if kind.name not in _TYPES:
        raise ValueError(f"OME-TIFF holds {', '.join(_TYPES)}, got {kind} for {', '.join(names)}")
    shape = (len(times), len(names), *grid.shape)

    def frames() -> Iterator[np.ndarray]:
        for arrays in chain([first], iterator):
            for name in names:
                yield from arrays[name].astype(kind, copy=False)

    big = np.prod(shape, dtype=np.int64) * kind.itemsize > _CLASSIC_BYTES
    with tifffile.TiffWriter(path, ome=True, bigtiff=bool(big)) as file:
        file.write(
            frames(),
            shape=shape,
            dtype=kind,
            photometric="minisblack",
            metadata={"axes": "TCZYX", **_entries(grid, times, first, kind, labels)},
        )


def _entries(
    grid: Grid, times: np.ndarray, first: Mapping[str, np.ndarray], kind: np.dtype, labels: Labels
) -> dict[str, Any]:
    """OME-XML as tifffile takes it."""
    names = list(first)
    length = _LENGTHS.get(labels.length_unit, "pixel")
    found: dict[str, Any] = {"Channel": {"Name": names}}
    for axis, spacing in zip("ZYX", grid.spacing, strict=True):
        found |= {f"PhysicalSize{axis}": spacing, f"PhysicalSize{axis}Unit": length}
    more: dict[str, Any] = {}
    if any(grid.origin):
        more["origin"] = grid.origin
    if grid.direction != IDENTITY:
        more["direction"] = grid.direction
    if any(labels.units.get(name) for name in names):
        more["units"] = {name: labels.units[name] for name in names if labels.units.get(name)}
    types = {name: values.dtype.name for name, values in first.items() if values.dtype != kind}
    if types:
        more["types"] = types
    if length != labels.length_unit:
        more["length_unit"] = labels.length_unit
    step = float(times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 0.0
    even = np.array_equal(times, step * np.arange(len(times)))
    clock = _TIMES.get(labels.time_unit, "")
    if clock and step and even:
        found |= {"TimeIncrement": step, "TimeIncrementUnit": clock}
    elif clock:
        planes = len(names) * grid.shape[0]
        delta = np.repeat(times, planes).tolist()
        found["Plane"] = {"DeltaT": delta, "DeltaTUnit": [clock] * len(delta)}
    elif not np.array_equal(times, np.arange(len(times))):
        more["times"] = times.tolist()  # OME would take them for seconds
    if clock != labels.time_unit:
        more["time_unit"] = labels.time_unit
    if more:
        found["Description"] = MARK + json.dumps(more, ensure_ascii=False)
    return found
