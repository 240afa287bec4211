"""``stsr homogenize data``: a folder of coefficients and their coarse and fine solutions."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from stsr_core.cli.terminal import ProgressLine, next_steps, with_time_left
from stsr_core.interrupts import interruptible
from stsr_core.words import duration

DESCRIPTION = """\
Solve random two-phase coefficients, and thirteen that a formula gives, on a coarse grid and on fine ones.
Each sample is a .npz file that follows from its seed, scales and quadrature alone; all cores work at it.

What is there is left alone: the same command goes on where it was stopped, and one that asks for more maps or
scales adds them.
"""

EPILOG = """\
examples:
  stsr homogenize data maps                                the published problem: 2,000 maps, 1 MB each
  stsr homogenize data small --maps 200 --validation 20 --test 20 --cells 32 --coarse 8 --scale 4 \\
      --test-scale 2 4 8                                   a problem for a minute
"""


def add_parser(commands: Any) -> None:
    """Add the command to ``stsr homogenize``."""
    parser = commands.add_parser(
        "data",
        help="samples to learn from",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="folder of the samples; made if it is not there")
    parser.add_argument("--maps", type=int, default=2000, help="random maps to learn from (default 2000)")
    parser.add_argument(
        "--validation", type=int, default=100, help="random maps for the curve while learning (default 100)"
    )
    parser.add_argument("--test", type=int, default=100, help="random maps to measure on (default 100)")
    parser.add_argument(
        "--no-patterns", action="store_true", help="leave out the thirteen maps that a formula gives"
    )
    parser.add_argument("--cells", type=int, default=128, help="cells of A along an axis (default 128)")
    parser.add_argument(
        "--coarse", type=int, default=32, help="intervals of the coarse grid along an axis (default 32)"
    )
    parser.add_argument(
        "--scale", nargs="+", type=float, default=[16.0], metavar="S", help="to learn at (default 16)"
    )
    parser.add_argument(
        "--test-scale",
        nargs="+",
        type=float,
        default=[2.0, 4.0, 8.0, 16.0],
        metavar="S",
        help="to measure at (default 2 4 8 16)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first map (default 0)")
    parser.add_argument(
        "--phases",
        nargs=2,
        type=float,
        default=[1.0, 100.0],
        metavar="A",
        help="values of the coefficient (default 1 100)",
    )
    parser.add_argument("--load", type=float, default=1.0, help="f, a constant (default 1)")
    parser.add_argument(
        "--quadrature",
        choices=("exact", "mean", "midpoint"),
        default="exact",
        help="how A is taken in an element (default exact, the Galerkin method)",
    )
    parser.add_argument("--processes", type=int, default=0, help="that work at it (default: one per core)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make what is missing; exit code 130 when stopped."""
    from stsr_core.homogenization.generation import generate
    from stsr_core.homogenization.plan import Plan

    if options.processes < 0:
        raise ValueError(f"--processes must be >= 0, got {options.processes}")
    plan = Plan(
        maps=options.maps,
        validation=options.validation,
        test=options.test,
        patterns=not options.no_patterns,
        cells=options.cells,
        coarse=options.coarse,
        scales=tuple(options.scale),
        test_scales=tuple(options.test_scale),
        seed=options.seed,
        values=tuple(options.phases),
        load=options.load,
        quadrature=options.quadrature,
    )
    line, started = ProgressLine(), time.monotonic()
    first: list[int] = []

    def show(done: int, count: int) -> None:
        first[1:] = [done, count]
        first[:1] = first[:1] or [done - 1]
        part = (done - first[0]) / max(1, count - first[0])
        text = with_time_left(f"{done} of {count} samples", part, time.monotonic() - started)
        line.show(text, done / count)

    with interruptible() as caught:
        made = generate(
            options.folder,
            plan,
            processes=options.processes,
            on_progress=show,
            should_stop=lambda: bool(caught),
        )
        line.close()
    options.result.update(output=options.folder, made=made, finished=not caught)
    if caught:
        print(
            f"stsr homogenize data: stopped after {made} samples; the same command goes on from here",
            file=sys.stderr,
        )
        return 130
    print(f"{options.folder}: {made} samples made in {duration(time.monotonic() - started)}")
    next_steps(options, f"stsr homogenize fit {options.folder} -o h.stsr --preset tiny --minutes 10")
    return 0
