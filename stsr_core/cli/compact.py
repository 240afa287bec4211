"""``stsr compact``: a model → one small network that says the same."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.fit import architecture, progress_text
from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.interrupts import interruptible
from stsr_core.words import duration, readable_bytes

if TYPE_CHECKING:
    from stsr_core.training import Progress

DESCRIPTION = """\
Teach one small network what a model says, and write it to a file of its own: for export, for the web, and
for mixing members, which the network does between its latent vectors.

Nothing but the model is read. Half of what the network learns from is the model at its kept samples, half is
the model at random times and positions between them. The model stays as it is.
"""

EPILOG = """\
examples:
  stsr compact vf.stsr -o small.stsr
  stsr compact vf.stsr -o tiny.stsr --set width=96 --minutes 10

Ctrl-C stops cleanly: the file is usable, and the same command with --resume goes on from there.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "compact",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="model file (.stsr) of any field")
    parser.add_argument("--minutes", type=float, help="longest time to learn (default 3)")
    parser.add_argument("--epochs", type=int, help="most passes over the kept samples (default: no limit)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an entry of the network's architecture, like width=96; may be repeated",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "--seed", type=int, default=0, help="initial weights and order of samples (default 0)"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="MODEL",
        help="model file (.stsr; default MODEL-compact.stsr, here)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing model file")
    parser.add_argument("--resume", action="store_true", help="go on with the unfinished model file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Learn and save; exit code 130 when stopped."""
    from stsr_core.model import checkpoint
    from stsr_core.model.claim import claimed
    from stsr_core.model.summary import compact_texts
    from stsr_core.training.distillation.compact import compact

    line = ProgressLine()
    output = Path(options.output or beside(options.model, "-compact.stsr"))

    def show(progress: Progress) -> None:
        line.show(progress_text(progress), progress.fraction)

    with claimed(output), interruptible() as caught:
        compact(
            options.model,
            output,
            configuration=architecture(options.set),
            minutes=options.minutes,
            epochs=options.epochs,
            device=options.device,
            seed=options.seed,
            overwrite=options.overwrite,
            resume=options.resume,
            made_by=options.made_by,
            on_progress=show,
            should_stop=lambda: bool(caught),
        )
        line.close()
    header = checkpoint.read_header(output)
    if header.training is not None:
        print(
            f"stsr compact: stopped; {output} is usable, and the same with --resume goes on from here",
            file=sys.stderr,
        )
        return 130
    options.result.update(output=str(output), variables=header.domain.names, run=header.history[-1])
    print(
        f"wrote {output} ({readable_bytes(output.stat().st_size)}) "
        f"after {duration(header.history[-1]['seconds'])}: {compact_texts(header)[-1]}"
    )
    next_steps(options, f"stsr upscale {output} --scale 2 --time-scale 4")
    return 0
