"""Tables of measures as the pipeline has them: wide rows for charts, and vtkTable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from stsr_core.measuring.rows import Row
from stsr_core.metrics.table import MEASURES
from stsr_filters.pipeline.vtk_compat import vtkDoubleArray, vtkIntArray, vtkStringArray, vtkTable


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


def overview_rows(measures: Sequence[Row]) -> list[Row]:
    """One row per measure, PSNR first, and a column per variable: what people read.

    Parameters
    ----------
    measures : sequence of dict
        Rows of one step or of means; means over kept and over unseen steps have columns of their own.

    Returns
    -------
    list of dict
        Measures that no variable has are left out. The first column is "(measure)", which comes first in
        ParaView's spreadsheet too: it sorts columns by name.

    Examples
    --------
    >>> row = {"variable": "u", "unit": "K", "steps": "one", "psnr": 31.5, "rmse": 0.25}
    >>> overview_rows([dict.fromkeys(MEASURES) | row])
    [{'(measure)': 'PSNR [dB]', 'u': 31.5}, {'(measure)': 'RMSE [K]', 'u': 0.25}]
    """
    units = {row["unit"] for row in measures}
    of_data = units.pop() if len(units) == 1 else "unit of the data"
    several = any(row["steps"] not in ("one", "all") for row in measures)
    columns = {f"{row['variable']} ({row['steps']})" if several else row["variable"]: row for row in measures}
    found = []
    for measure in MEASURES.values():
        values = {name: row[measure.key] for name, row in columns.items()}
        if all(value is None or math.isnan(value) for value in values.values()):
            continue
        unit = of_data if measure.unit == "data" else measure.unit
        found.append({"(measure)": f"{measure.name} [{unit}]" if unit else measure.name, **values})
    return found


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
