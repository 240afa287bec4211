"""The whole path, series after series: keep a part, learn, upscale, measure; then one picture of all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.demo.cases import TEMPORAL_GAP, Case, cases
from stsr_core.demo.files import Files
from stsr_core.kept import Kept, kept_in_words
from stsr_core.measuring.comparison import Comparison, Row, compare, with_baselines

if TYPE_CHECKING:
    from stsr_core.demo.picture import Block
    from stsr_core.series import VolumeSeries
    from stsr_core.training import Progress


@dataclass(frozen=True)
class DemoResult:
    """What :func:`run` made.

    Parameters
    ----------
    files : dict of str to Files
        By series.
    picture : Path
        PNG.
    rows : list of Row
        The table: model and interpolations of each series.
    kept : dict of str to Kept
        What was kept, by series.
    """

    files: dict[str, Files]
    picture: Path
    rows: list[Row]
    kept: dict[str, Kept]


@dataclass(frozen=True)
class _Listener:
    """Who is told what; see :func:`run`."""

    stage: Callable[[str], None]
    progress: Callable[[Progress], None] | None
    fraction: Callable[[float], None] | None


def run(
    folder: Path,
    *,
    nodes: int = 64,
    n_steps: int = 48,
    minutes: float | None = 2.0,
    epochs: int | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    on_stage: Callable[[str], None] = lambda text: None,
    on_progress: Callable[[Progress], None] | None = None,
    on_fraction: Callable[[float], None] | None = None,
) -> DemoResult:
    """Generate, keep a part, learn, upscale, measure and draw.

    Parameters
    ----------
    folder : Path
        Made if missing; a folder for each series goes into it.
    nodes, n_steps : int
        Size of the tornado: nodes³ at times 0, 1, …, n_steps−1; at least 4 nodes and 6 steps. The simulated
        flow has half the nodes and a third of the steps (:func:`~stsr_core.demo.cases.cases`).
    minutes, epochs : float, int, optional
        Length of the tornado's training run, and passes of each; the flow has a quarter of the minutes.
    overwrite : bool
        Replace an earlier demo in ``folder``.
    on_stage : callable, optional
        Called with one sentence as each part begins.
    on_progress, on_fraction : callable, optional
        Progress of the training runs, and of the upscaling as a fraction.
    """
    from stsr_core.demo.picture import picture

    wanted = cases(nodes, n_steps)
    files = {case.name: Files.of(folder / case.name) for case in wanted}
    drawn = folder / "comparison.png"
    present = [path for case in wanted for path in _written(files[case.name], case.n_steps) if path.exists()]
    present += [drawn] if drawn.exists() else []
    if present and not overwrite:
        raise FileExistsError(f"{present[0]} exists; choose another folder, or ask to overwrite")
    listener = _Listener(on_stage, on_progress, on_fraction)
    rows: list[Row] = []
    blocks = []
    for case in wanted:
        files[case.name].full.parent.mkdir(parents=True, exist_ok=True)
        settings = {
            "minutes": None if minutes is None else minutes * case.share,
            "epochs": epochs,
            "seed": seed,
            "device": device,
            "overwrite": overwrite,
        }
        found, block = _one(case, files[case.name], settings, listener)
        rows += found
        blocks.append(block)
    on_stage("drawing the picture")
    picture(drawn, blocks, TEMPORAL_GAP + 1)
    return DemoResult(files, drawn, rows, {case.name: case.kept for case in wanted})


def _written(files: Files, n_steps: int) -> list[Path]:
    """Everything that a series of the demo will be."""
    from stsr_core.io import destinations
    from stsr_core.kept import kept_steps

    kept = len(kept_steps(n_steps, TEMPORAL_GAP))
    lengths = ((files.full, n_steps), (files.coarse, kept), (files.upscaled, n_steps))
    return [files.model, *(path for index, n in lengths for path in destinations(index, n))]


def _one(case: Case, files: Files, settings: dict[str, Any], listener: _Listener) -> tuple[list[Row], Block]:
    """One series from its ground truth to its rows of the table and its part of the picture."""
    from stsr_core.io import write_series
    from stsr_core.kept import subsample
    from stsr_core.training import fit

    device, overwrite = settings["device"], settings["overwrite"]
    if case.making:
        listener.stage(f"{case.name}: {case.making}")
    series = case.make()
    truth = series.variables[0]
    factor, gap = case.kept.spatial_factor, case.kept.temporal_gap
    coarse = subsample(series, factor, gap)
    kept = coarse.variables[0]
    n, part = truth.grid.shape[0], kept.grid.shape[0]
    listener.stage(
        f"{case.name}: writing the ground truth, {n}³ nodes and {case.n_steps} steps, "
        f"and what is kept of it, {part}³ nodes and {len(kept.times)} steps"
    )
    write_series(files.full, series, overwrite=overwrite)
    write_series(files.coarse, coarse, overwrite=overwrite)

    listener.stage(f"{case.name}: learning a continuous field from what is kept")
    started = time.monotonic()
    model = fit(
        series,
        files.model,
        spatial_factor=factor,
        temporal_gap=gap,
        on_progress=listener.progress,
        **settings,
    )
    fields, seconds = with_baselines(series, model, time.monotonic() - started, factor, gap, device)

    listener.stage(f"{case.name}: upscaling to {n}³ nodes and all {case.n_steps} times")
    # Interpolation first; the model's values are measured as they are written, not computed twice.
    interpolations = {label: field for label, field in fields.items() if field is not model}
    measured = compare(series, interpolations, factor, gap, device=device, on_progress=listener.fraction)
    learned = _upscale(case, series, model, files.upscaled, settings, listener)
    steps = {label: measured.steps(truth.name, label) for label in interpolations}
    steps[model.kind] = learned.steps(truth.name, model.kind)
    return learned.rows(seconds) + measured.rows(seconds), _block(case, series, fields, steps, device)


def _upscale(
    case: Case,
    series: VolumeSeries,
    model: Any,
    path: Path,
    settings: dict[str, Any],
    listener: _Listener,
) -> Comparison:
    """Write every step from the model, and measure it."""
    from stsr_core.inference import evaluate
    from stsr_core.io import write_series

    truth = series.variables[0]
    learned = Comparison({truth.name: case.kept})

    def read_step(i: int) -> dict[str, np.ndarray]:
        begun = time.monotonic()
        when = truth.times[i : i + 1]
        values = evaluate(model, truth.grid, when, truth.name, device=settings["device"])[0]
        learned.add(model.kind, truth, i, truth.step(i), values, seconds=time.monotonic() - begun)
        if listener.fraction is not None:
            listener.fraction((i + 1) / len(truth.times))
        return {truth.name: values}

    write_series(path, truth.grid, truth.times, read_step, overwrite=settings["overwrite"])
    return learned


def _block(
    case: Case,
    series: VolumeSeries,
    fields: dict[str, Any],
    steps: dict[str, dict[int, float]],
    device: str,
) -> Block:
    """Slices of ground truth and predictions at an unseen time; the last field comes first.

    So the model stands after what it is set beside.
    """
    from stsr_core.demo.picture import Block, Panel
    from stsr_core.inference import evaluate

    truth = series.variables[0]
    stride = TEMPORAL_GAP + 1
    # Half-way between two kept steps, in the middle of the series: as far from what was seen as it gets.
    i = max(0, (len(truth.times) // 2) // stride * stride - stride) + stride // 2
    # Upright through the tornado's axis: it crosses the core and the rims, where errors are, at every height.
    middle = truth.grid.shape[1] // 2
    panels = []
    for label, field in reversed(fields.items()):
        values = evaluate(field, truth.grid, truth.times[i : i + 1], truth.name, device=device)[0]
        panels.append(Panel(label, values[:, middle], steps[label]))
    title = (
        f"{truth.name}, time {truth.times[i]:g} (not among the kept steps), slice y = {middle} of "
        f"{truth.grid.shape[1]}; kept: {kept_in_words(case.kept)}"
    )
    return Block(title, truth.step(i)[:, middle], panels, i)
