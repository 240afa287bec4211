"""The whole path on a generated series: coarse tornado → model → full resolution, table and picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.kept import Kept
from stsr_core.measuring.comparison import Comparison, Row, compare, with_baselines

if TYPE_CHECKING:
    from stsr_core.series import VolumeSeries
    from stsr_core.training import Progress

SPATIAL_FACTOR = 2  # every 2nd voxel of each axis is kept
TEMPORAL_GAP = 3  # every 4th step is kept


@dataclass(frozen=True)
class DemoResult:
    """What :func:`run` made.

    Parameters
    ----------
    coarse, model, upscaled, picture : Path
        Index of the coarse series, model file, index of the upscaled series, PNG.
    rows : list of Row
        The table: model and interpolations.
    """

    coarse: Path
    model: Path
    upscaled: Path
    picture: Path
    rows: list[Row]


def run(
    folder: Path,
    *,
    nodes: int = 64,
    n_steps: int = 48,
    minutes: float | None = 3.0,
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
        Made if missing.
    nodes, n_steps : int
        Size of the full series: nodes³ at times 0, 1, …, n_steps−1; at least 4 nodes and 6 steps.
    minutes, epochs : float, int, optional
        Length of the training run.
    overwrite : bool
        Replace an earlier demo in ``folder``.
    on_stage : callable, optional
        Called with one sentence as each part begins.
    on_progress, on_fraction : callable, optional
        Progress of the training run, and of the upscaling as a fraction.
    """
    from stsr_core.datasets import tornado
    from stsr_core.inference import evaluate
    from stsr_core.io import destinations, write_series
    from stsr_core.kept import kept_steps, subsample
    from stsr_core.training import fit

    if nodes < 4 or n_steps < 6:
        raise ValueError(f"the demo needs at least 4 nodes and 6 steps, got {nodes} and {n_steps}")
    paths = {name: folder / name for name in ("coarse.pvd", "tornado.stsr", "upscaled.pvd", "comparison.png")}
    files = [*destinations(paths["coarse.pvd"], len(kept_steps(n_steps, TEMPORAL_GAP))), *paths.values()]
    present = [path for path in (*files, *destinations(paths["upscaled.pvd"], n_steps)) if path.exists()]
    if present and not overwrite:
        raise FileExistsError(f"{present[0]} exists; choose another folder, or ask to overwrite")
    folder.mkdir(parents=True, exist_ok=True)

    series = tornado((nodes, nodes, nodes), np.arange(n_steps, dtype=np.float64))
    truth = series.variables[0]
    coarse = subsample(series, SPATIAL_FACTOR, TEMPORAL_GAP)
    kept = coarse.variables[0]
    on_stage(f"writing the coarse series: {kept.grid.shape[0]}³ nodes, {len(kept.times)} steps")
    write_series(paths["coarse.pvd"], coarse, overwrite=overwrite)

    on_stage("learning a continuous field from it")
    started = time.monotonic()
    model = fit(
        series,
        paths["tornado.stsr"],
        minutes=minutes,
        epochs=epochs,
        spatial_factor=SPATIAL_FACTOR,
        temporal_gap=TEMPORAL_GAP,
        device=device,
        seed=seed,
        overwrite=overwrite,
        on_progress=on_progress,
    )
    fields, seconds = with_baselines(
        series, model, time.monotonic() - started, SPATIAL_FACTOR, TEMPORAL_GAP, device
    )

    on_stage(f"upscaling to {nodes}³ nodes and all {n_steps} times, of which {len(kept.times)} were seen")
    # Interpolation first; the model's values are measured as they are written, not computed twice.
    interpolations = {label: field for label, field in fields.items() if field is not model}
    measured = compare(series, interpolations, SPATIAL_FACTOR, TEMPORAL_GAP, device=device)
    learned = Comparison({truth.name: Kept(SPATIAL_FACTOR, TEMPORAL_GAP)})

    def read_step(i: int) -> dict[str, np.ndarray]:
        begun = time.monotonic()
        values = evaluate(model, truth.grid, truth.times[i : i + 1], truth.name, device=device)[0]
        taken = time.monotonic() - begun
        learned.add(model.kind, truth, i, truth.step(i), values, seconds=taken)
        if on_fraction is not None:
            on_fraction((i + 1) / n_steps)
        return {truth.name: values}

    write_series(paths["upscaled.pvd"], truth.grid, truth.times, read_step, overwrite=overwrite)
    rows = learned.rows(seconds) + measured.rows(seconds)

    on_stage("drawing the picture")
    steps = {label: measured.steps(truth.name, label) for label in interpolations}
    steps[model.kind] = learned.steps(truth.name, model.kind)
    draw(paths["comparison.png"], series, fields, steps, device)
    return DemoResult(*paths.values(), rows)  # type: ignore[call-arg, arg-type]


def draw(
    path: Path,
    series: VolumeSeries,
    fields: dict[str, Any],
    steps: dict[str, dict[int, float]],
    device: str = "auto",
) -> None:
    """One picture: slices of ground truth and predictions at an unseen time, their errors, PSNR over time.

    Parameters
    ----------
    fields : dict of str to Field
        Label → field; the last is drawn first, so that the model comes after what it is set beside.
    steps : dict
        Label → PSNR in dB by step number.
    """
    from stsr_core.demo.picture import Panel, picture
    from stsr_core.inference import evaluate

    truth = series.variables[0]
    stride = TEMPORAL_GAP + 1
    # Half-way between two kept steps, in the middle of the series: as far from what was seen as it gets.
    i = max(0, (len(truth.times) // 2) // stride * stride - stride) + stride // 2
    # Upright through the axis: it crosses the core and the rims, where the errors are, at every height.
    middle = truth.grid.shape[1] // 2
    panels = []
    for label, field in reversed(fields.items()):
        values = evaluate(field, truth.grid, truth.times[i : i + 1], truth.name, device=device)[0]
        panels.append(Panel(label, values[:, middle], steps[label]))
    title = (
        f"{truth.name}, time {truth.times[i]:g} (not among the kept steps), slice y = {middle} of "
        f"{truth.grid.shape[1]}; kept: every {SPATIAL_FACTOR}nd voxel, every {stride}th step"
    )
    picture(path, title, truth.step(i)[:, middle], panels, i, stride)
