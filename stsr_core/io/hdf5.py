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
from stsr_core.io.hdf5_file import as_text, named, opened, text_of
from stsr_core.io.hdf5_scales import Axis, attached_scales, axes_of, is_scale
from stsr_core.series import Variable, VolumeSeries


@dataclass(frozen=True)
class _Dataset:
    """One data set of one file, described without its values."""

    path: Path
    key: str | bytes  # as h5py takes it; bytes where it is no UTF-8
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
            return _all_described(path, file, [node], axes)
        found = _volumes(path, node, variables)
        if not found:
            raise ValueError(
                f"{path}:{node.name}: has no data set of three or four axes; the file has "
                f"{', '.join(_names(file)) or 'no data sets'}"
            )
        available = {name: as_text(d.name) for name, d in found.items()}
        chosen = [found[name] for name in selected(available, variables, f"{path}:{node.name}")]
        ranks = {as_text(d.name): d.ndim for d in chosen}
        if len(set(ranks.values())) > 1:
            listed = ", ".join(f"{name} ({rank} axes)" for name, rank in ranks.items())
            raise ValueError(
                f"{path}: data sets of one group must have equal rank, got {listed}; pass variables"
            )
        return _all_described(path, file, chosen, axes)


def _all_described(path: Path, file: Any, chosen: Sequence[Any], axes: str | None) -> list[_Dataset]:
    has_scales = any("DIMENSION_LIST" in data.attrs for data in chosen)
    scales = attached_scales(file, path) if has_scales else {}
    return [_describe(path, data, axes, scales) for data in chosen]


def _volumes(path: Path, group: Any, variables: Sequence[str] | None) -> dict[str, Any]:
    """The volumes of a group by name; one that cannot be opened is refused if it is asked for."""
    import h5py

    found = {}
    for key in group:
        name = as_text(key)
        place = f"{group.name.rstrip('/')}/{name}"
        try:
            with named(path, place):
                node = group[key]
                if isinstance(node, h5py.Dataset) and _is_volume(node):
                    found[name] = node
        except ValueError:
            if variables is None or name in variables or place in variables:
                raise
    return found


def _names(file: Any) -> list[str]:
    """Paths of all volumes in a file."""
    import h5py

    names: list[str] = []
    file.visititems(
        lambda name, d: (
            names.append(f"/{as_text(name)}") if isinstance(d, h5py.Dataset) and _is_volume(d) else None
        )
    )
    return names


def _is_volume(data: Any) -> bool:
    return data.ndim in (3, 4) and data.dtype.kind in "iuf" and not is_scale(data)


def _describe(path: Path, data: Any, axes: str | None, scales: dict[tuple[int, int], Any]) -> _Dataset:
    source = f"{path}:{as_text(data.name)}"
    if data.dtype.kind not in "iuf":
        raise ValueError(f"{source}: expected real numbers, found {data.dtype}")
    if data.ndim not in (3, 4):
        raise ValueError(f"{source}: expected three or four axes, found {data.ndim} with shape {data.shape}")
    if 0 in data.shape:
        raise ValueError(f"{source}: is empty, its shape is {data.shape}")
    told = axes_of(data, path, scales)
    names = [axis.name for axis in told]
    letters = axes_from_names(names, source) if axes is None else checked_axes(axes, data.ndim, source)
    lengths = dict(zip(letters, data.shape, strict=True))
    by_letter = dict(zip(letters, told, strict=True))
    stored_spacing = data.attrs.get("stsr_spacing", (1.0, 1.0, 1.0))
    origin, spacing, descending = [], [], ""
    for k, letter in enumerate("ZYX"):
        start, step, down = 0.0, float(stored_spacing[k]), False
        positions = by_letter.get(letter, Axis()).positions
        if positions is not None:
            start, measured, down = even_axis(positions, letter.lower(), source)
            # What this program stored is exact; what positions tell is rounded.
            exact = len(positions) == 1 or abs(step - measured) <= 1e-9 * measured
            step = step if exact and "stsr_spacing" in data.attrs else measured
        origin.append(start)
        spacing.append(step)
        descending += letter if down else ""
    shape = tuple(lengths.get(letter, 1) for letter in "ZYX")
    count = lengths.get("T", 1)
    clock = by_letter.get("T", Axis())
    times = (None,) * count if clock.positions is None else tuple(float(t) for t in clock.positions)
    packed = {"scale_factor", "add_offset"} & set(data.attrs)
    native = data.dtype.newbyteorder("=")
    return _Dataset(
        path,
        data.name,
        as_text(data.name),
        letters,
        Grid(shape, tuple(origin), tuple(spacing), tuple(data.attrs.get("stsr_direction", IDENTITY))),  # type: ignore[arg-type]
        descending,
        count,
        times,
        np.dtype(np.float32) if packed and native.kind != "f" else native,
        text_of(data, "units"),
        clock.unit,
        by_letter.get("X", Axis()).unit,
    )


def _read(places: Sequence[tuple[_Dataset, int]], i: int) -> np.ndarray:
    """Step ``i`` as (Z, Y, X): one hyperslab is read."""
    part, index = places[i]
    with opened(part.path) as file, named(part.path, part.name, f"read step {index}"):
        data = file[part.key]
        values = data[tuple(index if a == "T" else slice(None) for a in part.axes)]
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
