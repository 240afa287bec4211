"""Studies → one folder with tables and figures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.series import Grid, VolumeSeries
from stsr_filters.evaluation.figures import write_curves, write_parameter, write_renderings
from stsr_filters.evaluation.fitting import Made, make
from stsr_filters.evaluation.measures import measure
from stsr_filters.evaluation.plan import Case, Kept, Settings, Study
from stsr_filters.evaluation.truth import Truth, read_truth
from stsr_filters.evaluation.upscaling import upscale, write_upscaling

_MEASURING = 0.3  # share of a case's time that is not training, for the estimate of what is left
_UNTRAINED = 0.1  # weight of a case that needs no training


@dataclass
class Outcome:
    """What one study found.

    Parameters
    ----------
    study : Study
    made : dict of str to Made
        By label; a case that could not be made is missing.
    results : dict
        Label → variable → result; for an unsupervised study the values are :class:`Upscaled`.
    refused : dict of str to str
        Label → why it could not be made.
    figures : list of (str, str)
        File name and caption.
    """

    study: Study
    made: dict[str, Made] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    figures: list[tuple[str, str]] = field(default_factory=list)


def evaluate_studies(
    series: VolumeSeries,
    studies: Sequence[Study],
    settings: Settings,
    folder: Path,
    models: Path,
    *,
    exact: Mapping[str, Callable[[Grid, float], np.ndarray]] | None = None,
    on_progress: Callable[[str, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[list[Truth], list[Outcome], list[str]]:
    """Make and measure all cases of all studies, and write their figures.

    Parameters
    ----------
    series : VolumeSeries
        Ground truth: all voxels and steps.
    folder, models : Path
        Where the figures and the model files are written.
    exact : mapping, optional
        Variable → function of a grid and a time, where the field is known everywhere.
    on_progress : callable, optional
        Called with a text and the fraction done.

    Returns
    -------
    list of Truth, list of Outcome, list of str
        The last are remarks on what could not be measured or drawn.

    Raises
    ------
    stsr_filters.evaluation.plan.Stopped
        ``should_stop`` returned True.
    ValueError
        No case of a study could be made.
    """
    load_llvm_of_torch()
    remarks: list[str] = []
    report = _Reporter(studies, on_progress)
    report("reading and rendering the ground truth", 0.0)
    truths = [read_truth(variable, settings, note=remarks.append) for variable in series]
    with_lpips = any(t.volumes for t in truths) and _lpips_works(remarks.append)
    outcomes = []
    for study in studies:
        outcome = Outcome(study)
        for number, case in enumerate(study.cases):
            stem = models / f"{study.name}-{number}"
            _run_case(
                outcome, case, series, truths, settings, stem, exact or {}, with_lpips, report, should_stop
            )
        if not outcome.made:
            raise ValueError(f"study {study.name}: {next(iter(outcome.refused.values()))}")
        report(f"{study.title}: drawing", 0.0)
        _draw(outcome, truths, settings, folder, exact or {})
        outcomes.append(outcome)
    return truths, outcomes, remarks


def _run_case(
    outcome: Outcome,
    case: Case,
    series: VolumeSeries,
    truths: Sequence[Truth],
    settings: Settings,
    stem: Path,
    exact: Mapping[str, Callable[[Grid, float], np.ndarray]],
    with_lpips: bool,
    report: _Reporter,
    should_stop: Callable[[], bool] | None,
) -> None:
    study = outcome.study
    name = f"{study.title}: {case.label}"
    try:
        made = make(
            case,
            series,
            settings,
            stem,
            minutes=study.minutes,
            kept=dict.fromkeys(series.names, Kept()) if study.unsupervised else None,
            on_progress=lambda f: report(f"{name}, training", f * (1 - _MEASURING)),
            should_stop=should_stop,
        )
    except (ValueError, TypeError) as error:
        outcome.refused[case.label] = " ".join(str(error).split())
        report.finish(case)
        return
    results: dict[str, Any] = {}
    for i, truth in enumerate(truths):
        variable = truth.variable.name

        def measuring(f: float, i: int = i) -> None:
            report(f"{name}, measuring", 1 - _MEASURING + _MEASURING * (i + f) / len(truths))

        measuring(0.0)
        if study.unsupervised:
            results[variable] = upscale(
                made.fields[variable], truth, settings, exact.get(variable), should_stop
            )
        else:
            results[variable] = measure(
                made.fields[variable],
                truth,
                device=settings.device,
                with_lpips=with_lpips,
                on_progress=measuring,
                should_stop=should_stop,
            )
    outcome.made[case.label], outcome.results[case.label] = made, results
    report.finish(case)


def _draw(
    outcome: Outcome,
    truths: Sequence[Truth],
    settings: Settings,
    folder: Path,
    exact: Mapping[str, Callable[[Grid, float], np.ndarray]],
) -> None:
    study = outcome.study
    for truth in truths:
        variable = truth.variable.name
        per = {label: results[variable] for label, results in outcome.results.items()}
        stem = f"{study.name}_{slug(variable)}"
        time_text = f"{variable}, t = {truth.variable.times[truth.shown]:g}"
        if study.unsupervised:
            if write_upscaling(folder / f"{stem}.png", truth, per, settings, exact.get(variable)):
                outcome.figures.append(
                    (f"{stem}.png", f"{variable}: the input and what the methods make of it.")
                )
            continue
        kind = "kept" if truth.shown in truth.kinds[0] else "not among the kept steps"
        for surfaces, word in ((False, "volume"), (True, "isosurface")):
            file = f"{stem}_{word}.png"
            if write_renderings(folder / file, truth, per, surfaces=surfaces):
                value = f" at {truth.isovalue:.4g}" if surfaces else ""
                what = "Isosurfaces" if surfaces else "Volume renderings"
                outcome.figures.append(
                    (
                        file,
                        f"{what}{value} of {time_text} ({kind}), the region that differs most, and the "
                        "difference from the ground truth in CIELUV.",
                    )
                )
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


class _Reporter:
    """Fraction done and time left over all cases, weighted by what they are expected to take."""

    def __init__(self, studies: Sequence[Study], on_progress: Callable[[str, float], None] | None) -> None:
        from stsr_core.training import RECIPES

        self._weight = {k: 1.0 for k in RECIPES}
        self._total = sum(self._weight.get(c.kind, _UNTRAINED) for s in studies for c in s.cases)
        self._done = 0.0
        self._current = 0.0
        self._on_progress = on_progress
        self._cases = iter([c for s in studies for c in s.cases])
        self._case = next(self._cases, None)

    def __call__(self, text: str, fraction: float) -> None:
        if self._on_progress is not None:
            weight = self._weight.get(self._case.kind, _UNTRAINED) if self._case else 0.0
            self._on_progress(text, (self._done + weight * fraction) / self._total)

    def finish(self, case: Case) -> None:
        self._done += self._weight.get(case.kind, _UNTRAINED)
        self._case = next(self._cases, None)


def load_llvm_of_torch() -> None:
    """Load torch's compiler package, if there is one, before anything is rendered.

    It brings an LLVM of its own. Where it is loaded after the LLVM of a software renderer the process crashes; the
    other way round both work. Torch asks for it late: at the first optimizer step, or when torchvision is imported.
    """
    try:
        import triton  # noqa: F401
    except ImportError:
        pass


def _lpips_works(note: Callable[[str], None]) -> bool:
    from stsr_core.metrics import lpips_distance

    blank = np.zeros((32, 32, 3), np.uint8)
    try:
        return math.isfinite(lpips_distance(blank, blank))
    except (ImportError, OSError) as error:
        note(f"LPIPS is not measured: {error}")
        return False


def slug(text: str) -> str:
    """A name as part of a file name.

    Examples
    --------
    >>> slug("H+ (ppm)")
    'H_ppm'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "variable"
