"""``stsr demo``: the whole path on two generated series."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from stsr_core.cli.fit import progress_text
from stsr_core.cli.terminal import ProgressLine
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
        "--minutes",
        type=float,
        default=2.0,
        help="longest time to learn the tornado (default 2); the flow has a quarter",
    )
    parser.add_argument("--epochs", type=int, help="most passes over the kept samples (default: no limit)")
    parser.add_argument("--nodes", type=int, default=64, help="nodes per axis of the tornado (default 64)")
    parser.add_argument("--steps", type=int, default=48, help="time steps of the tornado (default 48)")
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
        print(f"{text} …", file=sys.stderr)

    result = demo.run(
        Path(options.output),
        nodes=options.nodes,
        n_steps=options.steps,
        minutes=options.minutes,
        epochs=options.epochs,
        device=options.device,
        seed=options.seed,
        overwrite=options.overwrite,
        on_stage=stage,
        on_progress=lambda progress: line.show(progress_text(progress)),
        on_fraction=lambda fraction: line.show(f"{fraction:4.0%}"),
    )
    line.close()
    print("\n" + table(result.rows) + "\n")
    print(explanation(result.rows, result.kept))
    for text in verdict(result.rows, result.rows[0].method):
        print(text)
    print(f"\nlook at  {result.picture}\nopen in ParaView  stsr-paraview demo {options.output}")
    print(f"everything took {duration(time.monotonic() - started)}")
    return 0
