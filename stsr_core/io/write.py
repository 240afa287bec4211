"""Write a series step by step, replacing what was there only when all is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.paths import HDF5_SUFFIXES, RAW_SUFFIXES, check_space, replacing, suffix_of


def required_bytes(grid: Grid, n_times: int, dtypes: Mapping[str, Any]) -> int:
    """Bytes of the values of a series, uncompressed as :func:`write_series` stores them.

    Examples
    --------
    >>> required_bytes(Grid((2, 3, 4)), 5, {"p": np.float32, "T": np.float64})
    1440
    """
    return grid.size * int(n_times) * sum(np.dtype(d).itemsize for d in dtypes.values())


def write_series(
    path: str | Path,
    grid: Grid,
    times: Sequence[float] | np.ndarray,
    read_step: Callable[[int], Mapping[str, np.ndarray]],
    *,
    units: Mapping[str, str] | None = None,
    dtypes: Mapping[str, Any] | None = None,
    time_unit: str = "",
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Write a series step by step; what stood at ``path`` is replaced only when all is written.

    Parameters
    ----------
    path : path
        The suffix decides: ``.pvd`` (with ``NAME/NAME_0000.vti`` beside it), ``.vti.series`` and
        ``.vtr.series`` (with ``NAME_0000.vti`` beside), ``.vti``, ``.vtr`` and ``.raw .dat .bin``
        (several steps are numbered ``NAME_0000``), ``.h5 .hdf5 .nc .nc4`` (data sets (T, Z, Y, X)
        with dimension scales, which is NetCDF-4). Raw files keep the numbers only.
    grid : Grid
    times : sequence of float
        Strictly increasing (T,).
    read_step : callable
        ``read_step(i)`` returns the arrays (Z, Y, X) of step i by name; the same names for every step.
    units : mapping, optional
        Unit per variable.
    dtypes : mapping, optional
        Type to store per variable; by default that of the first step.
    time_unit : str
    on_progress : callable, optional
        Called with the fraction written after every step.

    Raises
    ------
    OSError
        If the folder is missing, the disk lacks space (said beforehand, with both sizes) or fails.
    ValueError
        If a step has other names or another shape, or the format cannot store the grid or a name.
    """
    path = Path(path)
    suffix = suffix_of(path)
    moments = np.asarray(times, dtype=np.float64).reshape(-1)
    if len(moments) == 0 or not np.all(np.isfinite(moments)) or np.any(np.diff(moments) <= 0):
        raise ValueError(f"times must be finite, strictly increasing and at least one, got {moments}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: the folder {path.parent} does not exist")
    if dtypes is not None:
        check_space(path.parent, required_bytes(grid, len(moments), dtypes))
    first = dict(read_step(0))
    kinds = {n: np.dtype(d) for n, d in (dtypes or {n: a.dtype for n, a in first.items()}).items()}
    if not kinds:
        raise ValueError("read_step must return at least one array, got none")
    check_space(path.parent, required_bytes(grid, len(moments), kinds))

    def steps() -> Iterator[dict[str, np.ndarray]]:
        for i in range(len(moments)):
            yield _checked(first if i == 0 else read_step(i), kinds, grid, i)
            if on_progress is not None:
                on_progress((i + 1) / len(moments))

    obsolete: list[Path] = []
    with replacing() as temporary:
        if suffix in HDF5_SUFFIXES:
            from stsr_core.io.hdf5_write import write_hdf5

            write_hdf5(temporary(path), grid, moments, steps(), units or {}, time_unit)
        elif suffix in RAW_SUFFIXES:
            from stsr_core.io.raw import write_raw

            write_raw(path, len(moments), steps(), temporary)
        else:
            from stsr_core.io.vtk_series import write_vtk

            obsolete = write_vtk(path, grid, moments, steps(), units or {}, time_unit, temporary)
    for file in obsolete:
        file.unlink(missing_ok=True)


def _checked(
    arrays: Mapping[str, np.ndarray], dtypes: Mapping[str, np.dtype], grid: Grid, i: int
) -> dict[str, np.ndarray]:
    if set(arrays) != set(dtypes):
        raise ValueError(f"step {i} must have the variables {', '.join(dtypes)}, got {', '.join(arrays)}")
    for name, values in arrays.items():
        if values.shape != grid.shape:
            raise ValueError(f"{name}: step {i} must have shape (Z, Y, X) = {grid.shape}, got {values.shape}")
    return {name: arrays[name].astype(dtype, copy=False) for name, dtype in dtypes.items()}
