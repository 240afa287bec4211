"""``stsr import-official``: a published two-file model → model.stsr."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from stsr_core.cli.terminal import next_steps

DESCRIPTION = """\
Convert a model of the published STSR-INR program, which consists of two .pth files, to one .stsr file.
Only tensors, numbers and strings are read from them; code in a file is never executed.
"""

EPILOG = """\
example:
  stsr import-official STSR-H+-PD-H2-GT-600.pth Latent--H+-PD-H2-GT-600.pth -o ionization.stsr
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "import-official",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("main", metavar="NETWORK", help="network file, STSR-<variables>-<epoch>.pth")
    parser.add_argument("latent", metavar="LATENT", help="latent table, Latent--<variables>-<epoch>.pth")
    parser.add_argument(
        "--profile",
        default="released",
        metavar="NAME",
        help="frequency factors, which the files do not tell: released (default) or paper",
    )
    parser.add_argument(
        "--modulator",
        default="sine",
        metavar="NAME",
        help="activation of the modulator, which the files do not tell: sine (default) or relu",
    )
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", help="model file, ending in .stsr")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing model file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Convert and save."""
    from stsr_core.model import checkpoint
    from stsr_core.model.official import import_official
    from stsr_core.training.beginning import checked_output

    output = Path(options.output)
    checked_output(output, options.overwrite)
    field, header = import_official(
        options.main, options.latent, profile=options.profile, modulator_activation=options.modulator
    )
    checkpoint.save(output, header, field)
    options.result.update(output=str(output), variables=field.domain.names)
    print(f"wrote {output}: {', '.join(field.domain.names)}")
    next_steps(options, f"stsr info {output}")
    return 0
