"""``stsr bake``: a model → its steps on one grid, shown without waiting."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.cli.upscale import listed_times, per_axis
from stsr_core.interrupts import interruptible
from stsr_core.request.blend import INTERPOLATIONS
from stsr_core.words import duration, readable_bytes

DESCRIPTION = """\
Sample a model at chosen steps on one grid, find what moves between them, and write that as a model of its
own: it opens wherever the first one does, and a step costs a reading of frames, whatever it was learned by.

By default the steps and nodes are all those that the model's samples were kept from. Half-way between steps
the model is asked once more, and how far the baked one is from it there is printed, and told by `stsr info`
and in ParaView. The model stays as it is; error bars are not baked.
"""

EPILOG = """\
examples:
  stsr bake vf.stsr
  stsr bake vf.stsr -o fast.stsr --times 0:32:65 --factor 2
  stsr bake both.stsr -o between.stsr --blend run01=0.5,run02=0.5

A factor f splits each interval of the kept nodes into f intervals. Ctrl-C stops, and nothing is written.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "bake",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="model file (.stsr) of any field")
    parser.add_argument(
        "--factor",
        nargs="+",
        type=float,
        metavar="F",
        help="refine the kept nodes: one factor, or three (X Y Z); default: the nodes they were kept from",
    )
    steps = parser.add_mutually_exclusive_group()
    steps.add_argument("--time-factor", type=float, metavar="F", help="refine the kept times")
    steps.add_argument(
        "--times", nargs="+", metavar="T", help="physical times; FIRST:LAST:N are N evenly spaced ones"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--variable",
        action="append",
        metavar="NAME",
        help="variable to bake; may be repeated (default: all of the model)",
    )
    what.add_argument(
        "--blend", metavar="A=W,B=W", help='bake a mixture of members as one variable "interpolated"'
    )
    parser.add_argument(
        "--interpolation",
        choices=INTERPOLATIONS,
        default="linear",
        help="between the latent vectors of a blend (default linear)",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "-o", "--output", metavar="MODEL", help="model file (.stsr; default MODEL-baked.stsr, here)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing model file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Bake and save; exit code 130 when stopped."""
    from stsr_core.interrupts import Stopped
    from stsr_core.model import checkpoint
    from stsr_core.model.claim import claimed
    from stsr_core.model.summary import baked_texts
    from stsr_core.training.baking import bake

    line, started = ProgressLine(), time.monotonic()

    output = Path(options.output or beside(options.model, "-baked.stsr"))
    with claimed(output), interruptible() as caught:
        try:
            bake(
                options.model,
                output,
                times=None if options.times is None else listed_times(options.times),
                time_factor=options.time_factor,
                factor=None if options.factor is None else per_axis("--factor", options.factor),
                variables=options.variable,
                blend=options.blend,
                interpolation=options.interpolation,
                device=options.device,
                overwrite=options.overwrite,
                made_by=options.made_by,
                on_progress=line.tell,
                should_stop=lambda: bool(caught),
            )
        except Stopped:
            line.close()
            print("stsr bake: stopped; nothing was written", file=sys.stderr)
            return 130
        line.close()
    header = checkpoint.read_header(output)
    options.result.update(output=str(output), variables=header.domain.names, run=header.history[-1])
    print(
        f"wrote {output} ({readable_bytes(output.stat().st_size)}) "
        f"after {duration(time.monotonic() - started)}: {baked_texts(header)[-1]}"
    )
    next_steps(options, f"stsr upscale {output}")
    return 0
