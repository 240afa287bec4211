"""Series of .vti or .vtr files: numbered files, .pvd and .series indices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.axes import check_same_grid, choose_times, selected
from stsr_core.io.index import index_text, read_index
from stsr_core.io.labels import Labels
from stsr_core.io.paths import INDEX_SUFFIXES, stem_of, suffix_of
from stsr_core.io.vtk import component_names
from stsr_core.io.vtk_xml import Header, read_array, read_header, read_labels, write_file
from stsr_core.series import Variable, VolumeSeries


def open_vtk(
    files: Sequence[Path],
    variables: Sequence[str] | None = None,
    times: Sequence[float] | np.ndarray | None = None,
) -> VolumeSeries:
    """A lazy series over .vti/.vtr files, or over one .pvd/.series index; only headers are read.

    Raises
    ------
    ValueError
        If a step differs from the first, a variable is missing, or there are no point data.
    """
    source = str(files[0]) if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files"
    headers, found = _headers(files)
    first = headers[0]
    if not first.arrays:
        if first.cell_arrays:
            raise ValueError(
                f"{first.path}: has no point data, only cell data ({', '.join(first.cell_arrays)}); apply "
                "Cell Data to Point Data first"
            )
        raise ValueError(f"{first.path}: has no numeric point array")
    origin = {
        name: (array, c)
        for array, (_, count) in first.arrays.items()
        for c, name in enumerate(component_names(array, count))
    }
    names = selected({name: array for name, (array, _) in origin.items()}, variables, str(first.path))
    needed = {origin[name][0] for name in names}
    for header in headers[1:]:
        check_same(header, first, needed)
    steps = choose_times(times, found, source)
    labels = read_labels(first)
    return VolumeSeries(
        tuple(
            Variable(
                name,
                first.grid,
                steps,
                partial(_read, headers, *origin[name]),
                first.arrays[origin[name][0]][0],
                labels.units.get(origin[name][0], ""),
            )
            for name in names
        ),
        labels.time_unit,
        labels.length_unit,
    )


def first_grid(files: Sequence[Path]) -> Grid:
    """The grid of the first step, whether or not there are values on it."""
    path = files[0]
    return read_header(read_index(path)[0][0] if suffix_of(path) in INDEX_SUFFIXES else path).grid


def _headers(files: Sequence[Path]) -> tuple[list[Header], list[float | None]]:
    if suffix_of(files[0]) not in INDEX_SUFFIXES:
        headers = [read_header(path) for path in files]
        return headers, [h.time for h in headers]
    if len(files) > 1:
        raise ValueError(f"expected one index of steps, got {len(files)}: {files[0]}, {files[1]}, …")
    entries = read_index(files[0])
    for path, _ in entries:
        if not path.is_file():
            raise FileNotFoundError(f"{files[0]} lists {path}: no such file")
    return [read_header(path) for path, _ in entries], [time for _, time in entries]


def _read(headers: Sequence[Header], array: str, component: int, i: int) -> np.ndarray:
    return read_array(headers[i], array, component)


def check_same(header: Header, first: Header, arrays: set[str]) -> None:
    """Raise ValueError unless a step has the grid of the first and its arrays with the same types."""
    check_same_grid(header.grid, first.grid, str(header.path), str(first.path))
    for name in sorted(arrays):
        if name not in header.arrays:
            raise ValueError(
                f"{header.path}: expected point array {name!r} as in {first.path}, found "
                f"{', '.join(header.arrays) or 'none'}"
            )
        (dtype, count), (other, other_count) = first.arrays[name], header.arrays[name]
        if dtype != other or count != other_count:
            raise ValueError(
                f"{header.path}: expected {name!r} as {dtype} with {count} component(s) as in {first.path}, "
                f"found {other} with {other_count}"
            )


def write_vtk(
    path: Path,
    grid: Grid,
    times: np.ndarray,
    steps: Iterable[Mapping[str, np.ndarray]],
    labels: Labels,
    temporary: Callable[[Path], Path],
) -> list[Path]:
    """Write steps as .vti/.vtr files and the index that ``path`` names, each to ``temporary(destination)``.

    Returns
    -------
    list of Path
        Files of an older, longer series under the same index, to be removed once the new ones stand.
    """
    suffix = suffix_of(path)
    files = vtk_files(path, len(times))
    obsolete: list[Path] = []
    if suffix in INDEX_SUFFIXES:
        obsolete = _written_before(path)
        files.remove(path)
    for file, time, arrays in zip(files, times, steps, strict=True):
        write_file(temporary(file), _kind(path), grid, arrays, float(time), labels)
    if suffix in INDEX_SUFFIXES:
        names = [file.relative_to(path.parent).as_posix() for file in files]
        text = index_text(suffix, zip(names, map(float, times), strict=True))
        temporary(path).write_text(text, encoding="utf-8")
    return [file for file in obsolete if file not in files]


def vtk_files(path: Path, count: int) -> list[Path]:
    """The files of ``count`` steps, and last the index if ``path`` names one."""
    stem, kind = stem_of(path), _kind(path)
    if suffix_of(path) not in INDEX_SUFFIXES and count == 1:
        return [path]
    digits = max(4, len(str(count - 1)))
    files = [_folder(path) / f"{stem}_{i:0{digits}d}{kind}" for i in range(count)]
    return [*files, path] if suffix_of(path) in INDEX_SUFFIXES else files


def _kind(path: Path) -> str:
    return ".vtr" if suffix_of(path).startswith(".vtr") else ".vti"


def _folder(path: Path) -> Path:
    return path.parent / stem_of(path) if suffix_of(path) == ".pvd" else path.parent


def _written_before(index: Path) -> list[Path]:
    """Files the index that stands at ``index`` lists and that bear the names this module gives."""
    folder = _folder(index)
    pattern = f"{re.escape(stem_of(index))}_[0-9]{{4,}}\\{_kind(index)}"
    try:
        listed = [file for file, _ in read_index(index)]
    except ValueError:
        return []
    return [file for file in listed if file.parent == folder and re.fullmatch(pattern, file.name)]
