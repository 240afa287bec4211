"""The truth page: every method on every series at equal seconds, set beside the ground truth.

    python benchmarks/truth.py tornado vortex half_cylinder "run01/*.vti"
    python benchmarks/truth.py tornado vortex --methods auto network --seed 1
    python benchmarks/truth.py --page

Every 2nd voxel per axis and every 4th step are kept. What is measured of a series with one seed is one JSON
file in the folder; methods that it holds already are not measured again, and the pictures show those of one
run. ``--page`` writes tables.md of all that was measured. LPIPS needs its weights in TORCH_HOME, or downloads
them. Seconds are those of one thread: let the machine have one for itself.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported

from mixture import SPATIAL_FACTOR, TEMPORAL_GAP
from truth_page import write_page

import stsr_core as stsr
from stsr_core import datasets
from stsr_core.measuring.comparison import compare
from stsr_core.measuring.means import means_by_kind
from stsr_core.measuring.records import write_table
from stsr_core.model import checkpoint
from stsr_core.model.summary import chosen_texts
from stsr_core.series import VolumeSeries
from stsr_filters.evaluation.drawing import draw
from stsr_filters.evaluation.fitting import Made, make
from stsr_filters.evaluation.measures import REPORTED, Result, measure
from stsr_filters.evaluation.outcome import Outcome
from stsr_filters.evaluation.provenance import machine
from stsr_filters.evaluation.settings import Case, Kept, Settings, Study
from stsr_filters.evaluation.truth import Truth, read_truth

#: The published networks learn for hours on a GPU: with a learning rate for minutes, and smaller.
_MINUTES = {"optimizer": "muon", "learning_rate": 1e-3, "schedule": "cosine"}
_SMALL = {"widths": [32, 64, 128], "depth": 1, "variational": False}
CASES = {
    "auto": Case("mixture (auto)", "mixture"),
    "compact": Case("compact network", "mixture", compact=True),
    "anchored": Case("network on splines", "mixture", {"still": True}),
    "motion": Case("motion", "motion"),
    "network": Case("network alone", "modulated_siren"),
    "stsr_inr": Case("STSR-INR, published", "stsr_inr"),
    "stsr_inr_muon": Case("STSR-INR, small, Muon", "stsr_inr", _SMALL, _MINUTES | {"batch_rows": 2000}),
    "coordnet": Case("CoordNet, small, Muon", "coordnet", {"depth": 3}, _MINUTES | {"batch_rows": 4000}),
    "tricubic_linear": Case("tricubic + linear", "tricubic_linear"),
    "cubic": Case("4D cubic", "cubic"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("series", nargs="*", help="NAME[:NODESxSTEPS] of a generated series, or files")
    folder = Path(__file__).resolve().parent.parent / "docs/results/truth"
    parser.add_argument("-o", "--output", type=Path, default=folder, help="of the page (docs/results/truth)")
    parser.add_argument("--methods", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--minutes", type=float, default=2.0, help="of one thread for each (default 2)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--voxels", type=float, default=3e6, help="most voxels measured (default 3e6)")
    parser.add_argument("--steps-rendered", type=int, default=5)
    parser.add_argument("--size", type=int, default=320, help="of a rendering, pixels")
    parser.add_argument("--page", action="store_true", help="write the page")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.series:
        _measure(name, options)
    if options.page:
        write_page(options.output)


def _series(text: str) -> VolumeSeries:
    """A generated series, by default of 64³ nodes and 33 steps (half_cylinder: Re 160); or files."""
    name, _, size = text.partition(":")
    if name == "half_cylinder":
        return datasets.half_cylinder((160,))
    if name in datasets.__all__:
        return getattr(datasets, name)(*map(int, size.split("x")) if size else (64, 33))
    return stsr.open_series(text)


def _label(text: str) -> str:
    """A name for the series: that of the generator, or of the folder with the files."""
    generated = text.partition(":")[0] in datasets.__all__
    return text.replace(":", "_") if generated else Path(text).parent.name


def _measure(name: str, options: argparse.Namespace) -> None:
    series = _series(name)
    label = _label(name)
    path = options.output / f"{label}-{options.seed}.json"
    found = json.loads(path.read_text()) if path.exists() else {"methods": {}}
    missing = [key for key in options.methods if CASES[key].label not in found["methods"]]
    if not missing:
        return
    settings = Settings(
        dict.fromkeys(series.names, Kept(SPATIAL_FACTOR, TEMPORAL_GAP)),
        options.minutes,
        None,
        options.seed,
        "cpu",
        most_voxels=int(options.voxels),
        steps_rendered=options.steps_rendered,
        size=options.size,
    )
    truth = read_truth(next(iter(series)), settings)
    found |= {
        "series": label,
        "nodes": list(truth.variable.grid.shape[::-1]),
        "steps": len(truth.variable.times),
        "measured": len(truth.measured),
        "minutes": options.minutes,
        "machine": machine("cpu"),
    }
    outcome = Outcome(Study(label, "", "", tuple(CASES[key] for key in missing)))
    with tempfile.TemporaryDirectory() as folder:
        for key in missing:
            case = CASES[key]
            made, file = _made(case, series, settings, Path(folder) / key)
            result = measure(made.fields[truth.variable.name], truth, device="cpu")
            outcome.made[case.label] = made
            outcome.results[case.label] = {truth.variable.name: result}
            found["methods"][case.label] = _row(series, truth, made, result, file, options.voxels)
            write_table(path, found, ())
            print(label, case.label, f"{found['methods'][case.label]['inside']:.2f} dB", flush=True)
    if options.seed == 0 and len(missing) > 2:
        draw(outcome, [truth], settings, options.output, {})


def _made(case: Case, series: VolumeSeries, settings: Settings, stem: Path) -> tuple[Made, Path]:
    """The field, and its model file."""
    made = make(case, series, settings, stem)
    file = stem.with_name(f"{stem.name}.stsr")
    if not file.exists():  # what is not trained is not written
        kept = {"spatial_factor": SPATIAL_FACTOR, "temporal_gap": TEMPORAL_GAP}
        stsr.fit(series, file, field=case.kind, **kept)
    return made, file


def _row(
    series: VolumeSeries, truth: Truth, made: Made, result: Result, file: Path, voxels: float
) -> dict[str, Any]:
    """What the page says of one method on one series."""
    name = truth.variable.name
    kept = {"spatial_factor": SPATIAL_FACTOR, "temporal_gap": TEMPORAL_GAP}
    fields = {"it": made.fields[name]}
    comparison = compare(series, fields, **kept, most_voxels=int(voxels), device="cpu")
    row = comparison.rows()[0]
    inside, whole = comparison.steps(name, "it", inside=True), comparison.steps(name, "it")
    unseen, after = ([i for i in kind if i in inside] for kind in truth.kinds[1:])
    header = checkpoint.read_header(file)
    means = {key: means_by_kind(result.values[key], truth.kinds) for key in REPORTED}
    return {
        "inside": row.unseen_inside,
        "unseen": row.unseen,
        "all": row.all_steps,
        "worst": min(inside[i] for i in unseen),
        "after": sum(whole[i] for i in after) / len(after) if after else None,
        "ssim": means["ssim"].unseen,
        "lpips": means["lpips"].unseen,
        "chamfer": means["chamfer"].unseen,
        # Of a compact network those of its mixture as well, of which the file tells.
        "seconds": sum(run["seconds"] for run in header.history) if len(header.history) > 1 else made.seconds,
        "voxels_per_second": truth.variable.grid.size / row.step_seconds,
        "bytes": file.stat().st_size,
        "chosen": chosen_texts(header),
    }


if __name__ == "__main__":
    main()
