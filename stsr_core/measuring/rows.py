"""Rows of measures: of one step, of every step, and their means, as plain Python values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from stsr_core.measuring.measured import Measured
from stsr_core.metrics import mean_over_steps
from stsr_core.metrics.table import MEASURES

#: A row: column → value; None where nothing is known.
Row = dict[str, Any]


def step_row(name: str, unit: str, time: float | None, measured: Measured) -> Row:
    """The row of one variable at one step."""
    return {
        "variable": name,
        "unit": unit,
        "steps": "one",
        "n_steps": 1,
        "time": time,
        **measured.values,
        "isovalue": measured.isovalue,
        "chamfer_undefined": _undefined([measured]),
        "bsa_undefined": _without_cells([measured]),
        "points": measured.points,
        "masked": measured.masked,
    }


def curve_rows(
    name: str, times: Sequence[float], kept: Sequence[bool] | None, steps: Sequence[Measured]
) -> list[Row]:
    """One row per step of one variable; ``kept`` is None where the trained steps are not known."""
    return [
        {
            "variable": name,
            "step": i,
            "time": time,
            "kept": None if kept is None else kept[i],
            **measured.values,
            "points": measured.points,
            "masked": measured.masked,
        }
        for i, (time, measured) in enumerate(zip(times, steps, strict=True))
    ]


def mean_rows(name: str, unit: str, kept: Sequence[bool] | None, steps: Sequence[Measured]) -> list[Row]:
    """Means over the steps of one variable: of all, and of kept and unseen ones where there are any.

    A step where nothing was compared does not count; one where a measure is NaN does not enter its mean.
    ``chamfer_undefined`` counts the steps where a surface is empty, ``bsa_undefined`` those without a cell.
    The largest error is that of all steps.
    """
    flags = [None] * len(steps) if kept is None else kept
    done = [(m, k) for m, k in zip(steps, flags, strict=True) if m.points]
    kinds = {"all": [m for m, _ in done]}
    if kept is not None:
        kinds["kept"] = [m for m, k in done if k]
        kinds["unseen"] = [m for m, k in done if not k]
    return [
        {
            "variable": name,
            "unit": unit,
            "steps": kind,
            "n_steps": len(chosen),
            "time": None,
            **{key: _over_steps(key, chosen) for key in MEASURES},
            "isovalue": done[0][0].isovalue,
            "chamfer_undefined": _undefined(chosen),
            "bsa_undefined": _without_cells(chosen),
            "points": sum(m.points for m in chosen),
            "masked": sum(m.masked for m in chosen),
        }
        for kind, chosen in kinds.items()
        if chosen
    ]


def _over_steps(key: str, steps: Sequence[Measured]) -> float:
    values = [m.values[key] for m in steps]
    if MEASURES[key].largest:
        return max((v for v in values if not math.isnan(v)), default=math.nan)
    return mean_over_steps(values).mean


def _undefined(steps: Sequence[Measured]) -> int:
    """Steps at which a surface that was asked for is empty."""
    return sum(math.isfinite(m.isovalue) and math.isnan(m.values["chamfer"]) for m in steps)


def _without_cells(steps: Sequence[Measured]) -> int:
    """Steps at which cells that were asked for are neither in the truth nor in the prediction."""
    return sum(not math.isnan(m.values["dsc"]) and math.isnan(m.values["bsa"]) for m in steps)
