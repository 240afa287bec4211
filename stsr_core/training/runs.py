"""Start a training run, or go on with one: all that is checked before the first step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from stsr_core.fields import AUTO, KINDS, create, kind_of, named, preset
from stsr_core.fields.kinds import COMPACT, fitted_kind
from stsr_core.fields.recipe import FIRST_PART, Recipe, shared
from stsr_core.inference import resolve_device
from stsr_core.kept import MASK
from stsr_core.model import checkpoint, provenance
from stsr_core.model.checkpoint import Header
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.threads import bounded_threads
from stsr_core.training.beginning import checked_output, checked_seed, of_length, unfinished_run
from stsr_core.training.distillation.in_place import distil_in_place, part
from stsr_core.training.session import Progress, Session, Snapshot, taken_up


@bounded_threads()
def fit(
    series: VolumeSeries | KeptSamples,
    output: str | Path | None = None,
    *,
    field: str = AUTO,
    configuration: dict[str, Any] | None = None,
    recipe: Recipe | None = None,
    minutes: float | None = None,
    epochs: int | None = None,
    spatial_factor: int | Sequence[int] = 1,
    temporal_gap: int | Sequence[int] = 0,
    device: str = "auto",
    seed: int = 0,
    fill: float | str | None = None,
    overwrite: bool = False,
    compact: bool = False,
    made_by: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Any:
    """Learn one continuous field from the kept samples of a series.

    Parameters
    ----------
    series : VolumeSeries or KeptSamples
        Variables or members to train jointly; they may differ in grid and steps. Kept samples are taken as
        they are: they say themselves what was kept of what, and what fills gaps.
    output : path, optional
        Model file, written after two seconds, then about every five and at the end; without it nothing is.
    field : str
        Kind, a key of :data:`stsr_core.fields.KINDS`, or a word, one of :data:`stsr_core.fields.WORDS`.
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
        Where to train; initial weights and order; value that replaces NaN and infinities, or "mask", which
        leaves them out (refused without).
    overwrite : bool
        Replace an existing ``output``.
    compact : bool
        Learn a mixture in the first third of the minutes, and in the others one small network that says what
        the mixture says; see :func:`stsr_core.compact`. Until that is finished ``output`` holds the mixture.
    made_by : dict, optional
        Who asked for it, as of :mod:`stsr_core.model.provenance`; kept in the model's history.
    on_progress, should_stop : callable, optional
        Report about once a second; asked after every step, and while motion is looked for. A stopped run
        keeps its state in ``output`` and can be resumed.

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
    checked_seed(seed)
    configuration = {**preset(field), **(configuration or {})}
    field = named(field)
    if compact and field != named(AUTO):
        raise ValueError(f"compact goes with the field {named(AUTO)}, got {field}")
    row = fitted_kind(field)
    usual = kind_of(COMPACT).recipe if compact else row.recipe_for(configuration)
    recipe = None if usual is None else of_length(recipe or usual, minutes, epochs)
    where = resolve_device(device)
    if isinstance(series, KeptSamples):
        if (spatial_factor, temporal_gap, fill) != (1, 0, None):
            raise ValueError(
                "spatial_factor, temporal_gap and fill belong to a whole series, got them with kept samples"
            )
        kept = series.to(where)
    else:
        kept = KeptSamples.read(series, spatial_factor, temporal_gap, device=where, fill=fill)
    if not row.has_gaps and kept.settings["fill"] == MASK:
        able = ", ".join(name for name, kind in KINDS.items() if kind.has_gaps)
        raise ValueError(
            f"field must be one of {able} where missing values are left out, got {field!r}; "
            "or give a fill value to replace them"
        )
    if recipe is not None:
        torch.manual_seed(seed)
    network = create(field, kept.domain, configuration).to(where)
    settings: dict[str, Any] = {"data": kept.settings, **({"made_by": made_by} if made_by else {})}
    if recipe is None:
        return _fill(network, kept, settings, output, on_progress, should_stop)
    if compact:
        recipe, distillation = shared(recipe)
        settings["compact"] = asdict(distillation)
    settings["recipe"] = asdict(recipe)
    return _learn(network, kept, recipe, settings, output, on_progress, should_stop, seed=seed)


@bounded_threads()
def resume(
    output: str | Path,
    series: VolumeSeries | KeptSamples,
    *,
    device: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Any:
    """Go on with an unfinished run exactly where its last checkpoint stands.

    Parameters
    ----------
    output : path
        Its model file, which is written again.
    series : VolumeSeries or KeptSamples
        What it was learning from: the whole series, or its kept samples as they are.
    device, on_progress, should_stop
        As for :func:`fit`.

    Returns
    -------
    Field
        As of :func:`fit`.

    Raises
    ------
    ValueError
        If the run of ``output`` is finished, or ``series`` is not what it was trained on.
    """
    header = checkpoint.read_header(output)
    saved = unfinished_run(output, header.training)
    if "compact_of" in saved:
        raise ValueError(f"{output}: a compact network goes on with `stsr compact --resume`, from its model")
    whole = series.whole if isinstance(series, KeptSamples) else series
    if len(whole) != len(header.domain):
        raise ValueError(
            f"{output}: cannot resume, it was trained on the variables {', '.join(header.domain.names)}, "
            f"got {', '.join(whole.names)}"
        )
    where = resolve_device(device)
    if isinstance(series, KeptSamples):
        kept = series.to(where)
    else:
        data = saved["data"]
        kept = KeptSamples.read(
            series, data["spatial_factor"], data["temporal_gap"], device=where, fill=data["fill"]
        )
    if kept.data_hash != header.data_hash:
        raise ValueError(f"{output}: cannot resume, the kept samples differ from those it was trained on")
    if kind_of(header.kind).recipe is None:
        empty = create(header.kind, header.domain, header.configuration).to(where)
        return _fill(empty, kept, saved, output, on_progress, should_stop)
    try:
        recipe = Recipe(**saved["recipe"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{output}: cannot resume its recipe: {error}") from error
    network: Any = checkpoint.load(output, where)
    settings, standing = taken_up(saved)
    standing["state"] = checkpoint.load_training_state(output)
    return _learn(network, kept, recipe, settings, output, on_progress, should_stop, **standing)


def _fill(
    network: Any,
    kept: KeptSamples,
    settings: dict[str, Any],
    output: str | Path | None,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Any:
    """Give the kept samples to a field that is not trained; one that was stopped begins anew when resumed."""
    # There are no steps to count: one epoch stands for all of it.
    session = Session(settings, seed=0, epochs=1, on_progress=on_progress, should_stop=should_stop)
    with session.stage("taking the samples", share=1.0) as tell:
        network.fill(kept.values, tell, session.stop_wanted)
    network.eval()
    if output is not None:
        history = {**settings, "seconds": session.elapsed_seconds}
        _saver(Path(output), network, kept)(Snapshot(history, settings if session.stopped else None, None))
    return network


def _learn(
    network: Any,
    kept: KeptSamples,
    recipe: Recipe,
    settings: dict[str, Any],
    output: str | Path | None,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
    **standing: Any,
) -> Any:
    """Train from where a run stands; then distil, if its settings say so."""
    path = None if output is None else Path(output)
    session = Session(
        settings,
        epochs=recipe.epochs,
        minutes=recipe.minutes,
        save=None if path is None else _saver(path, network, kept),
        on_progress=part(on_progress, 0.0, FIRST_PART) if "compact" in settings else on_progress,
        should_stop=should_stop,
        **standing,
    )
    if not settings.get("learned"):
        _train(network.kind)(network, kept, recipe, session)
        if "compact" not in settings or session.fraction < 1:
            return network
    return distil_in_place(network, path, session, on_progress, should_stop)


def _train(kind: str) -> Callable[..., None]:
    return import_module(kind_of(kind).trainer).train


def _saver(output: Path, network: Any, kept: KeptSamples) -> Callable[[Snapshot], None]:
    """What writes the network, and what a session tells of its training."""

    def save(snapshot: Snapshot) -> None:
        history = [{**snapshot.history, "device": str(kept.device), "versions": provenance.versions()}]
        unfinished = snapshot.unfinished
        if unfinished is None and "compact" in snapshot.history:
            # The field is there, and its compact network is not: a resumed run begins with that.
            lasting = ("recipe", "data", "compact", "seed", "made_by")
            unfinished = {key: snapshot.history[key] for key in lasting if key in snapshot.history}
            unfinished |= {"learned": True, "step": 0, "elapsed_seconds": snapshot.history["seconds"]}
        header = Header(
            network.kind,
            network.configuration(),
            network.domain,
            kept.whole.time_unit,
            kept.whole.length_unit,
            kept.data_hash,
            history,
            unfinished,
        )
        checkpoint.save(output, header, network, snapshot.state)

    return save
