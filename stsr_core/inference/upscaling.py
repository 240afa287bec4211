"""A model → files at any resolution and any times, step by step: ``stsr upscale`` in Python."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.coordinates import Domain, OutsideTrainedRange
from stsr_core.fields.base import Field
from stsr_core.fields.kinds import kind_of
from stsr_core.grid import Grid
from stsr_core.inference.device import resolve_device
from stsr_core.inference.mixed import evaluate_mix, require_known
from stsr_core.io import open_grid, required_bytes, write_series
from stsr_core.memory import check_memory
from stsr_core.model.checkpoint import load, read_header
from stsr_core.request.blend import BlendChoice
from stsr_core.request.clamp import Clamp
from stsr_core.request.extras import Extras, Uncertainty, speed_unit
from stsr_core.request.mix import Mix
from stsr_core.request.output import Output, Request
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.request.output_times import TimeChoice
from stsr_core.request.region import BaseGrid
from stsr_core.words import names_of, xyz

#: Called with the fraction done and a text.
Report = Callable[[float, str], None]


def upscale(
    model: Field | str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    factor: float | Sequence[float] | None = None,
    dimensions: Sequence[int] | None = None,
    spacing: float | Sequence[float] | None = None,
    like: Grid | str | os.PathLike[str] | None = None,
    times: Sequence[float] | np.ndarray | None = None,
    time_factor: float | None = None,
    variables: str | Sequence[str] | None = None,
    blend: str | Mapping[str, float] | None = None,
    interpolation: str = "linear",
    motion: bool = False,
    uncertainty: str | None = None,
    clamp: str = "auto",
    device: str = "auto",
    overwrite: bool = False,
    on_progress: Report | None = None,
) -> Output:
    """Sample a model on a grid at times and write the result, one step at a time.

    Without any of the choices the model's coarse grid is sampled at its coarse times; of several variables
    the times are united.

    Parameters
    ----------
    model : Field or path
        A field, or a ``.stsr`` file, which is loaded once it is known that the output will fit.
    path : path
        See :func:`stsr_core.write_series`; what stands there is replaced only when all is written.
    factor : float or three floats (z, y, x), optional
        > 0: each interval of the coarse grid is split into ``factor`` intervals.
    dimensions : three ints (z, y, x), optional
        Number of nodes.
    spacing : float or three floats (z, y, x), optional
        > 0: distance of nodes, rounded so that the end points stay.
    like : Grid or path, optional
        This grid, or that of this file.
    times : sequence of float, optional
        Physical times, strictly increasing. Outside the trained range the nearest end of it is shown.
    time_factor : float, optional
        > 0: each interval of the coarse times is split into ``time_factor`` intervals.
    variables : str or sequence of str, optional
        By default all of the model.
    blend : str or mapping of str to float, optional
        Members and their weights, which are divided by their sum: one array ``interpolated`` is written. The
        first says where and when it lies. As text, "run01=0.5, run02=0.5".
    interpolation : {"linear", "spherical"}
        Of the latent vectors of a blend.
    motion : bool
        Add vectors ``NAME_motion``, the velocity (x, y, z) of what passes each node, to each variable. In
        HDF5 and raw files they are three arrays, ``NAME_motion_X`` and so on.
    uncertainty : {"standard_error", "interval"}, optional
        Add ``NAME_standard_error``; with "interval" also ``NAME_lower`` and ``NAME_upper``, between which
        about 90 % of the true values lie.
    clamp : {"auto", "off", "on"}
        Whether values are kept in the range of the samples that were learnt; "auto" keeps those of data that
        touches zero on its side of it.
    device : str
        "auto", "cpu", "cuda", "cuda:N" or "mps".
    overwrite : bool
        Replace an existing output.
    on_progress : callable, optional
        Called with the fraction done and a text.

    Returns
    -------
    Output
        What was written: grid, times and arrays.

    Raises
    ------
    FileExistsError
        If ``path`` exists and ``overwrite`` is not set.
    ValueError
        If what is asked for is impossible, the variables live on different grids and none is told, or the
        model knows no motion or error bars.
    MemoryError, OSError
        If a step would not fit in memory, or all of them not on the disk.

    Warns
    -----
    OutsideTrainedRange
        If times lie outside the trained range, once per range.
    UserWarning
        If the grid reaches beyond the model, members live elsewhere, or weights do not sum to 1.
    """
    if Path(path).exists() and not overwrite:
        raise FileExistsError(f"{path} exists; choose another output, or overwrite it")
    _at_most_one(factor=factor, dimensions=dimensions, spacing=spacing, like=like)
    _at_most_one(times=times, time_factor=time_factor)
    _at_most_one(variables=variables, blend=blend)
    if isinstance(model, str | os.PathLike):
        header = read_header(os.fspath(model))
        domain, time_unit, length_unit = header.domain, header.time_unit, header.length_unit
    else:
        domain, time_unit, length_unit = model.domain, "", ""
    if blend is None and interpolation != "linear":
        raise ValueError(f"interpolation is that of a blend, got {interpolation!r} and no blend")
    names = names_of(variables)
    if like is None and blend is None:
        _refuse_different_grids(domain, names or domain.names)
    request = Request(
        names,
        None if blend is None else BlendChoice.of_weights(blend, interpolation),
        _grid_choice(factor, dimensions, spacing, like),
        _time_choice(times, time_factor),
        BaseGrid.KEPT,
        Extras(motion, _uncertainty(uncertainty)),
        _clamp(clamp),
    )
    output = request.output(
        domain,
        like=like if like is None or isinstance(like, Grid) else open_grid(like),
        speed_unit=speed_unit(length_unit, time_unit),
    )
    for text in output.remarks:
        warnings.warn(text, stacklevel=2)
    for text in output.content.warnings(output.times):
        warnings.warn(text, OutsideTrainedRange, stacklevel=2)
    dtypes = output.content.dtypes
    check_memory(required_bytes(output.grid, 1, dtypes), f"one step of {xyz(output.grid.shape)} nodes")
    where = resolve_device(device)
    field = load(os.fspath(model), where) if isinstance(model, str | os.PathLike) else model
    first = output.content.step(float(output.times[0]))
    between = kind_of(field.kind).between
    if between and first.lies_between:
        warnings.warn(between, stacklevel=2)
    require_known(field, first.arrays.values())

    def read_step(i: int) -> dict[str, np.ndarray]:
        arrays = output.content.step(float(output.times[i])).arrays
        values = {}
        known: dict[Mix, np.ndarray] = {}
        for k, (name, mix) in enumerate(arrays.items()):
            report = _share(on_progress, i, len(output.times), k, len(arrays))
            values[name] = evaluate_mix(
                field, output.grid, mix, known=known, device=where, on_progress=report
            )
        return values

    write_series(
        os.fspath(path),
        output.grid,
        output.times,
        read_step,
        units=output.content.units,
        dtypes=dtypes,
        time_unit=time_unit,
        length_unit=length_unit,
        overwrite=overwrite,
    )
    return output


def _grid_choice(
    factor: float | Sequence[float] | None,
    dimensions: Sequence[int] | None,
    spacing: float | Sequence[float] | None,
    like: object,
) -> GridChoice:
    """From one of the arguments in (z, y, x); by default the same nodes."""
    if like is not None:
        return GridChoice(GridMode.MATCH)
    if dimensions is not None:
        if len(dimensions) != 3 or min(dimensions) < 1:
            raise ValueError(f"dimensions must be three numbers >= 1, got {tuple(dimensions)}")
        return GridChoice(GridMode.DIMENSIONS, dimensions=_reversed("dimensions", dimensions))
    if spacing is not None:
        return GridChoice(GridMode.SPACING, spacing=_reversed("spacing", spacing))
    return GridChoice(factor=1.0 if factor is None else _reversed("factor", factor))


def _time_choice(times: Sequence[float] | np.ndarray | None, time_factor: float | None) -> TimeChoice:
    """From one of the arguments; by default the kept times."""
    if times is not None:
        return TimeChoice(times=tuple(float(t) for t in times))
    return TimeChoice(factor=1.0 if time_factor is None else time_factor)


def _clamp(clamp: str) -> Clamp:
    choices = {"auto": Clamp.AUTOMATIC, "off": Clamp.OFF, "on": Clamp.ON}
    if clamp not in choices:
        raise ValueError(f"clamp must be auto, off or on, got {clamp!r}")
    return choices[clamp]


def _uncertainty(uncertainty: str | None) -> Uncertainty:
    choices = {
        None: Uncertainty.NONE,
        "standard_error": Uncertainty.STANDARD,
        "interval": Uncertainty.INTERVAL,
    }
    if uncertainty not in choices:
        raise ValueError(f"uncertainty must be standard_error or interval, got {uncertainty!r}")
    return choices[uncertainty]


def _at_most_one(**given: Any) -> None:
    """Refuse arguments that exclude each other."""
    told = [name for name, value in given.items() if value is not None]
    if len(told) > 1:
        raise ValueError(f"at most one of {', '.join(given)} can be chosen, got {' and '.join(told)}")


def _reversed(name: str, value: Any) -> Any:
    """One number for all axes or (z, y, x) → (x, y, z)."""
    values = (value,) * 3 if np.ndim(value) == 0 else tuple(value)[::-1]
    if len(values) != 3:
        raise ValueError(f"{name} must be one number or three (z, y, x), got {len(values)}")
    return values


def _refuse_different_grids(domain: Domain, names: Sequence[str]) -> None:
    """What a view can show with a warning, a file must not hold by accident."""
    first, *others = (domain.variable(name) for name in names)
    for other in others:
        if not first.grid.matches(other.grid):
            raise ValueError(
                f"{first.name} and {other.name} live on different grids: choose one with --variable "
                "(variables), or name the output grid with --like (like)"
            )


def _share(
    report: Report | None, i: int, n_steps: int, k: int, n_arrays: int
) -> Callable[[float], None] | None:
    if report is None:
        return None
    text = f"step {i + 1} of {n_steps}"
    return lambda fraction: report((i + (k + fraction) / n_arrays) / n_steps, text)
