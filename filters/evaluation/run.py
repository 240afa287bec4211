"""Studies → one folder with tables and figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.series import VolumeSeries
from stsr_filters.evaluation.drawing import draw
from stsr_filters.evaluation.fitting import make
from stsr_filters.evaluation.measures import measure
from stsr_filters.evaluation.outcome import Outcome
from stsr_filters.evaluation.settings import Case, Kept, Settings, Study
from stsr_filters.evaluation.truth import Truth, read_truth
from stsr_filters.evaluation.upscaling import upscale

_MEASURING = 0.3  # share of a case's time that is not training, for the estimate of what is left
_UNTRAINED = 0.1  # weight of a case that needs no training


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
    stsr_core.interrupts.Stopped
        ``should_stop`` returned True.
    ValueError
        No case of a study could be made.
    """
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
        draw(outcome, truths, settings, folder, exact or {})
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


class _Reporter:
    """Fraction done and time left over all cases, weighted by what they are expected to take."""

    def __init__(self, studies: Sequence[Study], on_progress: Callable[[str, float], None] | None) -> None:
        from stsr_core.training import RECIPES

        self._weight = {k: 1.0 for k in RECIPES}
        self._total = sum(self._weight.get(c.kind, _UNTRAINED) for s in studies for c in s.cases)
        self._done = 0.0
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


def _lpips_works(note: Callable[[str], None]) -> bool:
    from stsr_core.metrics import lpips_distance

    blank = np.zeros((32, 32, 3), np.uint8)
    try:
        return math.isfinite(lpips_distance(blank, blank))
    except (ImportError, OSError) as error:
        note(f"LPIPS is not measured: {error}")
        return False
