"""HDF5 and NetCDF-4 files ↔ series: data sets of any axis order, coordinates in dimension scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import IDENTITY, Grid
from stsr_core.io.axes import (
    axes_from_names,
    check_same_grid,
    checked_axes,
    choose_times,
    even_axis,
    selected,
)
from stsr_core.series import Variable, VolumeSeries

# How NetCDF-4 marks a dimension that has a length but no positions.
_WITHOUT_POSITIONS = "This is a netCDF dimension but not a netCDF variable"


@dataclass(frozen=True)
class _Dataset:
    """One data set of one file, described without its values."""

    path: Path
    name: str
    axes: str  # one letter of TZYX per axis of the data set, in its own order
    grid: Grid
    descending: str  # axes whose positions run downwards in the file
    steps: int
    times: tuple[float | None, ...]
    dtype: np.dtype
    unit: str
    time_unit: str
    length_unit: str


def open_hdf5(
    files: Sequence[Path],
    dataset: str = "",
    variables: Sequence[str] | None = None,
    axes: str | None = None,
    times: Sequence[float] | np.ndarray | None = None,
) -> VolumeSeries:
    """A lazy series over one data set, or all data sets of a group, of one or more files.

    Several files follow each other in time. Data sets are at least three-dimensional; one without a
    time axis is one step per file. ``scale_factor``, ``add_offset`` and ``_FillValue`` (NaN) are obeyed.

    Raises
    ------
    ValueError
        If the path is not in the file, axes cannot be told, coordinates are uneven, or files differ.
    """
    first = _described(files[0], dataset, variables, axes)
    names = [d.name for d in first]
    rest = [_described(path, dataset, names, axes) for path in files[1:]]
    out = []
    for k, head in enumerate(first):
        parts = [head, *(described[k] for described in rest)]
        for part in parts[1:]:
            check_same_grid(part.grid, head.grid, f"{part.path}:{part.name}", str(head.path))
            if part.dtype != head.dtype:
                raise ValueError(
                    f"{part.path}:{part.name}: expected {head.dtype} as in {head.path}, found {part.dtype}"
                )
        places = [(part, i) for part in parts for i in range(part.steps)]
        moments = choose_times(times, [t for part in parts for t in part.times], f"{head.path}:{head.name}")
        short = head.name.rsplit("/", 1)[-1]
        out.append(Variable(short, head.grid, moments, partial(_read, places), head.dtype, head.unit))
    return VolumeSeries(tuple(out), first[0].time_unit, first[0].length_unit)


def opened(path: Path) -> Any:
    """An h5py.File for reading; one sentence if it is none."""
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        with open(path, "rb") as stream:
            start = stream.read(4)
        if start[:3] == b"CDF":
            raise ValueError(
                f"{path}: is a NetCDF-3 file; convert it with `nccopy -k netCDF-4` to read it"
            ) from None
        raise ValueError(f"{path}: cannot read as HDF5: {' '.join(str(error).split())}") from None


def _described(path: Path, dataset: str, variables: Sequence[str] | None, axes: str | None) -> list[_Dataset]:
    import h5py

    with opened(path) as file:
        if dataset.strip("/") and dataset not in file:
            raise ValueError(f"{path}: no {dataset!r}; it has {', '.join(_names(file)) or 'no data sets'}")
        node = file[dataset] if dataset.strip("/") else file
        if isinstance(node, h5py.Dataset):
            if variables is not None:
                short = node.name.rsplit("/", 1)[-1]
                selected({short: node.name}, variables, str(path))
            return [_describe(path, node, axes)]
        found = {n: d for n, d in node.items() if isinstance(d, h5py.Dataset) and _is_volume(d)}
        if not found:
            raise ValueError(
                f"{path}:{node.name}: has no data set of three or four axes; the file has "
                f"{', '.join(_names(file)) or 'no data sets'}"
            )
        available = {name: d.name for name, d in found.items()}
        chosen = [found[name] for name in selected(available, variables, f"{path}:{node.name}")]
        ranks = {d.name: d.ndim for d in chosen}
        if len(set(ranks.values())) > 1:
            listed = ", ".join(f"{name} ({rank} axes)" for name, rank in ranks.items())
            raise ValueError(
                f"{path}: data sets of one group must have equal rank, got {listed}; pass variables"
            )
        return [_describe(path, d, axes) for d in chosen]


def _names(file: Any) -> list[str]:
    """Paths of all volumes in a file."""
    import h5py

    names: list[str] = []
    file.visititems(
        lambda name, d: names.append(f"/{name}") if isinstance(d, h5py.Dataset) and _is_volume(d) else None
    )
    return names


def _is_volume(data: Any) -> bool:
    return data.ndim in (3, 4) and data.dtype.kind in "iuf" and not data.is_scale


def _describe(path: Path, data: Any, axes: str | None) -> _Dataset:
    source = f"{path}:{data.name}"
    if data.dtype.kind not in "iuf":
        raise ValueError(f"{source}: expected real numbers, found {data.dtype}")
    if data.ndim not in (3, 4):
        raise ValueError(f"{source}: expected three or four axes, found {data.ndim} with shape {data.shape}")
    if 0 in data.shape:
        raise ValueError(f"{source}: is empty, its shape is {data.shape}")
    scales = [_scale(data, i) for i in range(data.ndim)]
    labels = [_label(data, i, scale) for i, scale in enumerate(scales)]
    letters = axes_from_names(labels, source) if axes is None else checked_axes(axes, data.ndim, source)
    lengths = dict(zip(letters, data.shape, strict=True))
    by_axis: dict[str, Any] = dict(zip(letters, scales, strict=True))
    stored_spacing = data.attrs.get("stsr_spacing", (1.0, 1.0, 1.0))
    origin, spacing, descending = [], [], ""
    for k, letter in enumerate("ZYX"):
        start, step, down = 0.0, float(stored_spacing[k]), False
        scale: Any = by_axis.get(letter)
        if _has_positions(scale):
            start, measured, down = even_axis(scale[()], letter.lower(), source)
            # What this program stored is exact; what positions tell is rounded.
            exact = len(scale) == 1 or abs(step - measured) <= 1e-9 * measured
            step = step if exact and "stsr_spacing" in data.attrs else measured
        origin.append(start)
        spacing.append(step)
        descending += letter if down else ""
    shape = tuple(lengths.get(letter, 1) for letter in "ZYX")
    count = lengths.get("T", 1)
    clock: Any = by_axis.get("T")
    times = tuple(float(t) for t in clock[()]) if _has_positions(clock) else (None,) * count
    packed = {"scale_factor", "add_offset"} & set(data.attrs)
    native = data.dtype.newbyteorder("=")
    return _Dataset(
        path,
        data.name,
        letters,
        Grid(shape, tuple(origin), tuple(spacing), tuple(data.attrs.get("stsr_direction", IDENTITY))),  # type: ignore[arg-type]
        descending,
        count,
        times,
        np.dtype(np.float32) if packed and native.kind != "f" else native,
        _text(data, "units"),
        _text(clock, "units") if clock is not None else "",
        _text(by_axis["X"], "units") if by_axis.get("X") is not None else "",
    )


def _scale(data: Any, i: int) -> Any:
    """The dimension scale attached to an axis, or a sibling of the axis's label that fits it, or None."""
    import h5py

    dimension = data.dims[i]
    if len(dimension):
        return dimension[0]
    sibling = data.parent.get(dimension.label) if dimension.label else None
    fits = isinstance(sibling, h5py.Dataset) and sibling.shape == (data.shape[i],)
    return sibling if fits else None


def _label(data: Any, i: int, scale: Any) -> str:
    """What the file calls an axis: its label, else the CF ``axis`` attribute or the name of its scale."""
    if data.dims[i].label or scale is None:
        return data.dims[i].label
    return _text(scale, "axis") or scale.name.rsplit("/", 1)[-1]


def _has_positions(scale: Any) -> bool:
    if scale is None or scale.ndim != 1 or scale.dtype.kind not in "iuf":
        return False
    return not _text(scale, "NAME").startswith(_WITHOUT_POSITIONS)


def _text(node: Any, attribute: str) -> str:
    value = node.attrs.get(attribute, "")
    value = value.reshape(-1)[0] if isinstance(value, np.ndarray) and value.size else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _read(places: Sequence[tuple[_Dataset, int]], i: int) -> np.ndarray:
    """Step ``i`` as (Z, Y, X): one hyperslab is read."""
    part, index = places[i]
    with opened(part.path) as file:
        data = file[part.name]
        try:
            values = data[tuple(index if a == "T" else slice(None) for a in part.axes)]
        except OSError as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{part.path}:{part.name}: cannot read step {index}: {reason}") from None
        fill = data.attrs.get("_FillValue", data.attrs.get("missing_value"))
        factor, offset = (data.attrs.get(k) for k in ("scale_factor", "add_offset"))
    missing = values == np.asarray(fill).reshape(-1)[0] if fill is not None else None
    values = values.astype(part.dtype, copy=False)
    if factor is not None:
        values = values * part.dtype.type(np.asarray(factor).reshape(-1)[0])
    if offset is not None:
        values = values + part.dtype.type(np.asarray(offset).reshape(-1)[0])
    if missing is not None and part.dtype.kind == "f":
        values[missing] = np.nan
    letters = part.axes.replace("T", "")
    values = values.transpose([letters.index(a) for a in "ZYX" if a in letters]).reshape(part.grid.shape)
    flips = tuple(slice(None, None, -1 if a in part.descending else 1) for a in "ZYX")
    return np.ascontiguousarray(values[flips])
