"""A flow that no model saw, between two that one did: mixed latent vectors against mixed fields.

    python benchmarks/half_cylinder.py between --kinds modulated_siren --models models --picture between.png
    python benchmarks/half_cylinder.py members --alone motion

``between``: some of the half cylinder's five Reynolds numbers are learned jointly, from every 2nd voxel and
every 4th step. Of the others each is compared with mixtures of its neighbours among those learned, inside the
sampled box, by default at two steps that were not kept: "mean" mixes the neighbours' simulated fields, "mean
of learned" what the model shows of each, "latent" mixes their latent vectors, and "mean, bent" is the mean
and what the latter is more than "mean of learned". Weights are linear in the Reynolds number.
``members``: each of the five alone, from the same kept samples, beside the two splines.

Seconds are wall-clock. The simulation takes some ten minutes of one core, once, and is cached.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

# As the command line does, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from mixture import SPATIAL_FACTOR, TEMPORAL_GAP, show

import stsr_core as stsr
from stsr_core.datasets import half_cylinder
from stsr_core.io.vtk import to_vtk_image
from stsr_core.measuring.comparison import compare, with_baselines
from stsr_core.measuring.two_series import compare_series
from stsr_core.metrics.table import MEASURES
from stsr_core.model import checkpoint
from stsr_core.series import Variable, VolumeSeries
from stsr_core.training import RECIPES

REYNOLDS = (100, 120, 140, 160, 180)
MOST_VOXELS = 450_000  # evaluated of each member that a field has learned: three steps
TABLE = ("psnr", "ssim", "chamfer")
KEPT = {"spatial_factor": SPATIAL_FACTOR, "temporal_gap": TEMPORAL_GAP}
#: Kind → configuration, recipe, and its epochs over those asked for: about equal time. STSR-INR is as small
#: as in full_report.sh.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], float]] = {
    "mixture": ({}, {}, 1.0),
    "modulated_siren": ({}, {}, 1.0),
    "stsr_inr": (
        {"widths": [32, 64, 128], "depth": 1, "variational": False},
        {"optimizer": "muon", "learning_rate": 1e-3, "schedule": "cosine", "batch_rows": 2000},
        0.4,
    ),
}

#: The values (Z, Y, X) of a step.
Step = Callable[[int], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=["between", "members", []], help="default: both")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--learned", nargs="+", type=int, choices=REYNOLDS, default=[100, 140, 180])
    parser.add_argument("--steps", nargs="+", type=int, default=[18, 42], help="compared; the last is drawn")
    parser.add_argument("--kept-nodes", action="store_true", help="compare on the kept nodes alone")
    parser.add_argument("--alone", choices=["auto", "motion"], default="auto", help="what `members` fits")
    parser.add_argument("--models", metavar="FOLDER", help="keep the models, and take those that are there")
    parser.add_argument("--picture", metavar="PNG", help="what is shown of the first that was not learned")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.models or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if "between" in (options.what or ["between"]):
            fields = learned_jointly(options.learned, options.kinds, options.epochs, folder)
            every = SPATIAL_FACTOR if options.kept_nodes else 1
            between(sorted(options.learned), fields, options.steps, every, options.picture)
        if "members" in (options.what or ["members"]):
            members(options.alone, options.epochs)


def learned_jointly(
    learned: Sequence[int], kinds: Sequence[str], epochs: int, folder: Path
) -> dict[str, Any]:
    """Fields by kind, from their files or made; how well each knows its members is said."""
    series = half_cylinder(sorted(learned))
    return {kind: fitted(series, kind, epochs, folder / f"{kind}.stsr") for kind in kinds}


def between(
    learned: Sequence[int],
    fields: Mapping[str, Any],
    steps: Sequence[int],
    every: int,
    picture: str | None,
) -> None:
    """What lies between members: a table of measures, and a picture of one step."""
    series = half_cylinder(learned)
    print("| simulated | shown | " + " | ".join(MEASURES[key].head for key in TABLE) + " |")
    print("|---" * (2 + len(TABLE)) + "|")
    for re in sorted(set(range(learned[0], learned[-1])) & set(REYNOLDS) - set(learned)):
        truth = sampled_box(half_cylinder([re]).variables[0], every)
        low, high = max(n for n in learned if n < re), min(n for n in learned if n > re)
        weights = {f"Re {low}": (high - re) / (high - low), f"Re {high}": (re - low) / (high - low)}
        shown: dict[str, Step] = {name: sampled_box(series[name], every).step for name in weights}
        shown["mean"] = mixed(weights, shown)
        for kind, field in fields.items():
            each = {name: evaluated(field, truth, {name: 1.0}) for name in weights}
            shown[f"{kind}: mean of learned"] = learned_mean = mixed(weights, each)
            shown[f"{kind}: latent"] = latent = evaluated(field, truth, weights)
            bends = mixed({"latent": 1.0, "mean": -1.0}, {"latent": latent, "mean": learned_mean})
            shown[f"{kind}: mean, bent"] = mixed(
                {"mean": 1.0, "bends": 1.0}, {"mean": shown["mean"], "bends": bends}
            )
        for label, step in shown.items():
            row = measured(truth, step, steps)
            cells = [MEASURES[key].text(row[key]) for key in TABLE]
            print(f"| {truth.name} | {label} | " + " | ".join(cells) + " |", flush=True)
        if picture is not None:
            render(truth, shown, steps[-1], picture)
            picture = None


def fitted(series: VolumeSeries, kind: str, epochs: int, path: Path) -> Any:
    """The field of a model file, which is made if it is not there; how well it knows the members is said."""
    configuration, entries, share = KINDS[kind]
    if not path.exists():
        length = {"minutes": None, "epochs": max(1, round(share * epochs))}
        recipe = replace(RECIPES[kind], **{**entries, **length})
        stsr.fit(series, path, field=kind, configuration=configuration, recipe=recipe, **KEPT)
    field = checkpoint.load(path)
    seconds = checkpoint.read_header(path).history[-1]["seconds"]
    for row in compare(series, {kind: field}, **KEPT, most_voxels=MOST_VOXELS).rows({kind: seconds}):
        show(row, kind)
    return field


def sampled_box(variable: Variable, step: int = 1) -> Variable:
    """Every so many-th node, without those beyond the last kept one, on which a model only extrapolates."""
    n_kept = [-(-n // SPATIAL_FACTOR) for n in variable.grid.shape]
    shape = tuple((n - 1) * SPATIAL_FACTOR // step + 1 for n in n_kept)
    box = tuple(slice(0, n * step, step) for n in shape)
    spacing = tuple(step * s for s in variable.grid.spacing)
    grid = replace(variable.grid, shape=shape, spacing=spacing)
    return replace(variable, grid=grid, read=lambda i: variable.step(i)[box])


def mixed(weights: Mapping[str, float], steps: Mapping[str, Step]) -> Step:
    """The weighted mean of fields."""
    return lambda i: sum((weight * steps[name](i) for name, weight in weights.items()), np.zeros(()))


def evaluated(field: Any, truth: Variable, weights: Mapping[str, float]) -> Step:
    """What a field shows of a mixture of members; each step is computed once."""
    held: dict[int, np.ndarray] = {}

    def step(i: int) -> np.ndarray:
        if i not in held:
            held[i] = stsr.evaluate(field, truth.grid, truth.times[i : i + 1], weights)[0]
        return held[i]

    return step


def measured(truth: Variable, step: Step, steps: Sequence[int]) -> dict[str, Any]:
    """Means over some steps, by measure."""

    def series(values: Step) -> VolumeSeries:
        times = truth.times[list(steps)]
        return VolumeSeries((Variable(truth.name, truth.grid, times, lambda i: values(steps[i])),))

    (row,) = compare_series(series(step), series(truth.step)).measures
    return row


def render(truth: Variable, shown: Mapping[str, Step], at: int, path: str) -> None:
    """Volume renderings of one step: simulated, the nearer neighbour, the mean, the first kind's latent."""
    from stsr_filters.rendering.side_by_side import side_by_side

    nearest = max(list(shown)[:2], key=lambda name: measured(truth, shown[name], [at])["psnr"])
    chosen = {f"{truth.name}, simulated": truth.step, f"nearest: {nearest}": shown[nearest]}
    chosen |= {label: shown[label] for label in ("mean", *list(shown)[4:5])}
    images = {
        label: to_vtk_image(truth.grid, {"speed": np.asarray(step(at), np.float32)})
        for label, step in chosen.items()
    }
    side_by_side(images, "speed", label="|u| / U", size=(480, 320), path=path)


def members(kind: str, epochs: int) -> None:
    """Each member alone, beside the splines."""
    for re in REYNOLDS:
        series = half_cylinder([re])
        started = time.monotonic()
        field = stsr.fit(series, field=kind, epochs=epochs, device="cpu", **KEPT)
        seconds = time.monotonic() - started
        fields, each = with_baselines(series, field, seconds, SPATIAL_FACTOR, TEMPORAL_GAP, device="cpu")
        for row in compare(series, fields, **KEPT, most_voxels=6 * MOST_VOXELS).rows(each):
            show(row, row.method)


if __name__ == "__main__":
    main()
