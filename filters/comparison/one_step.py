"""Both inputs at one time: measured, subtracted, drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from stsr_core.measuring.measured import Measured, measure, with_pictures
from stsr_core.measuring.pair import Pair
from stsr_core.measuring.segmenting import cells_of
from stsr_core.measuring.survey import Survey
from stsr_core.metrics.table import MEASURES
from stsr_filters.comparison.pairs import Pairs
from stsr_filters.comparison.pictures import look_at
from stsr_filters.comparison.settings import Settings


@dataclass(frozen=True)
class OneStep:
    """What one time gives.

    Parameters
    ----------
    measured : dict of str to Measured
        By variable.
    picture : ndarray or None
        (H, W, 3) uint8 of the variable chosen; None if nothing was drawn.
    remarks : tuple of str
        What was left out, and why.
    """

    measured: dict[str, Measured]
    picture: np.ndarray | None
    remarks: tuple[str, ...]


def compare_step(
    pairs: Pairs,
    settings: Settings,
    surveys: Mapping[str, Survey] | None,
    time: float | None,
    report: Callable[[str], None] = lambda text: None,
    *,
    draw: bool = True,
) -> OneStep:
    """Measure every pair, and draw them where that is wanted.

    Parameters
    ----------
    surveys : mapping of str to Survey, optional
        Of the whole series by variable; without it each step stands for itself.
    report : callable
        Called with what is begun; may raise to stop.
    draw : bool
        False where another process draws.
    """
    measured: dict[str, Measured] = {}
    remarks = list(pairs.remarks)
    wanted = settings.picture.variable or pairs.pairs[0].name
    if settings.picture.enabled and wanted not in [p.name for p in pairs.pairs]:
        remarks.append(f"Picture Variable {wanted!r} is not among those compared; there is no picture")
    picture, cells = None, cells_of(settings.cells, pairs.grid.spacing)
    for pair in pairs.pairs:
        series = None if surveys is None else surveys.get(pair.name)
        survey = series or _survey_of(pair)
        series_range = settings.data_range or (math.nan if series is None else series.range)
        isovalue = settings.surface.isovalue(survey)
        found = measure(pair, survey, isovalue, series_range=series_range, cells=cells, report=report)
        if settings.picture.enabled and draw:
            try:
                looks = look_at(
                    pair,
                    pairs.grid,
                    survey,
                    settings.picture,
                    isovalue=found.isovalue,
                    title=pair.name if time is None else f"{pair.name} at t = {time:g}",
                    note=_note(found),
                    report=report,
                )
            except (ValueError, RuntimeError, ImportError, OSError) as error:
                remarks.append(f"the pictures are left out: {error}")
            else:
                found = with_pictures(found, pair.name, looks.renderings, report)
                report(f"{pair.name}: drawn")
                picture = looks.picture if pair.name == wanted else picture
        measured[pair.name] = found
        remarks += found.remarks
    return OneStep(measured, picture, tuple(dict.fromkeys(remarks)))


def _survey_of(pair: Pair) -> Survey:
    survey = Survey()
    survey.add(pair.truth[pair.mask])
    return survey


def _note(found: Measured) -> str:
    shown = [row for row in MEASURES.values() if row.key in ("psnr", "ssim")]
    return ", ".join(
        f"{row.name} {row.text(found.values[row.key])} {row.unit}".strip()
        for row in shown
        if not math.isnan(found.values[row.key])
    )
