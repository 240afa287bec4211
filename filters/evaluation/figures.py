"""The figures of a study: renderings with differences and zoom-ins, curves over time or over a parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.measuring.means import means_by_kind
from stsr_core.metrics import mean_over_steps
from stsr_filters.evaluation.measures import REPORTED, Result
from stsr_filters.evaluation.page import Row, cropped, save_picture, write_page, zoom_window
from stsr_filters.evaluation.truth import Truth

_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c564b")
_MARKERS = "osD^vP*X"


def write_renderings(
    path: Path, truth: Truth, results: Mapping[str, Result], *, surfaces: bool = False
) -> bool:
    """Ground truth and methods at the step shown: rendering, zoom-in and difference image (Figures 5 and 6).

    Parameters
    ----------
    results : mapping of str to Result
        By label.
    surfaces : bool
        Isosurfaces in place of volume renderings.

    Returns
    -------
    bool
        False where there is nothing to show.
    """
    pictures = _pictures(truth, results, surfaces)
    if not pictures:
        return False
    expected, *others = pictures
    window = zoom_window(expected, others)
    rows = [
        _rendering_row(truth, pictures, surfaces, window),
        Row("zoom-in", [cropped(picture, window) for picture in pictures]),
        _difference_row(pictures),
    ]
    notes = [
        "",
        *(_note(result, truth.shown, "chamfer" if surfaces else "lpips") for result in results.values()),
    ]
    write_page(path, ["ground truth", *results], rows, notes=notes, cell=len(expected) // 2)
    return True


def write_overview(path: Path, truth: Truth, results: Mapping[str, Result]) -> bool:
    """Volume renderings and isosurfaces on one page with their differences, without zoom-ins (Figure 10).

    Parameters and result as for :func:`write_renderings`.
    """
    rows, edge = [], 0
    for surfaces in (False, True):
        pictures = _pictures(truth, results, surfaces)
        if pictures:
            edge = len(pictures[0])
            rows += [_rendering_row(truth, pictures, surfaces, None), _difference_row(pictures)]
    if not rows:
        return False
    notes = ["", *(_note(result, truth.shown, "chamfer") for result in results.values())]
    write_page(path, ["ground truth", *results], rows, notes=notes, cell=3 * edge // 8)
    return True


def _pictures(truth: Truth, results: Mapping[str, Result], surfaces: bool) -> list[np.ndarray]:
    """The ground truth's rendering of the step shown, then those of the cases; empty without any."""
    expected = (truth.surfaces if surfaces else truth.volumes).get(truth.shown)
    if expected is None or not results:
        return []
    return [expected, *((r.surfaces if surfaces else r.volumes)[truth.shown] for r in results.values())]


def _rendering_row(
    truth: Truth, pictures: Sequence[np.ndarray], surfaces: bool, window: tuple[int, int, int] | None
) -> Row:
    if surfaces or truth.look is None:
        return Row("isosurface", pictures, window)
    return Row("volume rendering", pictures, window, truth.look.transfer_function)


def _difference_row(pictures: Sequence[np.ndarray]) -> Row:
    from stsr_core.metrics import difference_image

    expected, *others = pictures
    return Row(
        "difference", [None, *(difference_image(expected, other) for other in others)], legend="difference"
    )


def _note(result: Result, i: int, key: str) -> str:
    parts = [f"{result.values['psnr'][i]:.1f} dB"]
    value = result.values[key].get(i, math.nan)
    if not math.isnan(value):
        parts.append(f"{REPORTED[key].name} {value:.3g}")
    return ", ".join(parts)


def write_curves(path: Path, truths: Sequence[Truth], results: Mapping[str, Mapping[str, Result]]) -> None:
    """Every measure over time, a row per variable (Figures 3 and 4); full marks are kept steps.

    Parameters
    ----------
    results : mapping
        Label → variable → result.
    """
    keys = [
        key
        for key in REPORTED
        if any(
            not math.isnan(v)
            for per in results.values()
            for result in per.values()
            for v in result.values[key].values()
        )
    ]
    figure, axes = _figure(len(truths), len(keys), 3.0, 2.3)
    for truth, line in zip(truths, axes, strict=True):
        for key, axis in zip(keys, line, strict=True):
            for number, (label, per) in enumerate(results.items()):
                _curve(axis, truth, per[truth.variable.name].values[key], number, label)
            axis.set_title(_head(key), fontsize=9)
            first, last = truth.variable.times[[0, -1]]
            axis.set_xlim(first - 0.03 * (last - first or 1), last + 0.03 * (last - first or 1))
            axis.set_xlabel("time", fontsize=8)
        if len(truths) > 1:
            line[0].set_ylabel(truth.variable.name, fontsize=9)
    handles, labels = axes[0][0].get_legend_handles_labels()
    for words, face in (("kept step", "0.45"), ("unseen step", "white")):
        style = {"color": "0.45", "markerfacecolor": face, "markersize": 4, "linestyle": "none"}
        handles += axes[0][0].plot([], [], "o", **style)
        labels.append(words)
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(8, len(labels)), fontsize=8, frameon=False
    )
    _save(figure, path)


def _curve(axis: Any, truth: Truth, values: Mapping[int, float], number: int, label: str) -> None:
    kept = set(truth.kinds[0])
    steps = np.array(sorted(i for i, v in values.items() if math.isfinite(v)), dtype=int)
    color, marker = _COLORS[number % len(_COLORS)], _MARKERS[number % len(_MARKERS)]
    times = truth.variable.times[steps]
    heights = np.array([values[i] for i in steps.tolist()])
    axis.plot(times, heights, "-", color=color, linewidth=1.1, alpha=0.9)
    is_kept = np.array([i in kept for i in steps.tolist()], dtype=bool)
    style = {"color": color, "markersize": 3.6, "linestyle": "none", "marker": marker}
    axis.plot(times[~is_kept], heights[~is_kept], markerfacecolor="white", markeredgewidth=0.9, **style)
    axis.plot(times[is_kept], heights[is_kept], label=label, **style)


def write_parameter(
    path: Path,
    parameter: str,
    settings: Sequence[float],
    truths: Sequence[Truth],
    rows: Sequence[Mapping[str, Result]],
    pass_seconds: Sequence[float | None],
) -> None:
    """PSNR, LPIPS, CD and seconds per pass over a numeric parameter, means over the variables.

    Parameters
    ----------
    settings : sequence of float
        Value of the parameter of each case.
    rows : sequence of mapping
        Per case, variable → result.
    pass_seconds : sequence of float or None
        Per case.
    """
    panels: list[tuple[str, list[tuple[str, list[float]]]]] = []
    for key in ("psnr", "lpips", "chamfer"):
        by_kind = {
            kind: [
                mean_over_steps(
                    [getattr(means_by_kind(row[t.variable.name].values[key], t.kinds), kind) for t in truths]
                ).mean
                for row in rows
            ]
            for kind in ("kept", "unseen")
        }
        lines = [(f"{kind} steps", v) for kind, v in by_kind.items() if not all(map(math.isnan, v))]
        if lines:
            panels.append((_head(key), lines))
    seconds = [math.nan if s is None else s for s in pass_seconds]
    if not all(map(math.isnan, seconds)):
        panels.append(("seconds per pass ↓", [("", seconds)]))
    figure, axes = _figure(1, len(panels), 2.7, 2.1)
    for axis, (title, lines) in zip(axes[0], panels, strict=True):
        for number, (label, heights) in enumerate(lines):
            marker = {"kept steps": "o", "unseen steps": "o", "": "s"}[label]
            face = "white" if label == "unseen steps" else _COLORS[number]
            axis.plot(
                range(len(settings)),
                heights,
                marker=marker,
                color=_COLORS[number],
                markerfacecolor=face,
                markersize=4.5,
                linewidth=1.2,
                label=label,
            )
        axis.set_title(title, fontsize=9)
        axis.set_xticks(range(len(settings)), [f"{s:g}" for s in settings])
        axis.set_xlabel(parameter, fontsize=8)
        axis.margins(y=0.15)
    if len(panels[0][1]) > 1:
        axes[0][0].legend(fontsize=7.5, frameon=False)
    _save(figure, path)


def _head(key: str) -> str:
    row = REPORTED[key]
    return row.head + (f" ({row.unit})" if row.unit else "")


def _figure(n_rows: int, n_columns: int, width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * n_columns, height * n_rows + 0.45), dpi=115, layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    for axis in axes.flat:
        axis.grid(color="0.9", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.tick_params(labelsize=7.5, length=2.5, color="0.4")
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    save_picture(np.asarray(canvas.buffer_rgba())[..., :3], path)
