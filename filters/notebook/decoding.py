"""From a model file to a mesh; and a copy of the file."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from stsr_core.coordinates import OutsideTrainedRange
from stsr_core.grid import Grid
from stsr_core.io.paths import replacing
from stsr_core.request.extras import speed_unit
from stsr_core.request.output import Request
from stsr_core.request.region import Region
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Order, Performance, model_key
from stsr_filters.notebook.choices import Report, checked_time, progress
from stsr_filters.notebook.meshes import mesh_of
from stsr_filters.pipeline.information import add_weights

if TYPE_CHECKING:
    import pyvista


def decoded(
    decoder: Decoder,
    path: str,
    request: Request,
    time: float | None,
    *,
    region: Region | None = None,
    like: Grid | None = None,
    progress_bar: bool = False,
    report: Report | None = None,
) -> pyvista.ImageData:
    """What a request asks of a model at one time, as point data with units and its time.

    Parameters
    ----------
    decoder : Decoder
    path : str
        The model file.
    request : Request
    time : float or None
        None where there is but one.
    region, like : Region, Grid, optional
        See :meth:`stsr_core.request.output.Request.output`.
    progress_bar : bool
    report : callable, optional
        Called with the fraction done and a text, in place of the bar.

    Raises
    ------
    ValueError, MemoryError
        If what is asked for is impossible; one sentence.
    """
    header = decoder.header(path)
    speed = speed_unit(header.length_unit, header.time_unit)
    output = request.output(header.domain, region, like, speed_unit=speed)
    moment = checked_time(time, header.domain)
    for text in output.remarks:
        warnings.warn(text, stacklevel=4)
    for text in output.content.warnings([moment]):
        warnings.warn(text, OutsideTrainedRange, stacklevel=4)
    step = output.content.step(moment)
    order = Order(model_key(path), output.grid, tuple(step.arrays.items()))
    with progress(step.text, progress_bar) as shown:
        found = decoder.decode(order, Performance(), report or shown, lambda: False)
    mesh = mesh_of(
        output.grid,
        dict(found.values),
        units=dict(output.content.units),
        time=moment,
        time_unit=header.time_unit,
        length_unit=header.length_unit,
    )
    add_weights(mesh, step.arrays)
    return mesh


def copy_model(source: Path, target: Path, *, overwrite: bool) -> None:
    """Copy a model file beside its new place, and rename it.

    Raises
    ------
    ValueError, FileNotFoundError, FileExistsError
        If the name does not end in ``.stsr``, its folder is missing, or it is taken.
    """
    if target.suffix != ".stsr":
        raise ValueError(f"the model file must end in .stsr, got {target}")
    if target.exists() and not overwrite:
        raise FileExistsError(f"{target} exists; choose another name, or overwrite it")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target}: the folder {target.parent} does not exist")
    with replacing() as temporary:
        shutil.copyfile(source, temporary(target))
