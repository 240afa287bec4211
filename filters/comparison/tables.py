"""Rows of measures: of one step, of every step, and their means; as plain Python values and as a vtkTable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from stsr_filters.comparison.measures import MEASURES, Measured
from stsr_filters.pipeline.vtk_compat import vtkDoubleArray, vtkIntArray, vtkStringArray, vtkTable

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
    ``chamfer_undefined`` counts the steps where a surface is empty. The largest error is that of all steps.
    """
    from stsr_core.metrics import mean_over_steps

    flags = [None] * len(steps) if kept is None else kept
    done = [(m, k) for m, k in zip(steps, flags, strict=True) if m.points]
    kinds = {"all": [m for m, _ in done]}
    if kept is not None:
        kinds["kept"] = [m for m, k in done if k]
        kinds["unseen"] = [m for m, k in done if not k]
    rows = []
    for kind, chosen in kinds.items():
        if not chosen:
            continue
        values = {key: mean_over_steps([m.values[key] for m in chosen]).mean for key in MEASURES}
        values["max_error"] = max((m.values["max_error"] for m in chosen), default=math.nan)
        rows.append(
            {
                "variable": name,
                "unit": unit,
                "steps": kind,
                "n_steps": len(chosen),
                "time": None,
                **values,
                "isovalue": done[0][0].isovalue,
                "chamfer_undefined": _undefined(chosen),
                "points": sum(m.points for m in chosen),
                "masked": sum(m.masked for m in chosen),
            }
        )
    return rows


def wide_rows(curves: Sequence[Row]) -> list[Row]:
    """One row per step with a column ``NAME_measure`` for each variable: what a line chart plots.

    Examples
    --------
    >>> wide_rows([{"variable": "u", "step": 0, "time": 1.5, "kept": None, "psnr": 30.0}])
    [{'step': 0, 'time': 1.5, 'u_kept': None, 'u_psnr': 30.0}]
    """
    rows: dict[int, Row] = {}
    for row in curves:
        wide = rows.setdefault(row["step"], {"step": row["step"], "time": row["time"]})
        rest = {k: v for k, v in row.items() if k not in ("variable", "step", "time")}
        wide.update({f"{row['variable']}_{key}": value for key, value in rest.items()})
    return [rows[step] for step in sorted(rows)]


def vtk_table(rows: Sequence[Mapping[str, Any]]) -> vtkTable:
    """Columns of whole numbers, of floating-point numbers (None is NaN) or of words (None is empty).

    A truth value is 1 or 0.
    """
    table = vtkTable()
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows]
        known = [v for v in values if v is not None]
        column: Any
        if known and all(isinstance(v, str) for v in known):
            column, values = vtkStringArray(), ["" if v is None else v for v in values]
        elif known and len(known) == len(values) and all(isinstance(v, int) for v in known):
            column, values = vtkIntArray(), [int(v) for v in values]
        else:
            column, values = vtkDoubleArray(), [math.nan if v is None else float(v) for v in values]
        column.SetName(name)
        for value in values:
            column.InsertNextValue(value)
        table.AddColumn(column)
    return table


def _undefined(steps: Sequence[Measured]) -> int:
    """Steps at which a surface that was asked for is empty."""
    return sum(math.isfinite(m.isovalue) and math.isnan(m.values["chamfer"]) for m in steps)
