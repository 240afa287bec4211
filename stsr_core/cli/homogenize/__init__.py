"""``stsr homogenize``: fine solutions of −div(A∇u) = f from coarse ones, by networks and by finite elements.

A command of its own commands, each a module as any other command is.
"""

from __future__ import annotations

import argparse
from typing import Any

DESCRIPTION = """\
An engineer solves -div(A grad u) = f on a grid too coarse for the fine structure of the material A: the
solution is wrong even at large scale. A network that has seen pairs of coarse and fine solutions corrects it
from the coarse solution and the fine coefficient, on a grid of any fineness.

  data      samples to learn from       stsr homogenize data maps --maps 200 --cells 32 --coarse 8 --scale 4
  fit       learn a network             stsr homogenize fit maps -o h.stsr --method nh_csr --preset tiny
  predict   correct a coarse solution   stsr homogenize predict h.stsr --coarse X.vti --coefficient A.vti
  evaluate  measure networks            stsr homogenize evaluate maps h.stsr -o report
  solve     the finite element solution of a coefficient, on a coarse or a fine grid
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    from stsr_core.cli.homogenize import data, evaluate, fit, predict, solve

    parser = commands.add_parser(
        "homogenize",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = parser.add_subparsers(dest="homogenize", metavar="WHAT", required=True, help="one of the above")
    for module in (data, fit, predict, evaluate, solve):
        module.add_parser(own)
