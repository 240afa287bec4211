"""A case of a study → its fields, trained anew or taken from an interrupted report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stsr_core.interrupts import Stopped
from stsr_core.series import VolumeSeries
from stsr_filters.evaluation.settings import Case, Kept, Settings


@dataclass(frozen=True)
class Made:
    """The fields of one case, and what they cost.

    Parameters
    ----------
    fields : dict of str to Field
        By variable; the same field for all variables where it was trained jointly.
    seconds : float
        Wall clock to make all of them.
    passes : float or None
        Passes over the kept samples, the mean of the fields; None where nothing is trained.
    size_full, size_paper : float or None
        MiB of float32: all that is trained; and as the paper counts an STSR-INR (both bodies, the last layer
        of each head, the latent table). None where there is none.
    configuration, recipe : dict
        Of the network and of its training run; the latter is empty where nothing is trained.
    """

    fields: dict[str, Any]
    seconds: float
    passes: float | None
    size_full: float | None
    size_paper: float | None
    configuration: dict[str, Any]
    recipe: dict[str, Any]


def make(
    case: Case,
    series: VolumeSeries,
    settings: Settings,
    stem: Path,
    *,
    minutes: float | None = None,
    kept: Mapping[str, Kept] | None = None,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Made:
    """Train or build the fields of a case.

    Parameters
    ----------
    stem : Path
        Model files are ``stem`` with an ending; one that stands there already is used, or gone on with.
    minutes : float, optional
        In place of those of ``settings``, per variable.
    kept : mapping, optional
        In place of that of ``settings``.
    on_progress : callable, optional
        Called with the fraction done.

    Raises
    ------
    Stopped
        ``should_stop`` returned True; the unfinished model stays.
    ValueError
        The kind cannot be made of these variables.
    """
    groups = [series] if case.joint else [series.select([name]) for name in series.names]
    fields: dict[str, Any] = {}
    seconds, runs, networks = 0.0, [], []
    for i, group in enumerate(groups):
        path = stem.with_name(f"{stem.name}{'' if case.joint else f'-{i}'}.stsr")

        def report(fraction: float, i: int = i) -> None:
            if on_progress is not None:
                on_progress((i + fraction) / len(groups))

        length = settings.minutes if minutes is None else minutes
        each = None if length is None else length * len(group)
        field, taken, run = _one(
            case, group, settings, path, each, kept or settings.kept, report, should_stop
        )
        fields |= dict.fromkeys(group.names, field)
        seconds += taken
        runs += [] if run is None else [run]
        networks.append(field)
    return Made(
        fields,
        seconds,
        sum(run["epochs"] for run in runs) / len(runs) if runs else None,
        _mebibytes(networks),
        sum(f.model_size("paper") for f in networks) if case.kind == "stsr_inr" else None,
        networks[0].configuration(),
        runs[0]["recipe"] if runs else {},
    )


def _one(
    case: Case,
    series: VolumeSeries,
    settings: Settings,
    path: Path,
    minutes: float | None,
    kept: Mapping[str, Kept],
    on_progress: Callable[[float], None],
    should_stop: Callable[[], bool] | None,
) -> tuple[Any, float, dict[str, Any] | None]:
    """Field, seconds, and what its model file says of the training run."""
    from stsr_core import training
    from stsr_core.model import checkpoint

    what: dict[str, Any] = {
        "field": case.kind,
        "configuration": dict(case.configuration),
        "spatial_factor": [kept[name].spatial_factor for name in series.names],
        "temporal_gap": [kept[name].temporal_gap for name in series.names],
        "device": settings.device,
        "fill": settings.fill,
        "compact": case.compact,
    }
    if case.kind not in training.RECIPES:
        started = time.monotonic()
        return training.fit(series, **what), time.monotonic() - started, None
    finished = path.exists() and checkpoint.read_header(path).training is None
    if not finished:
        report: dict[str, Any] = {
            "on_progress": lambda p: on_progress(p.fraction),
            "should_stop": should_stop,
        }
        if path.exists():
            training.resume(path, series, device=settings.device, **report)
        else:
            recipe = _recipe(case, settings, minutes)
            training.fit(series, path, recipe=recipe, seed=settings.seed, **what, **report)
    header = checkpoint.read_header(path)
    if header.training is not None:
        raise Stopped
    run = header.history[-1]
    return checkpoint.load(path), run["seconds"], run


def _recipe(case: Case, settings: Settings, minutes: float | None) -> Any:
    from stsr_core.fields.kinds import COMPACT, kind_of

    usual: Any = (
        kind_of(COMPACT).recipe if case.compact else kind_of(case.kind).recipe_for(case.configuration)
    )
    return replace(usual, **{"minutes": minutes, "epochs": settings.epochs, **case.recipe})


def _mebibytes(networks: list[Any]) -> float | None:
    count = sum(p.numel() for network in networks for p in network.parameters())
    return 4 * count / 2**20 if count else None
