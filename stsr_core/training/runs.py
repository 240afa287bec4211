"""Start a training run, or go on with one: all that is checked before the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stsr_core.fields import create, field_class, kind_of
from stsr_core.fields.recipe import Recipe
from stsr_core.inference import resolve_device
from stsr_core.model import checkpoint
from stsr_core.model.checkpoint import Header
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training.loop import Progress, Run


def fit(
    series: VolumeSeries,
    output: str | Path | None = None,
    *,
    field: str = "modulated_siren",
    configuration: dict[str, Any] | None = None,
    recipe: Recipe | None = None,
    minutes: float | None = None,
    epochs: int | None = None,
    spatial_factor: int | Sequence[int] = 1,
    temporal_gap: int | Sequence[int] = 0,
    device: str = "auto",
    seed: int = 0,
    fill: float | None = None,
    overwrite: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Any:
    """Learn one continuous field from the kept samples of a series.

    Parameters
    ----------
    series : VolumeSeries
        Variables or members to train jointly; they may differ in grid and steps.
    output : path, optional
        Model file, written every minute and at the end; nothing is written without it.
    field : str
        Kind, a key of :data:`stsr_core.fields.KINDS`.
    configuration : dict, optional
        Architecture keywords of the field.
    recipe : Recipe, optional
        Optimizer settings; by default those of the kind.
    minutes, epochs : float, int, optional
        Length of the run, whichever ends first; by default the recipe's.
    spatial_factor, temporal_gap : int or sequence of int
        Keep every ``spatial_factor``-th voxel per axis and leave out ``temporal_gap`` steps between two kept
        ones: one number for all variables, or one for each in the order of the series. The defaults take the
        series as it is.
    device, seed, fill
        Where to train; initial weights and order; value that replaces NaN and infinities (refused without).
    overwrite : bool
        Replace an existing ``output``.
    on_progress, should_stop : callable, optional
        Report about once a second; asked after every step. A stopped run keeps its state in ``output`` and
        can be resumed.

    Returns
    -------
    Field
        On the training device, in evaluation mode.

    Raises
    ------
    ValueError
        On bad values or settings, before anything is written.
    FileExistsError
        If ``output`` exists and ``overwrite`` is not set.
    """
    if output is not None:
        checked_output(Path(output), overwrite)
    where = resolve_device(device)
    kind = kind_of(field)
    kept = KeptSamples.read(series, spatial_factor, temporal_gap, device=where, fill=fill)
    if kind.recipe is None:
        return _interpolation(field, kept, series, output, configuration)
    recipe = recipe or kind.recipe
    if minutes is not None or epochs is not None:
        recipe = replace(recipe, minutes=minutes, epochs=epochs)
    _check_length(recipe)
    torch.manual_seed(seed)
    network = create(field, kept.domain, configuration).to(where)
    # Plain JSON values: a number where one was given for all variables, else a list.
    data = {
        "spatial_factor": np.asarray(spatial_factor).tolist(),
        "temporal_gap": np.asarray(temporal_gap).tolist(),
        "fill": fill,
    }
    run = Run(recipe, seed, data)
    return _trainer(field)(network, kept, series, run, output, on_progress, should_stop)


def resume(
    output: str | Path,
    series: VolumeSeries,
    *,
    device: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Any:
    """Go on with an unfinished run exactly where its last checkpoint stands.

    Raises
    ------
    ValueError
        If the run of ``output`` is finished, or ``series`` is not what it was trained on.
    """
    header = checkpoint.read_header(output)
    if header.training is None:
        raise ValueError(f"{output}: nothing to resume, the training run is finished")
    if len(series) != len(header.domain):
        raise ValueError(
            f"{output}: cannot resume, it was trained on the variables {', '.join(header.domain.names)}, "
            f"got {', '.join(series.names)}"
        )
    where = resolve_device(device)
    saved = header.training
    data = saved["data"]
    kept = KeptSamples.read(
        series, data["spatial_factor"], data["temporal_gap"], device=where, fill=data["fill"]
    )
    if kept.data_hash != header.data_hash:
        raise ValueError(f"{output}: cannot resume, the kept samples differ from those it was trained on")
    network = checkpoint.load(output, where)
    recipe = Recipe(**{**saved["recipe"], "betas": tuple(saved["recipe"]["betas"])})
    run = Run(recipe, saved["seed"], data, saved["step"], saved["elapsed_seconds"])
    run.state = checkpoint.load_training_state(output)
    return _trainer(header.kind)(network, kept, series, run, output, on_progress, should_stop)


def _trainer(kind: str) -> Callable[..., Any]:
    return import_module(kind_of(kind).trainer).train


def checked_output(output: Path, overwrite: bool = False) -> None:
    """Refuse an output that exists, or whose folder does not, before any work is done."""
    if output.suffix != ".stsr":
        raise ValueError(f"the model file must end in .stsr, got {output}")
    if not output.parent.is_dir():
        raise FileNotFoundError(f"{output}: the folder {output.parent} does not exist")
    if output.exists() and not overwrite:
        raise FileExistsError(f"{output} exists; choose another output, or ask to overwrite or to resume it")


def _check_length(recipe: Recipe) -> None:
    if recipe.minutes is not None and not 0 < recipe.minutes < float("inf"):
        raise ValueError(f"minutes must be a finite number > 0, got {recipe.minutes}")
    if recipe.epochs is not None and recipe.epochs < 1:
        raise ValueError(f"epochs must be >= 1, got {recipe.epochs}")
    if recipe.minutes is None and recipe.epochs is None:
        raise ValueError("a recipe needs minutes or epochs, got neither")


def _interpolation(
    kind: str, kept: KeptSamples, series: VolumeSeries, output: str | Path | None, configuration: Any
) -> Any:
    """Fields that need no training hold the kept samples themselves."""
    samples = dict(zip(kept.domain.names, kept.values, strict=True))
    field = field_class(kind).from_samples(kept.domain, samples, **(configuration or {}))
    if output is not None:
        header = Header(
            kind, field.configuration(), kept.domain, series.time_unit, series.length_unit, kept.data_hash
        )
        checkpoint.save(output, header, field)
    return field
