"""What a notebook shows of a model, a series and a comparison."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.measuring.rows import Row
from stsr_core.metrics.table import MEASURES
from stsr_core.model.summary import training_text
from stsr_core.words import node_count, readable_bytes

if TYPE_CHECKING:
    from stsr_filters.notebook.model import Model
    from stsr_filters.notebook.series import Series

_SIZE = (240, 200)


def model_html(model: Model) -> str:
    """Variables, grids, times, size and training of a model, beside a small picture of its middle."""
    header, first = model.header, model.domain[0]
    rows = [_variable_row(variable, header.time_unit) for variable in model.domain]
    table = table_html(("variable", "values", "learned from", "of", "steps", "times"), rows)
    size = readable_bytes(model.path.stat().st_size)
    lines = [f"{header.kind}, {size}, <code>{escape(str(model.path))}</code>"]
    lines += [f"trained {escape(words)}" for run in header.history if (words := training_text(run))]
    grid = first.grid
    shown = grid.with_shape([min(n, 48) for n in grid.shape])
    middle = float(np.mean(model.time_range))

    def image() -> Any:
        from stsr_core.inference import evaluate
        from stsr_core.io.vtk import to_vtk_image

        return to_vtk_image(shown, {first.name: evaluate(model.field, shown, [middle], first.name)[0]})

    return _card("Model", lines, table, picture_html(image, first.name))


def series_html(series: Series) -> str:
    """Variables, grids, times and units of a series, beside a small picture of its middle step."""
    volumes = series.volumes
    rows = [
        (
            v.name + (f" [{v.unit}]" if v.unit else ""),
            node_count(v.grid),
            str(len(v.times)),
            _span(v.times[0], v.times[-1], volumes.time_unit),
            str(v.dtype),
        )
        for v in volumes
    ]
    first = volumes.variables[0]

    def image() -> Any:
        from stsr_core.io.vtk import to_vtk_image

        return to_vtk_image(first.grid, {first.name: first.step(len(first.times) // 2)})

    table = table_html(("variable", "points", "steps", "times", "type"), rows)
    return _card("Series", [], table, picture_html(image, first.name))


def comparison_html(measures: Sequence[Row], remarks: Sequence[str]) -> str:
    """A row per measure and a column per variable and kind of step, with the arrow towards the better."""
    heads = [
        row["variable"] if row["steps"] == "one" else f"{row['variable']}, {row['steps']} ({row['n_steps']})"
        for row in measures
    ]
    rows = []
    for measure in MEASURES.values():
        values = [row[measure.key] for row in measures]
        if any(value is not None and not math.isnan(value) for value in values):
            units = {row["unit"] for row in measures} if measure.unit == "data" else {measure.unit}
            unit = units.pop() if len(units) == 1 else ""
            name = f"{measure.head} [{unit}]" if unit else measure.head
            rows.append((name, *(measure.text(value) for value in values)))
    return _card("Comparison", [escape(remark) for remark in remarks], table_html(("", *heads), rows), "")


def table_html(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts, which are escaped; the first column to the left.

    Examples
    --------
    >>> table_html(("a",), [("<x>",)])
    '<table><tr><th>a</th></tr><tr><td style="text-align:left">&lt;x&gt;</td></tr></table>'
    """
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = ""
    for first, *others in rows:
        cells = "".join(f"<td>{escape(text)}</td>" for text in others)
        body += f'<tr><td style="text-align:left">{escape(first)}</td>{cells}</tr>'
    return f"<table><tr>{head}</tr>{body}</table>"


def picture_html(image: Any, name: str) -> str:
    """A small volume rendering of what ``image()`` returns, as an element; "" where nothing can be drawn."""
    from stsr_filters.rendering.render import render_volume

    try:
        pixels = render_volume(image(), name, size=_SIZE)
    except (ValueError, RuntimeError, ImportError):  # no display, a flat or constant volume, no torch
        return ""
    data = base64.b64encode(_png(pixels)).decode("ascii")
    return f'<img alt="{escape(name)}" width="{_SIZE[0]}" src="data:image/png;base64,{data}">'


def _png(pixels: np.ndarray) -> bytes:
    """(H, W, 3) uint8 as the bytes of a PNG file."""
    from matplotlib.image import imsave

    stream = BytesIO()
    imsave(stream, pixels, format="png")
    return stream.getvalue()


def _variable_row(variable: VariableDomain, time_unit: str) -> tuple[str, ...]:
    known = variable.normalization
    return (
        variable.name + (f" [{variable.unit}]" if variable.unit else ""),
        f"{known.low:.4g} … {known.high:.4g}",
        node_count(variable.grid),
        node_count(variable.full_grid),
        f"{len(variable.times)} of {len(variable.full_times)}",
        _span(variable.full_times[0], variable.full_times[-1], time_unit),
    )


def _span(first: float, last: float, unit: str) -> str:
    return f"{first:g} … {last:g}{unit and ' ' + unit}"


def _card(title: str, lines: Sequence[str], table: str, picture: str) -> str:
    text = "".join(f"<div>{line}</div>" for line in lines)
    return (
        '<div style="display:flex;gap:16px;align-items:center">'
        f"{picture}<div><b>{title}</b>{text}{table}</div></div>"
    )
