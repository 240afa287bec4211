"""Numbers as cells of a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from stsr_core.measuring.means import means_by_kind
from stsr_core.metrics.table import Measure
from stsr_core.words import duration
from stsr_filters.evaluation.measures import REPORTED
from stsr_filters.evaluation.truth import Truth


def table(head: Sequence[str], rows: Sequence[Sequence[str]], n_texts: int = 1) -> str:
    """A Markdown table; the columns after the first ``n_texts`` are aligned to the right."""
    rule = ["---"] * n_texts + ["---:"] * (len(head) - n_texts)
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, rule, *rows))


def seconds_text(seconds: float) -> str:
    """Seconds in words, with tenths below ten.

    Examples
    --------
    >>> seconds_text(0.25), seconds_text(95)
    ('0.2 s', '1 min 35 s')
    """
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def number(value: float | None, digits: int) -> str:
    """A number for a table: "–" where there is none, "∞" for a PSNR of equal volumes.

    Examples
    --------
    >>> number(1.234, 2), number(float("nan"), 2), number(float("inf"), 2)
    ('1.23', '–', '∞')
    """
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f}" if math.isfinite(value) else "∞"


def quality_cells(truth: Truth, result: Any) -> list[tuple[float, str]]:
    """Value and text of PSNR (all, kept, unseen) and of the others; the value is larger for the better."""
    cells = []
    for key, row in _shown(truth.cells is not None).items():
        found = means_by_kind(result.values[key], truth.kinds)
        for value in (found.all, found.kept, found.unseen) if key == "psnr" else (found.all,):
            text = row.text(value)
            if key == "chamfer" and found.undefined and text != "–":
                text += f" ({found.undefined} undefined)"
            cells.append((value if row.rises else -value, text))
    return cells


def quality_head(with_cells: bool = False) -> list[str]:
    """The heads of :func:`quality_cells`; those of biological cells only where these are measured."""
    head = []
    for key, row in _shown(with_cells).items():
        unit = f" ({row.unit})" if key == "psnr" else ""
        head.append(f"{row.name}{unit} {row.head[-1]}")
        head += ["kept ↑", "unseen ↑"] if key == "psnr" else []
    return head


def _shown(with_cells: bool) -> dict[str, Measure]:
    return {key: row for key, row in REPORTED.items() if with_cells or not row.of_cells}


def bold_best(rows: Sequence[Sequence[tuple[float, str]]]) -> list[list[str]]:
    """Texts with the best value of each column in bold, where there is a choice.

    Examples
    --------
    >>> bold_best([[(1.0, "1")], [(2.0, "2")]])
    [['1'], ['**2**']]
    """
    best = []
    for column in zip(*rows, strict=True):
        known = [v for v, _ in column if not math.isnan(v)]
        best.append(max(known) if len(known) > 1 else None)
    return [
        [f"**{text}**" if b is not None and v == b else text for (v, text), b in zip(row, best, strict=True)]
        for row in rows
    ]
