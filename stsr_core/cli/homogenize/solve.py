"""``stsr homogenize solve``: the finite element solution of a coefficient."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.cli.homogenize.images import (
    check_free,
    read_coefficient,
    unit_square,
    write_coefficient,
    write_solution,
)

DESCRIPTION = """\
Solve -div(A grad u) = f with u = 0 on the boundary of the unit square, by bilinear finite elements that
integrate the coefficient exactly, and multigrid. On a coarse grid this is what a network corrects; on a fine
one it is the truth, and what a network must be measured against.
"""

EPILOG = """\
examples:
  stsr homogenize solve A.vti --intervals 512 -o Y.vti
  stsr homogenize solve --random 7 --cells 32 --intervals 8 -o X.vti --write-coefficient A.vti
  stsr homogenize solve --pattern checkerboard-4 --intervals 32 -o X.npy
"""


def add_parser(commands: Any) -> None:
    """Add the command to ``stsr homogenize``."""
    parser = commands.add_parser(
        "solve",
        help="the finite element solution",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("coefficient", nargs="?", metavar="FILE", help="A, a value per cell (.vti, .npy, …)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--random", type=int, metavar="SEED", help="cells of 1 or 100 at random")
    which.add_argument("--pattern", metavar="NAME", help="checkerboard-4, wave-8, stripes-16, mixed-1, …")
    parser.add_argument("--cells", type=int, default=128, help="of --random and --pattern (default 128)")
    parser.add_argument("--intervals", type=int, default=32, help="along an axis (default 32)")
    parser.add_argument("--load", type=float, default=1.0, help="f, a constant (default 1)")
    parser.add_argument(
        "--quadrature",
        choices=("exact", "mean", "midpoint"),
        default="exact",
        help="how A is taken in an element (default exact)",
    )
    parser.add_argument("--write-coefficient", metavar="FILE", help="write A as well, a value per cell")
    parser.add_argument("-o", "--output", metavar="FILE", default="u.vti", help="default u.vti, here")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Solve and write."""
    from stsr_core.homogenization.diffusion import compliance, solve

    output = Path(options.output)
    check_free(output, options.overwrite)
    coefficient = _coefficient(options)
    started = time.monotonic()
    values = solve(coefficient, options.intervals, options.load, quadrature=options.quadrature)
    seconds = time.monotonic() - started
    if options.write_coefficient:
        write_coefficient(Path(options.write_coefficient), coefficient, options.overwrite)
    write_solution(output, values, unit_square(len(values)), coefficient, options.overwrite)
    largest = float(np.abs(values).max())
    energy = compliance(values, options.load)
    options.result.update(output=str(output), seconds=seconds, largest=largest, compliance=energy)
    print(
        f"wrote {output}: {len(values)} x {len(values)} nodes after {seconds:.2f} s, largest value "
        f"{largest:.6g}, compliance {energy:.6g}"
    )
    return 0


def _coefficient(options: argparse.Namespace) -> np.ndarray:
    """From a file, a seed or a formula."""
    from stsr_core.homogenization.coefficients import of_phases, pattern, random_cells

    given = [options.coefficient, options.random, options.pattern]
    if sum(one is not None for one in given) != 1:
        raise ValueError("one of a coefficient, --random and --pattern must be given")
    if options.coefficient is not None:
        return read_coefficient(options.coefficient)
    if options.random is not None:
        return random_cells(options.random, options.cells)
    return of_phases(pattern(options.pattern, options.cells))
