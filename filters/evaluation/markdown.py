"""The report that is read: one section per study, its tables and figures, and how to read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stsr_core.words import xyz
from stsr_filters.evaluation.cells import (
    bold_best,
    number,
    quality_cells,
    quality_head,
    seconds_text,
    table,
)
from stsr_filters.evaluation.outcome import Outcome
from stsr_filters.evaluation.settings import Settings, Study
from stsr_filters.evaluation.truth import Truth
from stsr_filters.evaluation.upscaling import fine_grid, fine_times

_READING = """\
## How to read the tables

* **PSNR** is 20·log10(range) − 10·log10(MSE) of a step with the range of its own ground truth, in dB, as a
  mean over steps. The first column counts every step of the series, kept ones and those after the last kept
  one included, as the paper does; *kept* and *unseen* (between two kept ones) stand apart. Where only some
  steps were measured, the kinds are weighted by how many steps of the series are of each.
* **SSIM** is the three-dimensional structural similarity with Gaussian windows (σ = 1.5 voxels).
* **LPIPS** (AlexNet, version 0.1) is the distance of the volume renderings from those of the ground truth,
  with one camera and one transfer function per variable; it depends on the size of the renderings.
* **CD** is the chamfer distance of isosurfaces in voxels, the sum of both directed means. Steps where a
  surface is empty are left out and counted.
* **training** is wall-clock time for all variables; a **pass** is one pass over the kept samples.
  **inference** is the mean time of the measured steps times the number of all steps, for all variables.
* **size** counts float32 numbers: *full* all that is trained; *paper* as the STSR-INR paper does: both
  bodies, the last layer of each head and the latent table.
* Difference images show distances in CIELUV: white below 6, then purple, blue, green, yellow, red at 60.
* An arrow tells whether more or less is better; the best of a column is bold.
"""

_STNET = """\
STNet is trained on the full data of the first fifth of the steps: there it has seen what it is measured on.
"""


def markdown(
    truths: Sequence[Truth],
    outcomes: Sequence[Outcome],
    settings: Settings,
    remarks: Sequence[str],
    machine: dict[str, str],
    command: str = "",
) -> str:
    """The text of ``report.md``; parameters as for :func:`stsr_filters.evaluation.report.write_report`."""
    parts = [
        f"# Evaluation: {', '.join(t.variable.name for t in truths)}\n",
        _data(truths, outcomes, settings),
    ]
    for outcome in outcomes:
        parts.append(_section(outcome, truths, settings))
    if remarks:
        parts.append("## Remarks\n\n" + "".join(f"* {remark}\n" for remark in remarks))
    parts.append(_READING)
    parts.append(_settings(settings, machine, command))
    return "\n".join(parts)


def _data(truths: Sequence[Truth], outcomes: Sequence[Outcome], settings: Settings) -> str:
    rows: list[tuple[str, ...]] = []
    for truth in truths:
        grid, kept = truth.variable.grid, truth.kept
        measured = len(truth.measured)
        rows.append(
            (
                truth.variable.name,
                xyz(grid.shape),
                str(len(truth.variable.times)),
                str(kept.spatial_factor),
                str(kept.temporal_gap),
                f"{xyz(grid.every(kept.spatial_factor).shape)}, {len(truth.kinds[0])} steps",
                f"{truth.low:.4g} … {truth.high:.4g} {truth.variable.unit}".strip(),
                number(truth.isovalue, 4) + ("" if truth.variable.name in settings.isovalues else " †"),
                f"{measured} of {len(truth.variable.times)}, {len(truth.volumes)} rendered",
            )
        )
    head = ["variable", "nodes", "steps", "u_s", "u_t", "kept", "values", "isovalue", "measured"]
    words = "\nKept are every u_s-th voxel of each axis and every (u_t + 1)-th step, without averaging."
    if all(outcome.study.unsupervised for outcome in outcomes):
        columns = (0, 1, 2, 6, 7)
        head, rows = [head[i] for i in columns], [tuple(row[i] for i in columns) for row in rows]
        words = ""
    text = table(head, rows) + words
    if any(t.variable.name not in settings.isovalues for t in truths):
        text += (
            "\n† Derived from the ground truth: the value that parts its histogram into the two classes with "
            "the largest variance between them (Otsu's threshold)."
        )
    return text + "\n"


def _section(outcome: Outcome, truths: Sequence[Truth], settings: Settings) -> str:
    study = outcome.study
    parts = [f"## {study.title}\n\n{study.explanation}\n"]
    if study.minutes is not None:
        parts.append(f"A training run takes at most {study.minutes:g} min per variable here.\n")
    parts += [f"{text}.\n" for text in changed(study)]
    if study.unsupervised:
        parts.append(_upscaling_table(outcome, truths, settings))
    else:
        parts.append(_quality_table(outcome, truths))
    parts.append(_cost_table(outcome, truths))
    if any(case.kind == "stnet" for case in study.cases):
        parts.append(_STNET)
    parts += [f"{label} is left out: {reason}\n" for label, reason in outcome.refused.items()]
    parts += [f"![{caption}]({file})\n\n*{caption}*\n" for file, caption in outcome.figures]
    return "\n".join(parts)


def changed(study: Study) -> list[str]:
    """What the user set, for each kind: the values that all its cases share.

    Examples
    --------
    >>> from stsr_filters.evaluation import Case
    >>> changed(Study("s", "", "", (Case("A", "cubic", {"edge": "linear"}),)))
    ['Set for cubic: edge = linear']
    """
    texts = []
    for kind in dict.fromkeys(case.kind for case in study.cases):
        given = [{**case.configuration, **case.recipe} for case in study.cases if case.kind == kind]
        shared = {k: v for k, v in given[0].items() if all(k in g and g[k] == v for g in given)}
        if shared:
            texts.append(f"Set for {kind}: " + ", ".join(f"{k} = {v}" for k, v in shared.items()))
    return texts


def _quality_table(outcome: Outcome, truths: Sequence[Truth]) -> str:
    columns = quality_head(any(truth.cells is not None for truth in truths))
    head = ["variable", outcome.study.parameter, *columns]
    rows = []
    cells = {
        truth.variable.name: [
            quality_cells(truth, results[truth.variable.name]) for results in outcome.results.values()
        ]
        for truth in truths
    }
    if len(truths) > 1:
        cells["mean"] = [
            [_averaged(column) for column in zip(*lines, strict=True)]
            for lines in zip(*cells.values(), strict=True)
        ]
    for variable, lines in cells.items():
        for i, (label, line) in enumerate(zip(outcome.results, bold_best(lines), strict=True)):
            rows.append([variable if i == 0 else "", label, *line])
    if len(truths) == 1:
        head, rows = head[1:], [row[1:] for row in rows]
    return table(head, rows, len(head) - len(columns))


def _averaged(column: Sequence[tuple[float, str]]) -> tuple[float, str]:
    values = [value for value, _ in column]
    digits = max((len(t.split()[0].rpartition(".")[2]) for _, t in column if t[0].isdigit()), default=2)
    mean = sum(values) / len(values)
    return mean, number(abs(mean), digits)


def _upscaling_table(outcome: Outcome, truths: Sequence[Truth], settings: Settings) -> str:
    rows, sizes = [], []
    for truth in truths:
        variable = truth.variable
        grid = fine_grid(variable.grid, settings.upscale_space)
        steps = len(fine_times(variable.times, settings.upscale_time))
        sizes.append(
            f"{variable.name}: {xyz(variable.grid.shape)}, {len(variable.times)} steps → {xyz(grid.shape)}, "
            f"{steps} steps."
        )
        lines = []
        for results in outcome.results.values():
            result = results[variable.name]
            lines.append([(v, number(v, 2)) for v in (result.input_psnr, result.exact_psnr)])
        for i, (label, line) in enumerate(zip(outcome.results, bold_best(lines), strict=True)):
            rows.append([variable.name if i == 0 else "", label, *line])
    head = ("variable", "method", "PSNR at the input's samples (dB) ↑", "PSNR against the exact field (dB) ↑")
    text = f"u_s = {settings.upscale_space:g}, u_t = {settings.upscale_time:g}. {' '.join(sizes)} "
    text += (
        "Where the field is known everywhere, the methods are compared with it at some of the fine steps.\n\n"
    )
    return text + table(head, rows, 2)


def _cost_table(outcome: Outcome, truths: Sequence[Truth]) -> str:
    study: Study = outcome.study
    head = [
        study.parameter,
        "training",
        "passes",
        "s/pass",
        "inference",
        "size full (MiB)",
        "size paper (MiB)",
    ]
    speeds = [m.seconds / m.passes if m.passes else math.nan for m in outcome.made.values()]
    show_speed_up = study.name == "heads"
    if show_speed_up:
        head.insert(4, "speed-up")
    rows = []
    for (label, made), speed in zip(outcome.made.items(), speeds, strict=True):
        per = outcome.results[label]
        inference = sum(per[t.variable.name].step_seconds * len(t.variable.times) for t in truths)
        if study.unsupervised:
            # One step of each variable: the fine series is never made as a whole.
            inference = sum(per[t.variable.name].step_seconds for t in truths)
        row = [
            label,
            seconds_text(made.seconds),
            number(made.passes, 1 if (made.passes or 0) >= 10 else 2),
            number(speed, 3),
            seconds_text(inference) + (" per step" if study.unsupervised else ""),
            number(made.size_full, 2),
            number(made.size_paper, 2),
        ]
        if show_speed_up:
            row.insert(4, f"{number(speeds[0] / speed, 1)}×")
        rows.append(row)
    return table(head, rows)


def _settings(settings: Settings, machine: dict[str, str], command: str) -> str:
    length = []
    if settings.minutes is not None:
        length.append(f"{settings.minutes:g} min")
    if settings.epochs is not None:
        length.append(f"{settings.epochs} passes")
    lines = [
        f"* length of a training run: at most {' or '.join(length)} per variable",
        f"* seed {settings.seed}, one run each; renderings {settings.size}×{settings.size} pixels",
        *(f"* {name}: {value}" for name, value in machine.items()),
    ]
    text = "## Settings and machine\n\n" + "\n".join(lines) + "\n"
    if command:
        text += f"\n```\n{command}\n```\n"
    return (
        text
        + "\nEvery number, the cameras, the transfer functions and all settings stand in `results.json`.\n"
    )
