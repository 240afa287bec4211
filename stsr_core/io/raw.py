"""Raw little-endian files: bare numbers of one step per file, x fastest, without any header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.axes import choose_times
from stsr_core.io.paths import stem_of, suffix_of
from stsr_core.series import Variable, VolumeSeries


def open_raw(
    files: Sequence[Path],
    shape: Sequence[int] | None,
    dtype: str | np.dtype | type | None,
    times: Sequence[float] | np.ndarray | None = None,
) -> VolumeSeries:
    """A lazy series over raw files, one step each; ``shape`` is (Z, Y, X), x varies fastest.

    The variable takes the name of the first file without its number.

    Raises
    ------
    ValueError
        If shape or dtype are not given, or a file has another size than they say.
    """
    if shape is None or dtype is None:
        raise ValueError(
            f"{files[0]}: a raw file does not tell its layout; pass shape=(Z, Y, X) and dtype, got "
            f"shape={shape} and dtype={dtype}"
        )
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise ValueError(f"dtype must name a number type such as float32, got {dtype!r}") from None
    if kind.kind not in "iuf":
        raise ValueError(f"dtype must be a real number type, got {kind}")
    grid = Grid(tuple(shape))  # type: ignore[arg-type]
    for path in files:
        _check_size(path, grid, kind)
    name = re.sub(r"[\W_]*\d+$", "", stem_of(files[0])) or stem_of(files[0])
    steps = choose_times(times, [None] * len(files), str(files[0]))
    return VolumeSeries((Variable(name, grid, steps, partial(_read, files, grid, kind), kind),))


def _check_size(path: Path, grid: Grid, dtype: np.dtype) -> None:
    expected, found = grid.size * dtype.itemsize, path.stat().st_size
    if found != expected:
        raise ValueError(
            f"{path}: expected {expected} bytes for shape (Z, Y, X) = {grid.shape} of {dtype}, found {found}"
        )


def _read(files: Sequence[Path], grid: Grid, dtype: np.dtype, i: int) -> np.ndarray:
    _check_size(files[i], grid, dtype)
    try:
        values = np.fromfile(files[i], dtype=dtype.newbyteorder("<"))
    except OSError as error:
        raise ValueError(f"{files[i]}: cannot read: {error.strerror}") from None
    return values.astype(dtype.newbyteorder("="), copy=False).reshape(grid.shape)


def write_raw(
    path: Path,
    count: int,
    steps: Iterable[Mapping[str, np.ndarray]],
    temporary: Callable[[Path], Path],
) -> None:
    """Write steps as ``NAME.raw``; several variables add ``_VARIABLE``, several steps ``_0000`` to NAME.

    Grid, times, units and types are not stored: a raw file holds numbers only.
    """
    for i, arrays in enumerate(steps):
        for name, file in raw_files(path, count, i, list(arrays)).items():
            values = arrays[name]
            values.astype(values.dtype.newbyteorder("<"), copy=False).tofile(temporary(file))


def raw_files(path: Path, count: int, i: int, names: Sequence[str]) -> dict[str, Path]:
    """The file of each variable at step ``i`` of ``count``."""
    stem, suffix = stem_of(path), path.name[-len(suffix_of(path)) :]
    number = f"_{i:0{max(4, len(str(count - 1)))}d}" if count > 1 else ""
    return {
        name: path.with_name(f"{stem}{f'_{name}' if len(names) > 1 else ''}{number}{suffix}")
        for name in names
    }
