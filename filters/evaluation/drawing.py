"""All figures of a study, and their captions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from stsr_core.grid import Grid
from stsr_filters.evaluation.figures import (
    write_curves,
    write_overview,
    write_parameter,
    write_renderings,
)
from stsr_filters.evaluation.outcome import Outcome
from stsr_filters.evaluation.settings import Settings
from stsr_filters.evaluation.truth import Truth
from stsr_filters.evaluation.upscaling import write_upscaling


def draw(
    outcome: Outcome,
    truths: Sequence[Truth],
    settings: Settings,
    folder: Path,
    exact: Mapping[str, Callable[[Grid, float], np.ndarray]],
) -> None:
    """Write the figures into ``folder`` and list them in ``outcome.figures``."""
    study = outcome.study
    for truth in truths:
        variable = truth.variable.name
        per = {label: results[variable] for label, results in outcome.results.items()}
        stem = f"{study.name}_{slug(variable)}"
        if study.unsupervised:
            if write_upscaling(folder / f"{stem}.png", truth, per, settings, exact.get(variable)):
                outcome.figures.append(
                    (f"{stem}.png", f"{variable}: the input and what the methods make of it.")
                )
            continue
        kind = "kept" if truth.shown in truth.kinds[0] else "not among the kept steps"
        when = f"{variable}, t = {truth.variable.times[truth.shown]:g} ({kind})"
        value = "" if truth.isovalue is None else f" at {truth.isovalue:.4g}"
        if study.name not in ("methods", "joint"):
            caption = (
                f"Volume renderings and isosurfaces{value} of {when}, and what differs from the ground truth."
            )
            if write_overview(folder / f"{stem}.png", truth, per):
                outcome.figures.append((f"{stem}.png", caption))
            continue
        for surfaces, word in ((False, "volume"), (True, "isosurface")):
            file = f"{stem}_{word}.png"
            what = f"Isosurfaces{value}" if surfaces else "Volume renderings"
            caption = (
                f"{what} of {when}, the region that differs most, and what differs from the ground truth."
            )
            if write_renderings(folder / file, truth, per, surfaces=surfaces):
                outcome.figures.append((file, caption))
    if study.unsupervised:
        return
    file = f"{study.name}_curves.png"
    write_curves(folder / file, truths, outcome.results)
    outcome.figures.append(
        (file, "The measures over time; full marks are kept steps, open marks unseen ones.")
    )
    settings_of = [case.setting for case in study.cases if case.label in outcome.made]
    numbers = [s for s in settings_of if s is not None]
    if len(numbers) > 1 and len(numbers) == len(settings_of):
        file = f"{study.name}_parameter.png"
        seconds = [m.seconds / m.passes if m.passes else None for m in outcome.made.values()]
        write_parameter(
            folder / file, study.parameter, numbers, truths, list(outcome.results.values()), seconds
        )
        outcome.figures.append((file, f"Means over the kept and the unseen steps against {study.parameter}."))


def slug(text: str) -> str:
    """A name as part of a file name.

    Examples
    --------
    >>> slug("H+ (ppm)")
    'H_ppm'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "variable"
