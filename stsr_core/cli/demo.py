"""``stsr demo``: the whole path on two generated series."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from stsr_core.cli.fit import progress_text
from stsr_core.cli.terminal import ProgressLine, next_steps, say
from stsr_core.words import duration

DESCRIPTION = """\
Make a tornado (64x64x64 nodes, 48 steps) and simulate a turbulent flow (32x32x32 nodes, 17 steps), keep every
4th step of them and of the tornado every 2nd voxel, learn a field from that, sample it at full resolution and
all times, and print what was recovered beside interpolation.
"""

EPILOG = """\
writes into the folder, for the tornado and for the flow, vortex:
  tornado/full.pvd      the ground truth
  tornado/coarse.pvd    the kept samples: try the filter "Neural Upscale" on them in ParaView
  tornado/model.stsr    the model
  tornado/upscaled.pvd  all voxels and steps from the model
  comparison.png        ground truth, interpolations, models and errors at an unseen time

look at it in ParaView:
  stsr-paraview demo
"""


class Size(NamedTuple):
    """How large the demo is: nodes per axis and steps of the tornado, minutes to learn it."""

    nodes: int
    steps: int
    minutes: float


USUAL = Size(64, 48, 2.0)
QUICK = Size(24, 18, 0.1)


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "demo",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", "--output", default="demo-output", metavar="FOLDER", help="default demo-output")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier demo in the folder")
    parser.add_argument(
        "--quick", action="store_true", help="a small tornado and seconds of learning, to see that all works"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="longest time to learn the tornado (default 2, quick 0.1); the flow has a quarter",
    )
    parser.add_argument("--epochs", type=int, help="most passes over the kept samples (default: no limit)")
    parser.add_argument("--nodes", type=int, help="nodes per axis of the tornado (default 64, quick 24)")
    parser.add_argument("--steps", type=int, help="time steps of the tornado (default 48, quick 18)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "--seed", type=int, default=0, help="initial weights and order of samples (default 0)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo and print its table."""
    from stsr_core import demo
    from stsr_core.cli.tables import explanation, table, verdict

    started = time.monotonic()
    line = ProgressLine()

    def stage(text: str) -> None:
        line.close()
        say(f"{text} …")

    usual = QUICK if options.quick else USUAL
    result = demo.run(
        Path(options.output),
        nodes=usual.nodes if options.nodes is None else options.nodes,
        n_steps=usual.steps if options.steps is None else options.steps,
        minutes=usual.minutes if options.minutes is None else options.minutes,
        epochs=options.epochs,
        device=options.device,
        seed=options.seed,
        overwrite=options.overwrite,
        on_stage=stage,
        on_progress=lambda progress: line.show(progress_text(progress), progress.fraction),
        on_fraction=lambda fraction: line.show("steps", fraction),
    )
    line.close()
    print("\n" + table(result.rows) + "\n")
    print(explanation(result.rows, result.kept))
    for text in verdict(result.rows, result.rows[0].method):
        print(text)
    seconds = time.monotonic() - started
    options.result.update(
        picture=str(result.picture),
        files={name: {k: str(v) for k, v in asdict(files).items()} for name, files in result.files.items()},
        table=[asdict(row) for row in result.rows],
        seconds=seconds,
    )
    print(f"\neverything took {duration(seconds)}")
    next_steps(options, f"look at {result.picture}", f"stsr-paraview demo {options.output}")
    return 0
