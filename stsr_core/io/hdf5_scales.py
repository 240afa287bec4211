"""The axes of an HDF5 data set: names, positions and units, from labels and dimension scales.

HDF5 notes twice which scale belongs to which axis: the data set lists its scales (``DIMENSION_LIST``) and
the scale lists its data sets (``REFERENCE_LIST``). Only the second is read here. The first lies in HDF5's
global heap, where one wrong byte makes the library loop for ever or crash in ``H5HG__cache_heap_deserialize``
(seen in HDF5 2.0), and nothing can interrupt it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.io.hdf5_file import FAILURES, as_text, reason_of, text_of

# How NetCDF-4 marks a dimension that has a length but no positions.
_WITHOUT_POSITIONS = "This is a netCDF dimension but not a netCDF variable"


@dataclass(frozen=True)
class Axis:
    """One axis of a data set: its name in the file, positions (n,) of its nodes or steps, and their unit."""

    name: str = ""
    positions: np.ndarray | None = None
    unit: str = ""


def axes_of(data: Any, path: Path, scales: dict[tuple[int, int], Any]) -> list[Axis]:
    """The axes of a data set in its own order; ``scales`` are those of :func:`attached_scales`.

    Without an attached scale an axis takes the data set beside it that has its label and its length. A scale
    that cannot be read is ignored with a warning that names the file and the scale.
    """
    address = address_of(data)
    # Not ``data.dims``: where the labels are damaged, H5DSget_label frees memory that is not its own.
    labels = [as_text(label) for label in data.attrs.get("DIMENSION_LABELS", ())]
    labels += [""] * (data.ndim - len(labels))
    axes = []
    for i, length in enumerate(data.shape):
        label = labels[i]
        scale = scales.get((address, i))
        if scale is None and label:
            scale = _sibling(data, label, length)
        axes.append(Axis(label) if scale is None else _axis(label, scale, length, path))
    return axes


def attached_scales(file: Any, path: Path) -> dict[tuple[int, int], Any]:
    """The first scale of each axis: (address of a data set, number of its axis) → data set of the scale.

    A scale that cannot be read is ignored with a warning that names the file and the scale.
    """
    import h5py

    names: list[bytes] = []
    # Names first: an object that cannot be opened would end a walk over objects.
    file.id.links.visit(names.append)
    found: dict[tuple[int, int], Any] = {}
    for name in names:
        try:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                continue
            scale = file[name]
            if isinstance(scale, h5py.Dataset) and scale.ndim <= 1 and is_scale(scale):
                for reference, axis in scale.attrs.get("REFERENCE_LIST", ()):
                    found.setdefault((address_of(file[reference]), int(axis)), scale)
        except FAILURES as error:
            _warn(f"{path}:/{as_text(name)}", reason_of(error))
    return found


def is_scale(data: Any) -> bool:
    """True for a data set that holds the positions of an axis."""
    return text_of(data, "CLASS") == "DIMENSION_SCALE"


def address_of(data: Any) -> int:
    """Where the object lies in its file: two handles of one object have the same."""
    import h5py

    return h5py.h5o.get_info(data.id).addr


def _sibling(data: Any, label: str, length: int) -> Any:
    import h5py

    sibling = data.parent.get(label)
    return sibling if isinstance(sibling, h5py.Dataset) and sibling.shape == (length,) else None


def _axis(label: str, scale: Any, length: int, path: Path) -> Axis:
    """What a scale says of an axis of ``length`` nodes or steps; ``label`` goes before the scale's name."""
    try:
        name = label or text_of(scale, "axis") or as_text(scale.name).rsplit("/", 1)[-1]
        unit = text_of(scale, "units")
        is_empty = text_of(scale, "NAME").startswith(_WITHOUT_POSITIONS)
        if is_empty or scale.ndim != 1 or scale.dtype.kind not in "iuf":
            return Axis(name, None, unit)
        if scale.shape != (length,):
            raise ValueError(f"it has {scale.shape[0]} positions for {length}")
        return Axis(name, scale[()], unit)
    except FAILURES as error:
        _warn(f"{path}:{as_text(scale.name)}", reason_of(error))
        return Axis(label)


def _warn(scale: str, reason: str) -> None:
    warnings.warn(f"{scale}: damaged dimension scale is ignored: {reason}", stacklevel=3)
