"""A case of a study → its fields, trained anew or taken from an interrupted report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stsr_core.series import VolumeSeries
from stsr_filters.evaluation.plan import Case, Kept, Settings, Stopped


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
    from stsr_core import checkpoint, training

    choices = {kept[name] for name in series.names}
    if case.kind not in training.RECIPES:
        started = time.monotonic()
        field = (
            _interpolation(case, series, settings, kept)
            if len(choices) > 1
            else training.fit(
                series,
                field=case.kind,
                configuration=dict(case.configuration),
                device=settings.device,
                fill=settings.fill,
                **_factors(choices),
            )
        )
        return field, time.monotonic() - started, None
    finished = path.exists() and checkpoint.read_header(path).training is None
    if not finished:
        report: dict[str, Any] = {
            "on_progress": lambda p: on_progress(p.fraction),
            "should_stop": should_stop,
        }
        recipe = _recipe(case, settings, minutes)
        if len(choices) > 1:
            path.unlink(missing_ok=True)
            _train_mixed(case, series, settings, kept, recipe, path, report)
        elif path.exists():
            training.resume(path, series, device=settings.device, **report)
        else:
            training.fit(
                series,
                path,
                field=case.kind,
                configuration=dict(case.configuration),
                recipe=recipe,
                device=settings.device,
                seed=settings.seed,
                fill=settings.fill,
                **_factors(choices),
                **report,
            )
    header = checkpoint.read_header(path)
    if header.training is not None:
        raise Stopped
    run = header.history[-1]
    return checkpoint.load(path), run["seconds"], run


def _factors(choices: set[Kept]) -> dict[str, int]:
    (only,) = choices
    return {"spatial_factor": only.spatial_factor, "temporal_gap": only.temporal_gap}


def _recipe(case: Case, settings: Settings, minutes: float | None) -> Any:
    from stsr_core.training import RECIPES

    return replace(RECIPES[case.kind], **{"minutes": minutes, "epochs": settings.epochs, **case.recipe})


def _read_mixed(series: VolumeSeries, settings: Settings, kept: Mapping[str, Kept]) -> Any:
    """Kept samples of variables of which different parts are kept."""
    from stsr_core.coordinates import Domain
    from stsr_core.inference import resolve_device
    from stsr_core.sampling import KeptSamples

    device = resolve_device(settings.device)
    parts = [
        KeptSamples.read(
            series.select([name]),
            kept[name].spatial_factor,
            kept[name].temporal_gap,
            device=device,
            fill=settings.fill,
        )
        for name in series.names
    ]
    digest = hashlib.sha256("".join(part.data_hash for part in parts).encode()).hexdigest()
    return KeptSamples(
        Domain(v for part in parts for v in part.domain), [v for p in parts for v in p.values], digest
    )


def _train_mixed(
    case: Case,
    series: VolumeSeries,
    settings: Settings,
    kept: Mapping[str, Kept],
    recipe: Any,
    path: Path,
    report: dict[str, Any],
) -> None:
    """As :func:`stsr_core.training.fit`, with a spatial factor and a temporal gap for each variable."""
    import torch

    from stsr_core.fields import create
    from stsr_core.training.loop import Run, train

    samples = _read_mixed(series, settings, kept)
    torch.manual_seed(settings.seed)
    network = create(case.kind, samples.domain, dict(case.configuration)).to(samples.values[0].device)
    data = {
        "spatial_factor": [kept[name].spatial_factor for name in series.names],
        "temporal_gap": [kept[name].temporal_gap for name in series.names],
        "fill": settings.fill,
    }
    train(network, samples, series, Run(recipe, settings.seed, data), path, **report)


def _interpolation(case: Case, series: VolumeSeries, settings: Settings, kept: Mapping[str, Kept]) -> Any:
    from stsr_core.fields import field_class

    samples = _read_mixed(series, settings, kept)
    values = dict(zip(samples.domain.names, samples.values, strict=True))
    return field_class(case.kind).from_samples(samples.domain, values, **case.configuration)


def _mebibytes(networks: list[Any]) -> float | None:
    count = sum(p.numel() for network in networks for p in network.parameters())
    return 4 * count / 2**20 if count else None
