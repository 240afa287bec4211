"""NH-CSR beside its rivals on a reduced problem: 32 cells, 8 coarse intervals, learned at 4x from 200 maps.

    python benchmarks/homogenization.py [-o docs/results/homogenization] [--seconds 130] [--seeds 1]
    python benchmarks/homogenization.py --full                 ten minutes per method, three seeds: hours

Every method has the same budget of processor seconds, the same encoder (tiny), samples and draws. Writes the
report of `stsr homogenize evaluate`; of several seeds it has means and standard deviations. Runs that are
there (--work) are not made again. Speed is measured by homogenization_speed.py.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from targets import processor  # before torch: its idle threads sleep then

from stsr_core.homogenization import file, report
from stsr_core.homogenization.configuration import TRAINED
from stsr_core.homogenization.evaluation import MEASURED, Evaluation, evaluate, over_runs
from stsr_core.homogenization.fitting import fit
from stsr_core.homogenization.generation import generate
from stsr_core.homogenization.plan import Plan
from stsr_core.homogenization.recipe import Recipe

PLAN = Plan(maps=200, validation=20, test=20, cells=32, coarse=8, scales=(4.0,), test_scales=(2.0, 4.0, 8.0))
#: Label → entries of the network, weight of the cosine structure.
RUNS: dict[str, tuple[dict[str, str], float]] = {
    "nh_csr": ({"method": "nh_csr"}, 1.0),
    "nh_csr_without_SCS": ({"method": "nh_csr"}, 0.0),
    "nh_csr_physical": ({"method": "nh_csr", "scale": "physical"}, 1.0),
    **{method: ({"method": method}, 0.0) for method in TRAINED if method != "nh_csr"},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", default="docs/results/homogenization")
    parser.add_argument("--seconds", type=float, default=130.0, help="processor seconds of each run")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="600 seconds on two cores, three seeds")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "stsr-homogenization"))
    options = parser.parse_args()
    seconds, seeds = (1200.0, 3) if options.full else (options.seconds, options.seeds)
    work = Path(options.work)
    generate(work / "maps", PLAN)
    networks, histories = {}, {}
    runs: dict[str, list[str]] = {label: [] for label in RUNS}
    for seed in range(seeds):
        for label, (entries, structure) in RUNS.items():
            name = f"{label}-{seed}" if seed else label
            path = work / f"{label}-{seed}-{seconds:.0f}s.stsr"
            if not path.exists() or file.read_header(path).training is not None:
                learn(work / "maps", path, entries, structure, seconds, seed)
            networks[name] = file.load(path)
            histories[name] = file.read_header(path).history
            runs[label].append(name)
            print(name, f"{histories[name][-1]['epochs']:.1f} passes", flush=True)
    found = over_runs(evaluate(work / "maps", networks), runs)
    report.write(
        Path(options.output),
        found,
        histories=histories,
        learned_at=4.0,
        title="Homogenization on a reduced problem",
        introduction=introduction(seconds, seeds, found),
        overwrite=True,
    )


def learn(
    folder: Path, path: Path, entries: dict[str, str], structure: float, seconds: float, seed: int
) -> None:
    """One run, of so many processor seconds."""
    recipe = Recipe(
        learning_rate=1e-3,
        batch=8,
        structure=structure,
        iterations=None,
        minutes=seconds / 60,
        validate_every=50,
    )
    fit(
        folder,
        path,
        configuration={**entries, "preset": "tiny"},
        recipe=recipe,
        seed=seed,
        overwrite=True,
        clock=time.process_time,
    )


def introduction(seconds: float, seeds: int, found: Evaluation) -> str:
    """What was done, and whether the paper's order is found."""
    options = " --full" if (seconds, seeds) == (1200, 3) else f" --seconds {seconds:.0f} --seeds {seeds}"
    lines = [
        f"Made by `python benchmarks/homogenization.py{options}` on {processor()}, without a GPU: "
        f"{PLAN.maps} maps of {PLAN.cells} x {PLAN.cells} cells, learned at 4x, {seconds:.0f} processor "
        f"seconds per run, seeds: {seeds}, preset tiny.",
    ]
    if seconds < 1200:
        lines.append(
            "Ten minutes on two cores would be 1,200 of them, which `--full` gives every method for three "
            "seeds: all are still learning here, and their order may be another one in the end."
        )
    lines += ["", "In the paper NH-CSR has the least MSE of all networks at every scale. Here:", ""]
    for part, words in MEASURED.items():
        for scale in sorted(PLAN.test_scales):
            mse = {r.method: r.errors.mse for r in found.rows if (r.part, r.scale) == (part, scale)}
            rival = min((m for m in TRAINED if m != "nh_csr"), key=mse.__getitem__)
            order = "so it is" if mse["nh_csr"] <= mse[rival] else f"{rival} has less"
            lines.append(
                f"* {words} at {scale:g}x: {order} (MSE·10³: nh_csr {1e3 * mse['nh_csr']:.2f}, best rival "
                f"{rival} {1e3 * mse[rival]:.2f}, bicubic {1e3 * mse['bicubic']:.2f})"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
