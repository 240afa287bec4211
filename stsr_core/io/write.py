"""Write a series step by step, replacing what was there only when all is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.labels import Labels
from stsr_core.io.paths import HDF5_SUFFIXES, RAW_SUFFIXES, TIFF_SUFFIXES, check_space, replacing, suffix_of
from stsr_core.io.vtk import component_names
from stsr_core.series import VolumeSeries


def required_bytes(grid: Grid, n_times: int, dtypes: Mapping[str, Any]) -> int:
    """Bytes of the values of a series, uncompressed as :func:`write_series` stores them.

    Examples
    --------
    >>> required_bytes(Grid((2, 3, 4)), 5, {"p": np.float32, "T": np.float64})
    1440
    """
    return grid.size * int(n_times) * sum(np.dtype(d).itemsize for d in dtypes.values())


def destinations(path: str | Path, n_times: int, names: Sequence[str] = ("",)) -> list[Path]:
    """Every file that :func:`write_series` would write, in the order of the steps, the index last.

    Parameters
    ----------
    path : path
    n_times : int
        Number of steps.
    names : sequence of str
        The variables; raw files have one file for each.

    Raises
    ------
    ValueError
        If the suffix is none of the known ones.

    Examples
    --------
    >>> [p.as_posix() for p in destinations("out/run.pvd", 2)]
    ['out/run/run_0000.vti', 'out/run/run_0001.vti', 'out/run.pvd']
    >>> [p.name for p in destinations("run.raw", 1, ["u", "v"])]
    ['run_u.raw', 'run_v.raw']
    """
    path = Path(path)
    suffix = suffix_of(path)
    if suffix in HDF5_SUFFIXES + TIFF_SUFFIXES:
        return [path]
    if suffix in RAW_SUFFIXES:
        from stsr_core.io.raw import raw_files

        return [file for i in range(n_times) for file in raw_files(path, n_times, i, names).values()]
    from stsr_core.io.vtk_series import vtk_files

    return vtk_files(path, n_times)


@overload
def write_series(
    path: str | Path,
    grid: VolumeSeries,
    *,
    units: Mapping[str, str] | None = None,
    dtypes: Mapping[str, Any] | None = None,
    time_unit: str | None = None,
    length_unit: str | None = None,
    overwrite: bool = False,
    on_progress: Callable[[float], None] | None = None,
) -> None: ...


@overload
def write_series(
    path: str | Path,
    grid: Grid,
    times: Sequence[float] | np.ndarray,
    read_step: Callable[[int], Mapping[str, np.ndarray]],
    *,
    units: Mapping[str, str] | None = None,
    dtypes: Mapping[str, Any] | None = None,
    time_unit: str | None = None,
    length_unit: str | None = None,
    overwrite: bool = False,
    on_progress: Callable[[float], None] | None = None,
) -> None: ...


def write_series(
    path: str | Path,
    grid: Grid | VolumeSeries,
    times: Sequence[float] | np.ndarray | None = None,
    read_step: Callable[[int], Mapping[str, np.ndarray]] | None = None,
    *,
    units: Mapping[str, str] | None = None,
    dtypes: Mapping[str, Any] | None = None,
    time_unit: str | None = None,
    length_unit: str | None = None,
    overwrite: bool = False,
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Write a series step by step: ``write_series(path, series)``, or from a grid, times and a function.

    Parameters
    ----------
    path : path
        The suffix decides: ``.pvd`` (with ``NAME/NAME_0000.vti`` beside it), ``.vti.series`` and
        ``.vtr.series`` (with ``NAME_0000.vti`` beside), ``.vti``, ``.vtr`` and ``.raw .dat .bin``
        (several steps are numbered ``NAME_0000``), ``.h5 .hdf5 .nc .nc4`` (data sets (T, Z, Y, X)
        with dimension scales, which is NetCDF-4), ``.ome.tif .ome.tiff .tif .tiff`` (OME-TIFF, each
        variable a channel). Raw files keep the numbers only.
    grid : VolumeSeries or Grid
        A series whose variables share grid and times, or the grid of what ``read_step`` returns.
    times : sequence of float
        Strictly increasing (T,); with a grid only.
    read_step : callable
        ``read_step(i)`` returns the arrays (Z, Y, X) of step i by name, the same names for every step; with
        a grid only. Arrays (Z, Y, X, n) have n components, which HDF5, TIFF and raw files hold one by one, as
        :func:`stsr_core.io.vtk.component_names` calls them.
    units : mapping, optional
        Unit per variable; by default those of the series. Components have that of their array where
        ``dtypes`` tells how many there are.
    dtypes : mapping, optional
        Type to store per variable; by default that of the series or of the first step. VTK files hold
        float16 as float32 and all formats truth values as uint8. That of several components has a shape, as
        in "(3,)float32".
    time_unit, length_unit : str, optional
        By default those of the series, else none.
    overwrite : bool
        Replace files that stand in the way, all together and only when all is written.
    on_progress : callable, optional
        Called with the fraction written after every step.

    Raises
    ------
    FileExistsError
        If any file to be written exists and ``overwrite`` is not set; names the first. Nothing has been
        computed then (for raw files without ``dtypes``: only the first step, which tells their names).
    OSError
        If the folder is missing, the disk lacks space (said beforehand, with both sizes) or fails.
    ValueError
        If a step has other names or another shape, the variables of the series differ in grid or times, or
        the format cannot store the grid or a name.

    Examples
    --------
    >>> write_series("copy.h5", open_series("run01/*.vti"))  # doctest: +SKIP
    """
    if isinstance(grid, VolumeSeries):
        if times is not None or read_step is not None:
            raise TypeError("times and read_step must be given with a Grid only, got a series as well")
        series = grid
        grid, times, read_step = _shared(series)
        units = {v.name: v.unit for v in series} if units is None else units
        dtypes = {v.name: v.dtype for v in series} if dtypes is None else dtypes
        time_unit = series.time_unit if time_unit is None else time_unit
        length_unit = series.length_unit if length_unit is None else length_unit
    if times is None or read_step is None:
        raise TypeError("times and read_step must be given with a Grid, got only the grid")
    path = Path(path)
    suffix = suffix_of(path)
    if suffix in HDF5_SUFFIXES + RAW_SUFFIXES + TIFF_SUFFIXES:
        read_step, units, dtypes = _by_components(read_step, units or {}, dtypes)
    moments = np.asarray(times, dtype=np.float64).reshape(-1)
    if len(moments) == 0 or not np.all(np.isfinite(moments)) or np.any(np.diff(moments) <= 0):
        raise ValueError(f"times must be finite, strictly increasing and at least one, got {moments}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {path.parent} does not exist")
    names_count = suffix in RAW_SUFFIXES
    if dtypes is not None:
        check_space(path.parent, required_bytes(grid, len(moments), dtypes))
    if not overwrite and (dtypes is not None or not names_count):
        _check_free(path, len(moments), list(dtypes or ()))
    first = dict(read_step(0))
    own = {n: (a.dtype, a.shape[3:]) for n, a in first.items()}
    kinds: dict[str, np.dtype] = {n: np.dtype(d) for n, d in (dtypes or own).items()}
    if not kinds:
        raise ValueError("read_step must return at least one array, got none")
    kinds = {n: np.dtype(np.uint8) if d.kind == "b" else d for n, d in kinds.items()}
    if not overwrite and dtypes is None and names_count:
        _check_free(path, len(moments), list(kinds))
    check_space(path.parent, required_bytes(grid, len(moments), kinds))

    def steps() -> Iterator[dict[str, np.ndarray]]:
        for i in range(len(moments)):
            yield _checked(first if i == 0 else read_step(i), kinds, grid, i)
            if on_progress is not None:
                on_progress((i + 1) / len(moments))

    labels = Labels(units or {}, time_unit or "", length_unit or "")
    obsolete: list[Path] = []
    with replacing() as temporary:
        if suffix in HDF5_SUFFIXES:
            from stsr_core.io.hdf5_write import write_hdf5

            write_hdf5(temporary(path), grid, moments, steps(), labels)
        elif suffix in RAW_SUFFIXES:
            from stsr_core.io.raw import write_raw

            write_raw(path, len(moments), steps(), temporary)
        elif suffix in TIFF_SUFFIXES:
            from stsr_core.io.tiff_write import write_ome_tiff

            write_ome_tiff(temporary(path), grid, moments, steps(), labels)
        else:
            from stsr_core.io.vtk_series import write_vtk

            obsolete = write_vtk(path, grid, moments, steps(), labels, temporary)
    for file in obsolete:
        file.unlink(missing_ok=True)


def _shared(
    series: VolumeSeries,
) -> tuple[Grid, np.ndarray, Callable[[int], Mapping[str, np.ndarray]]]:
    """Grid, times and steps that all variables of a series share."""
    first, *others = series
    for other in others:
        if not first.grid.matches(other.grid) or not np.array_equal(first.times, other.times):
            what = "times" if first.grid.matches(other.grid) else "grids"
            raise ValueError(
                f"all variables written together must share grid and times, but {first.name} and "
                f"{other.name} have different {what}: write each by itself, e.g. "
                f"series.select([{first.name!r}])"
            )
    return first.grid, first.times, lambda i: {v.name: v.step(i) for v in series}


def _check_free(path: Path, n_times: int, names: Sequence[str]) -> None:
    """Raise FileExistsError for the first file in the way."""
    for file in destinations(path, n_times, names or ("",)):
        if file.exists():
            raise FileExistsError(f"{file} exists; choose another output, or overwrite it")


def _checked(
    arrays: Mapping[str, np.ndarray], dtypes: Mapping[str, np.dtype], grid: Grid, i: int
) -> dict[str, np.ndarray]:
    if set(arrays) != set(dtypes):
        raise ValueError(f"step {i} must have the variables {', '.join(dtypes)}, got {', '.join(arrays)}")
    for name, values in arrays.items():
        if values.shape != (*grid.shape, *dtypes[name].shape):
            raise ValueError(f"{name}: step {i} must have shape (Z, Y, X) = {grid.shape}, got {values.shape}")
    return {name: arrays[name].astype(dtype.base, copy=False) for name, dtype in dtypes.items()}


def _by_components(
    read_step: Callable[[int], Mapping[str, np.ndarray]],
    units: Mapping[str, str],
    dtypes: Mapping[str, Any] | None,
) -> tuple[Callable[[int], Mapping[str, np.ndarray]], Mapping[str, str], Mapping[str, Any] | None]:
    """The same with each component as an array of its own."""
    counts = {name: np.dtype(d).shape for name, d in (dtypes or {}).items()}

    def components(name: str) -> list[str]:
        return component_names(name, *counts.get(name, ()) or (1,))

    def split(i: int) -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for name, values in read_step(i).items():
            parts = [values] if values.ndim < 4 else np.moveaxis(values, -1, 0)
            arrays |= dict(zip(component_names(name, len(parts)), parts, strict=True))
        return arrays

    return (
        split,
        {part: unit for name, unit in units.items() for part in components(name)},
        dtypes and {part: np.dtype(d).base for name, d in dtypes.items() for part in components(name)},
    )
