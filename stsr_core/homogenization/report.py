"""The folder of an evaluation: report.md, table.csv, results.json and figures."""

from __future__ import annotations

import math
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stsr_core.homogenization import figures
from stsr_core.homogenization.evaluation import DIRECT, MEASURED, Evaluation, Row
from stsr_core.measuring.records import write_csv, write_json
from stsr_core.threads import usable_cores

#: The file by which a folder is known as a report.
RESULTS = "results.json"

_READING = """\
## How to read the tables

* **MSE**, **MAE** and **SSIM** compare fields that are normalised to [0, 1] by the truth's range; a
  prediction is clamped to it and not normalised again. **boundary** is the largest value predicted on
  the boundary, before the exact 0 is put there.
* **L2** and **energy** are errors of physical values relative to the norm of the truth, in per cent,
  the second in the norm of the equation, √(eᵀKe / uᵀKu). A network that predicts shapes, and an
  interpolation, get their amplitude from the equation, with no solution known. **smoothed** is the energy
  error after one sweep of the multigrid's smoother.
* **direct solution** is the fine problem solved outright, which is the truth itself: what the user of a
  network pays or saves against it stands in the last column, in seconds of one map, from the coarse
  solution to physical values.
* **±** is the standard deviation over runs of other seeds, where there are several.
* The first scales may be unresolved: below the size of a cell the fine solution is as wrong as the
  coarse one.
"""


def write(
    output: Path,
    found: Evaluation,
    *,
    histories: Mapping[str, Sequence[Mapping[str, Any]]],
    learned_at: float,
    title: str,
    introduction: str = "",
    overwrite: bool = False,
) -> None:
    """Write a report beside its place and rename it there.

    Parameters
    ----------
    output : path
        A folder.
    found : Evaluation
    histories : mapping
        Label → history of each network's file.
    learned_at : float
        α of the training; its maps are drawn.
    title, introduction : str
    overwrite : bool
        Replace a report that is there.

    Raises
    ------
    FileExistsError
        As of :func:`check_output`.
    """
    check_output(output, overwrite)
    beside = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    beside.mkdir()
    try:
        drawn = _draw(beside, found, histories, learned_at)
        rows = [row.flat() for row in found.rows]
        write_csv(beside / "table.csv", rows)
        machine = {"cores": usable_cores(), "processor": platform.machine(), "system": platform.system()}
        write_json(beside / RESULTS, {"rows": rows, "histories": histories, "machine": machine})
        text = _text(found, histories, drawn, title, introduction)
        (beside / "report.md").write_text(text, encoding="utf-8")
        if output.exists():
            shutil.rmtree(output)
        os.replace(beside, output)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_output(output: Path, overwrite: bool) -> None:
    """Refuse a folder that cannot become a report, before any work is done.

    Raises
    ------
    FileExistsError
        If it exists and ``overwrite`` is not set, or it is no report.
    FileNotFoundError
        If the folder above does not exist.
    """
    if not output.absolute().parent.is_dir():
        raise FileNotFoundError(f"{output}: the folder {output.absolute().parent} does not exist")
    if output.exists() and not overwrite:
        raise FileExistsError(f"{output} exists; choose another folder, or --overwrite it")
    if output.exists() and not (output / RESULTS).is_file():
        raise FileExistsError(f"{output} is no report of an evaluation; choose another folder")


def _draw(
    folder: Path, found: Evaluation, histories: Mapping[str, Sequence[Mapping[str, Any]]], learned_at: float
) -> list[tuple[str, str]]:
    """Write the figures; (file, caption) of each."""
    drawn = []
    for part, words in MEASURED.items():
        key = (part, learned_at)
        if key not in found.shown:
            continue
        where = f"{words}, {learned_at:g}x"
        figures.write_fields(folder / f"{part}_fields.png", found.shown[key], where)
        figures.write_lines(folder / f"{part}_lines.png", found.shown[key], where)
        figures.write_spectra(folder / f"{part}_spectra.png", found.spectra[key], f"{where}, mean")
        drawn += [
            (
                f"{part}_fields.png",
                f"The first of the {where}: values, their bands, errors × {figures.ENLARGED}.",
            ),
            (f"{part}_lines.png", f"Its middle row and column ({where})."),
            (f"{part}_spectra.png", f"Radially averaged power spectral density ({where})."),
        ]
    measured = {row.method for row in found.rows}  # of several runs the first has the method's name
    curves = {
        label: points
        for label, runs in histories.items()
        for run in runs[-1:]
        if label in measured and (points := run.get("validation"))
    }
    if curves:
        figures.write_validation(folder / "validation.png", curves)
        drawn.append(("validation.png", "Error of the validation maps while the networks learned."))
    return drawn


def _text(
    found: Evaluation,
    histories: Mapping[str, Sequence[Mapping[str, Any]]],
    drawn: Sequence[tuple[str, str]],
    title: str,
    introduction: str,
) -> str:
    parts = [f"# {title}\n"]
    if introduction:
        parts.append(introduction.strip() + "\n")
    for part, words in MEASURED.items():
        for scale in dict.fromkeys(row.scale for row in found.rows if row.part == part):
            rows = [row for row in found.rows if (row.part, row.scale) == (part, scale)]
            parts.append(f"## {words.capitalize()} at {scale:g}x ({rows[0].count})\n\n{_table(rows)}")
    if histories:
        parts.append("## Training\n\n" + _training(histories))
    parts += [f"![{caption}]({file})\n\n{caption}\n" for file, caption in drawn]
    parts.append(_READING)
    return "\n".join(parts)


def _table(rows: Sequence[Row]) -> str:
    """Markdown; the best of each column but the direct solution's is bold."""
    heads = ("method", "MSE·10³", "MAE·10³", "SSIM", "boundary", "L2 %", "energy %", "smoothed %", "s")
    columns = []
    for key, factor, digits, rises in (
        ("mse", 1e3, 3, False),
        ("mae", 1e3, 2, False),
        ("ssim", 1, 4, True),
        ("boundary", 1, 4, False),
        ("relative", 1e2, 2, False),
        ("energy", 1e2, 2, False),
        ("smoothed", 1e2, 2, False),
    ):
        texts = [_number(factor * getattr(row.errors, key), digits) for row in rows]
        among = [t for t, row in zip(texts, rows, strict=True) if row.method != DIRECT and t != "-"]
        best = (max if rises else min)(among, key=float, default="")
        column = []
        for text, row in zip(texts, rows, strict=True):
            shown = f"**{text}**" if text == best and row.method != DIRECT else text
            if row.spread is not None:
                shown += f" ± {_number(factor * getattr(row.spread, key), digits)}"
            column.append(shown)
        columns.append(column)
    columns = [[row.method for row in rows], *columns, [f"{row.seconds:.3f}" for row in rows]]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *zip(*columns, strict=True)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _training(histories: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines = ["| network | seconds | passes over the maps | seed |\n|---|---:|---:|---:|\n"]
    for label, history in histories.items():
        for run in history[-1:]:
            lines.append(f"| {label} | {run['seconds']:.0f} | {run['epochs']:.1f} | {run['seed']} |\n")
    return "".join(lines)
