"""``stsr demo``: the whole path on a generated series."""

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
Generate a tornado (64x64x64 nodes, 48 steps), keep every 2nd voxel and every 4th step of it, learn a field
from that, sample it at full resolution and all times, and print what was recovered beside interpolation.
"""

EPILOG = """\
writes into the folder:
  coarse.pvd        the kept samples: try the filter "Neural Upscale" on them in ParaView
  tornado.stsr      the model
  upscaled.pvd      all voxels and steps from the model
  comparison.png    ground truth, interpolations, model and errors at an unseen time
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
    parser.add_argument("--minutes", type=float, default=3.0, help="longest time to learn (default 3)")
    parser.add_argument("--epochs", type=int, help="most passes over the kept samples (default: no limit)")
    parser.add_argument("--nodes", type=int, default=64, help="nodes per axis (default 64)")
    parser.add_argument("--steps", type=int, default=48, help="time steps (default 48)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "--seed", type=int, default=0, help="initial weights and order of samples (default 0)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo and print its table."""
    from stsr_core import demo
    from stsr_core.cli.tables import explanation, table, verdict
    from stsr_core.kept import Kept

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
    kept = {row.variable: Kept(demo.SPATIAL_FACTOR, demo.TEMPORAL_GAP) for row in result.rows}
    print(explanation(result.rows, kept))
    for text in verdict(result.rows, result.rows[0].method):
        print(text)
    print(f"\nlook at  {result.picture}\nopen in ParaView  {result.upscaled}")
    print(f"everything took {duration(time.monotonic() - started)}")
    return 0
