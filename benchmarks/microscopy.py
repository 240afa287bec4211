"""Living cells: SpatimeINR beside splines, motion and registration on the three generated cells, as a table.

    python benchmarks/microscopy.py                              # all: more than an hour of one core
    python benchmarks/microscopy.py --cells dividing_cell --factors 4 --noise 5
    python benchmarks/microscopy.py --methods voxelmorph uvi_net --factors 4 --noise 0

Every second, fourth or sixth of 12 images of 32³ nodes is kept, without noise and with σ = 5 of 255. What is
learned is compared with the truth without noise, at the steps between kept ones: PSNR with the range of each
step, DSC, and BSA·10³, the mean squared error of the sphericity. Networks learn for a fixed number of
steps, so that the numbers do not depend on the load of the machine.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

import stsr_core as stsr
from stsr_core.datasets import CELLS
from stsr_core.fields import KINDS
from stsr_core.kept import step_kinds
from stsr_core.measuring.segmenting import cells_of
from stsr_core.metrics import psnr_per_step
from stsr_core.sampling import KeptSamples
from stsr_core.words import ordinal

METHODS = (
    "tricubic_linear",
    "cubic",
    "b_spline",
    "motion",
    "spatime_inr",
    "voxelmorph",
    "uvi_net",
    "arssr",
    "saint",
    "svin",
)
STEPS = 384  # of SpatimeINR
#: Kinds whose epoch is a number of steps by definition, here a hundred → epochs.
EPOCHS = {
    "voxelmorph": 3,
    "uvi_net": 1,
    "arssr": 8,
    "saint": 8,
    "svin": 4,
}


def main() -> None:
    """Print a row for each cell, factor and noise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--factors", nargs="+", type=int, default=[2, 4, 6], help="in time (default 2 4 6)")
    parser.add_argument("--space", type=int, default=1, help="factor in space (default 1)")
    parser.add_argument("--noise", nargs="+", type=float, default=[0.0, 5.0], help="of 255 (default 0 5)")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--nodes", type=int, default=32, help="per axis (default 32)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of SpatimeINR (default {STEPS})")
    parser.add_argument("--held", action="store_true", help="SpatimeINR is held to splines")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    labels = [KINDS[kind].label for kind in options.methods]
    print(f"| cell, noise | kept | {' | '.join(labels)} | seconds |")
    print(f"|---|---|{'---:|' * (len(labels) + 1)}")
    for name in options.cells:
        for noise in options.noise:
            for factor in options.factors:
                found, seconds = measured(name, noise, factor, options)
                what = f"| {name.replace('_', ' ')}, σ {noise:g} | every {ordinal(factor)} |"
                print(what, " | ".join(found), f"| {seconds:.0f} |", flush=True)


def measured(name: str, noise: float, factor: int, options: argparse.Namespace) -> tuple[list[str], float]:
    """PSNR, DSC and BSA·10³ of each method as a text, and the seconds of learning."""
    imaged = CELLS[name](options.nodes, 12, noise=noise)
    truth = CELLS[name](options.nodes, 12)[name]
    _, between, _ = step_kinds(12, factor - 1)
    exact = truth.array()[between]
    cells = cells_of("all", truth.grid.spacing)
    kept = KeptSamples.read(imaged, options.space, factor - 1)
    found = []
    seconds = 0.0
    for kind in options.methods:
        recipe = None
        started = time.monotonic()
        if KINDS[kind].recipe is not None:
            usual = KINDS[kind].recipe_for()
            per_epoch = -(-kept.values[0].numel() // usual.batch_rows)
            epochs = EPOCHS.get(kind, max(1, round(options.steps / per_epoch)))
            recipe = replace(usual, minutes=None, epochs=epochs)
        entries = {"rehearsal_steps": 200} if options.held and kind == "spatime_inr" else None
        field = stsr.fit(kept, field=kind, configuration=entries, recipe=recipe, seed=options.seed)
        seconds += time.monotonic() - started
        shown = stsr.evaluate(field, truth.grid, truth.times[between], name)
        pairs = [cells.of(a, b) for a, b in zip(exact, shown, strict=True)]
        psnr = float(np.mean(psnr_per_step(exact, shown)))
        dsc, bsa = (np.nanmean([getattr(p, key) for p in pairs]) for key in ("dice", "sphericity_error"))
        found.append(f"{psnr:.1f} / {dsc:.3f} / {1e3 * bsa:.2f}")
    return found, seconds


if __name__ == "__main__":
    main()
