"""``stsr homogenize fit``: samples → model.stsr."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.fit import architecture, progress_text
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.homogenization.configuration import PRESETS, TRAINED
from stsr_core.interrupts import interruptible
from stsr_core.words import duration, readable_bytes

if TYPE_CHECKING:
    from stsr_core.homogenization.recipe import Recipe
    from stsr_core.training.session import Progress

#: Length of a run where nothing is said of it.
MINUTES = 10.0

DESCRIPTION = """\
Learn a network that corrects coarse solutions from a folder of samples, and write it to one model file.

Methods: nh_csr (two implicit branches with Gabor-coded local attention, and the cosine structure in its
loss), and its rivals metasr, liif, lte and lit with the same encoder, input and residual.
"""

EPILOG = """\
examples:
  stsr homogenize fit maps -o h.stsr --preset tiny --minutes 5
  stsr homogenize fit maps -o liif.stsr --method liif --preset tiny --minutes 5
  stsr homogenize fit maps -o one.stsr --set branches=coarse --set encoding=sinusoid --structure 0
  stsr homogenize fit maps -o paper.stsr --paper --device cuda

Entries of --set: branches (both, coarse), encoding (gabor, plain, sinusoid, ipe, lte), omega, sigma,
trainable, shuffle, aggregate (sum, flatten), radius, heads, width, coefficient (true, false).

Ctrl-C stops cleanly: the model file is usable, and the same command with --resume goes on from there.
"""


def add_parser(commands: Any) -> None:
    """Add the command to ``stsr homogenize``."""
    parser = commands.add_parser(
        "fit",
        help="learn a network",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="folder of samples, of stsr homogenize data")
    what = parser.add_argument_group("network")
    what.add_argument("--method", default="nh_csr", choices=TRAINED, help="default nh_csr")
    what.add_argument("--preset", default="S", choices=tuple(PRESETS), help="size of the encoder (default S)")
    what.add_argument(
        "--values",
        default="image",
        choices=("image", "physical"),
        help="each solution normalised by its own range, so that the shape is learned (default), or physical "
        "values, so that the amplitude is learned too",
    )
    what.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="an entry of the network, see below"
    )
    how = parser.add_argument_group("learning")
    how.add_argument("--scale", type=float, help="to learn at (default: the largest of the samples')")
    how.add_argument("--minutes", type=float, help=f"longest time to learn (default {MINUTES:g})")
    how.add_argument("--iterations", type=int, help="most steps (default: no limit)")
    how.add_argument("--batch", type=int, help="maps per step (default 8; 32 with --paper)")
    how.add_argument(
        "--nodes", type=int, help="N² nodes of each map per step (default: coarse nodes per side)"
    )
    how.add_argument("--learning-rate", type=float, help="of Adam (default 1e-3; 1e-4 with --paper)")
    how.add_argument(
        "--structure",
        type=float,
        help="weight of the cosine structure (default 1 for nh_csr, 0 for its rivals)",
    )
    how.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        default="fp32",
        help="of the encoder's and the hidden layers' products (default fp32)",
    )
    how.add_argument("--paper", action="store_true", help="the published recipe: 100,000 steps of 32 maps")
    how.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    how.add_argument("--seed", type=int, default=0, help="initial weights and draws (default 0)")
    out = parser.add_argument_group("output")
    out.add_argument(
        "-o", "--output", metavar="MODEL", help="model file, ending in .stsr (default: DIR-METHOD.stsr, here)"
    )
    out.add_argument("--overwrite", action="store_true", help="replace an existing model file")
    out.add_argument("--resume", action="store_true", help="go on with the unfinished model file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Learn and save; exit code 130 when stopped."""
    from stsr_core.homogenization import file, fitting
    from stsr_core.model.claim import claimed

    name = Path(options.folder).absolute().name
    output = Path(options.output or f"{name}-{options.method}.stsr")
    recipe = recipe_of(options)
    line, started = ProgressLine(), time.monotonic()

    def show(progress: Progress) -> None:
        line.show(progress_text(progress), progress.fraction)

    with claimed(output), interruptible() as caught:
        told: dict[str, Any] = {"on_progress": show, "should_stop": lambda: bool(caught)}
        if options.resume:
            fitting.resume(output, options.folder, device=options.device, **told)
        else:
            entries = {"method": options.method, "preset": options.preset, "scale": options.values}
            fitting.fit(
                options.folder,
                output,
                configuration={**entries, **architecture(options.set)},
                recipe=recipe,
                scale=options.scale,
                device=options.device,
                seed=options.seed,
                overwrite=options.overwrite,
                made_by=options.made_by,
                **told,
            )
        line.close()
    header = file.read_header(output)
    options.result.update(
        output=str(output),
        method=header.configuration.method,
        finished=header.training is None,
        run=header.history[-1],
    )
    if header.training is not None:
        print(
            f"stsr homogenize fit: stopped; {output} is usable, and the same command with --resume goes on "
            "from here",
            file=sys.stderr,
        )
        return 130
    size, seconds = readable_bytes(output.stat().st_size), duration(time.monotonic() - started)
    curve = header.history[-1]["validation"]
    print(
        f"wrote {output} ({size}) after {seconds}"
        + (f"; validation MSE {curve[-1]['mse']:.3e}" if curve else "")
    )
    next_steps(
        options,
        f"stsr homogenize evaluate {options.folder} {output} -o report",
        f"stsr homogenize predict {output} --coarse X.vti --coefficient A.vti --scale 4",
    )
    return 0


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe that the options mean: a short one, or the published one with their changes."""
    from stsr_core.homogenization.recipe import Recipe

    entries: dict[str, Any] = {}
    if not options.paper:
        entries = {"learning_rate": 1e-3, "batch": 8, "iterations": None, "minutes": MINUTES}
    if options.minutes is not None or options.iterations is not None:
        entries |= {"minutes": options.minutes, "iterations": options.iterations}
    if options.method != "nh_csr":
        entries["structure"] = 0.0
    given = {
        "batch": options.batch,
        "side": options.nodes,
        "learning_rate": options.learning_rate,
        "structure": options.structure,
        "precision": options.precision,
    }
    return Recipe(**entries | {name: value for name, value in given.items() if value is not None})
