"""``stsr homogenize predict``: a coarse solution and a coefficient → the corrected solution, at any scale."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from stsr_core.cli.homogenize.images import (
    check_free,
    read_coefficient,
    read_image,
    unit_square,
    write_solution,
)
from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine
from stsr_core.interrupts import interruptible
from stsr_core.words import duration

DESCRIPTION = """\
Correct a coarse solution by a network and the fine coefficient, on a grid of any fineness.

A network that learned shapes gets the amplitude from the equation: the factor by which the shape comes
nearest to the solution in the energy norm, which needs no solution. The boundary keeps its exact 0.
"""

EPILOG = """\
examples:
  stsr homogenize solve --random 7 --cells 32 --intervals 8 -o X.vti --write-coefficient A.vti
  stsr homogenize predict h.stsr --coarse X.vti --coefficient A.vti --scale 4 -o Y.vti
  stsr homogenize predict h.stsr --coarse X.npy --coefficient A.npy --scale 3.7 --smooth 1 -o Y.npy

X has N+1 nodes along an axis, boundary included, A the value of each cell; rows are y. In a .vti A is cell
data, or has a node for each cell; Y.vti has u at its nodes, and A in its cells where each lies in one of A's.
"""


def add_parser(commands: Any) -> None:
    """Add the command to ``stsr homogenize``."""
    parser = commands.add_parser(
        "predict",
        help="correct a coarse solution",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="model file (.stsr) of stsr homogenize fit")
    parser.add_argument("--coarse", required=True, metavar="FILE", help="the coarse solution (.vti, .npy, …)")
    parser.add_argument("--coefficient", required=True, metavar="FILE", help="A, a value per cell")
    parser.add_argument("--scale", type=float, default=4.0, help="any number: fine over coarse (default 4)")
    parser.add_argument("--load", type=float, default=1.0, help="f of the coarse solution (default 1)")
    parser.add_argument(
        "--amplitude",
        choices=("equation", "network", "none"),
        default="",
        help="where it comes from: see above; network for one that learned physical values (its default); "
        "none leaves the shape in [0, 1]",
    )
    parser.add_argument(
        "--smooth", type=int, default=0, metavar="N", help="sweeps of a multigrid smoother (default 0)"
    )
    parser.add_argument(
        "--network-boundary", action="store_true", help="leave what the network says on the boundary"
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: FILE-corrected.vti or .npy, here")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Correct and write; exit code 130 when stopped."""
    from stsr_core.homogenization import file
    from stsr_core.homogenization.prediction import correct
    from stsr_core.inference.device import resolve_device
    from stsr_core.interrupts import Stopped

    if options.smooth < 0:
        raise ValueError(f"--smooth must be >= 0, got {options.smooth}")
    suffix = ".npy" if options.coarse.lower().endswith(".npy") else ".vti"
    output = Path(options.output or beside(options.coarse, f"-corrected{suffix}"))
    check_free(output, options.overwrite)
    network = file.load(options.model, resolve_device(options.device))
    coarse, grid = read_image(options.coarse, "the coarse solution")
    coefficient = read_coefficient(options.coefficient)
    line, started = ProgressLine(), time.monotonic()

    with interruptible() as caught:
        try:
            values = correct(
                network,
                coefficient,
                coarse,
                options.scale,
                load=options.load,
                amplitude=options.amplitude,
                keep_boundary=not options.network_boundary,
                sweeps=options.smooth,
                on_progress=lambda fraction: line.tell(fraction, "correcting"),
                should_stop=lambda: bool(caught),
            )
        except Stopped:
            line.close()
            print("stsr homogenize predict: stopped; nothing was written", file=sys.stderr)
            return 130
        line.close()
    count = len(values)
    place = unit_square(count) if grid is None else grid.with_shape((1, count, count))
    write_solution(output, values, place, coefficient, options.overwrite)
    seconds = time.monotonic() - started
    options.result.update(
        output=str(output), nodes=[count, count], seconds=seconds, largest=float(values.max())
    )
    print(
        f"wrote {output}: {count} x {count} nodes after {duration(seconds)}, largest value {values.max():.6g}"
    )
    return 0
