"""Rows of comparisons as text for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stsr_core.kept import Kept, kept_in_words
from stsr_core.measuring.comparison import Row
from stsr_core.metrics.table import MEASURES, Measure


def table(rows: Sequence[Row]) -> str:
    """The rows as text in columns; the best PSNR of each variable and column has a star."""
    head = ("variable", "method", "kept", "unseen", "unseen inside", "all steps", "fit s", "s/step")
    lines: list[Sequence[str]] = [head]
    previous = None
    for row in rows:
        group = [r for r in rows if r.variable == row.variable]
        cells = [row.variable if row.variable != previous else "", row.method]
        for column in ("kept", "unseen", "unseen_inside", "all_steps"):
            value = getattr(row, column)
            best = len(group) > 1 and value == max(getattr(r, column) for r in group)
            cells.append("-" if np.isnan(value) else f"{value:.2f}{'*' if best else ' '}")
        cells.append("-" if np.isnan(row.fit_seconds) else f"{row.fit_seconds:.1f}")
        cells.append(f"{row.step_seconds:.2f}")
        lines.append(cells)
        previous = row.variable
    return in_columns(lines)


def measures_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of :func:`stsr_core.measuring.rows.mean_rows` as text in columns, without measures of pictures."""
    shown = [row for row in MEASURES.values() if not (row.of_pictures or row.of_cells)]
    cells = [row for row in MEASURES.values() if row.of_cells]
    if any(not np.isnan(row[measure.key]) for row in rows for measure in cells):
        return f"{_columns_of(shown, rows)}\n\n{_columns_of(cells, rows)}"
    return _columns_of(shown, rows)


def _columns_of(shown: Sequence[Measure], rows: Sequence[Mapping[str, Any]]) -> str:
    heads = [row.name + (f" ({row.unit})" if row.unit not in ("", "data") else "") for row in shown]
    lines = [["variable", "steps", *heads]]
    previous = None
    for row in rows:
        name = f"{row['variable']} ({row['unit']})" if row["unit"] else row["variable"]
        cells = [name if row["variable"] != previous else "", f"{row['steps']} {row['n_steps']}"]
        cells += [measure.text(row[measure.key]) for measure in shown]
        for place, measure in enumerate(shown, start=2):
            undefined = row.get(f"{measure.key}_undefined")
            if undefined and not np.isnan(row[measure.key]):
                cells[place] += f" ({undefined} undefined)"
        lines.append(cells)
        previous = row["variable"]
    return in_columns(lines)


def in_columns(lines: Sequence[Sequence[str]]) -> str:
    """A head and rows of cells; the first two columns are words, the others numbers."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = []
    for line in lines:
        names = [c.ljust(w) for c, w in zip(line[:2], widths[:2], strict=True)]
        numbers = [c.rjust(w) for c, w in zip(line[2:], widths[2:], strict=True)]
        text.append("  ".join(names + numbers).rstrip())
    text.insert(1, "-" * max(len(line) for line in text))
    return "\n".join(text)


def explanation(rows: Sequence[Row], kept: Mapping[str, Kept]) -> str:
    """What the columns of :func:`table` mean; ``kept`` is by variable."""
    words = {name: kept_in_words(k) for name, k in kept.items()}
    if len(set(words.values())) == 1:
        said = " " + next(iter(words.values()))
    else:
        said = "\n" + ";\n".join(f"  {name}: {text}" for name, text in words.items())
    text = (
        f"PSNR in dB, mean over steps, with the range of each true step; kept:{said}.\n"
        "unseen: steps between kept ones, whole grid; unseen inside: the same without the voxels beyond the\n"
        "last kept ones; all steps: kept, unseen and those after the last kept step. * marks the best."
    )
    drawn = dict.fromkeys(
        f"{r.n_measured} of {r.n_steps} steps of {r.variable}" for r in rows if r.n_measured < r.n_steps
    )
    if drawn:
        text += f"\nMeasured on {', '.join(drawn)}, drawn from each kind."
    constant = max(row.n_constant for row in rows)
    if constant:
        text += f"\nLeft out: {constant} steps with a constant true field, for which PSNR is not defined."
    return text


def verdict(rows: Sequence[Row], model: str) -> list[str]:
    """One sentence per variable: what the model gains over the better interpolation, or loses.

    Unseen steps count, without the voxels beyond the last kept ones, where every method can only extrapolate;
    all steps when none was left out.
    """
    sentences = []
    for row in (r for r in rows if r.method == model):
        others = [r for r in rows if r.variable == row.variable and r.method != model]
        column, words = (
            ("unseen_inside", "unseen steps (inside)")
            if not np.isnan(row.unseen)
            else ("all_steps", "all steps")
        )
        scores = [(getattr(r, column), r.method) for r in others if not np.isnan(getattr(r, column))]
        value = getattr(row, column)
        if not scores or np.isnan(value):
            continue
        best, name = max(scores)
        difference = value - best if value != best else 0.0
        relation = "above" if difference >= 0 else "BELOW"
        sentences.append(
            f"{row.variable}: on {words} {model} is {abs(difference):.2f} dB {relation} {name} interpolation"
        )
    return sentences
