"""NH-CSR beside its rivals on a reduced problem: 32 cells, 8 coarse intervals, learned at 4x from 200 maps.

    python benchmarks/homogenization.py [-o docs/results/homogenization] [--seconds 130] [--seeds 1]
    python benchmarks/homogenization.py --full                 ten minutes per method, three seeds: hours

Every method has the same budget of processor seconds, the same encoder (tiny), samples and draws. Writes the
report of `stsr homogenize evaluate`, with the times of the finite element solver and of a prediction on it.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import stsr_core  # noqa: F401  (before torch: its idle threads sleep)
from stsr_core.homogenization import diffusion, file, report
from stsr_core.homogenization.coefficients import random_cells
from stsr_core.homogenization.configuration import TRAINED, Configuration
from stsr_core.homogenization.evaluation import evaluate
from stsr_core.homogenization.fitting import fit
from stsr_core.homogenization.generation import generate
from stsr_core.homogenization.network import Network
from stsr_core.homogenization.plan import Plan
from stsr_core.homogenization.prediction import predict
from stsr_core.homogenization.recipe import Recipe

PLAN = Plan(maps=200, validation=20, test=20, cells=32, coarse=8, scales=(4.0,), test_scales=(2.0, 4.0, 8.0))
#: Label → method, weight of the cosine structure.
RUNS = {
    "nh_csr": ("nh_csr", 1.0),
    "nh_csr_without_SCS": ("nh_csr", 0.0),
    **{method: (method, 0.0) for method in TRAINED if method != "nh_csr"},
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
    for seed in range(seeds):
        for label, (method, structure) in RUNS.items():
            name = label if seeds == 1 else f"{label}-{seed}"
            path = work / f"{name}-{seconds:.0f}s.stsr"
            if not path.exists() or file.read_header(path).training is not None:
                learn(work / "maps", path, method, structure, seconds, seed)
            networks[name] = file.load(path)
            histories[name] = file.read_header(path).history
            print(name, f"{histories[name][-1]['epochs']:.1f} passes", flush=True)
    found = evaluate(work / "maps", networks, on_progress=lambda part, text: None)
    report.write(
        Path(options.output),
        found,
        histories=histories,
        learned_at=4.0,
        title="Homogenization on a reduced problem",
        introduction=introduction(seconds, seeds),
        overwrite=True,
    )


def learn(folder: Path, path: Path, method: str, structure: float, seconds: float, seed: int) -> None:
    """One run, of so many processor seconds."""
    recipe = Recipe(
        learning_rate=1e-3,
        batch=8,
        structure=structure,
        iterations=None,
        minutes=seconds / 60,
        validate_every=50,
    )
    configuration = {"method": method, "preset": "tiny"}
    fit(
        folder,
        path,
        configuration=configuration,
        recipe=recipe,
        seed=seed,
        overwrite=True,
        clock=time.process_time,
    )


def introduction(seconds: float, seeds: int) -> str:
    """What was done, and the times of solver and network, measured now."""
    command = "python benchmarks/homogenization.py" + (" --full" if seconds == 1200 else "")
    lines = [
        f"Made by `{command}` on a two-core x86 "
        f"machine without a GPU: 200 maps of {PLAN.cells} x {PLAN.cells} cells, learned at 4x, {seconds:.0f} "
        f"processor seconds per method, seeds: {seeds}, preset tiny.",
    ]
    if seconds < 1200:
        lines.append(
            "This is a small form, an eighth or less of ten minutes on two cores: every method is still "
            "learning, and their order may be another one in the end. `--full` gives each ten minutes."
        )
    lines += [
        "",
        "| grid | direct solution, s | prediction nh_csr, preset S, s | nodes/s |",
        "|---|---:|---:|---:|",
    ]
    network = Network(Configuration(preset="S")).eval()
    coefficient = random_cells(0)
    coarse = diffusion.solve(coefficient, 32)
    for intervals in (512, 1024, 2048):
        started = time.perf_counter()
        diffusion.solve(coefficient, intervals)
        direct = time.perf_counter() - started
        if intervals > 1024:
            lines.append(f"| {intervals + 1}² | {direct:.2f} | | |")
            continue
        started = time.perf_counter()
        predict(network, coefficient, (coarse / coarse.max()).astype(np.float32), intervals + 1)
        taken = time.perf_counter() - started
        lines.append(
            f"| {intervals + 1}² | {direct:.2f} | {taken:.1f} | {(intervals + 1) ** 2 / taken:,.0f} |"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    lines += ["", f"128 x 128 cells, relative residual 1e-10; {peak:.2f} GiB at the peak of all of it."]
    print("\n".join(lines), file=sys.stderr)
    return "\n".join(lines)


if __name__ == "__main__":
    main()
