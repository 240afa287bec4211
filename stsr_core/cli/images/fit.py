"""``stsr images fit``: a database of images → a learned codec."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.fit import architecture, progress_text
from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.imagecodec.network.configuration import METHODS, SIZES
from stsr_core.interrupts import interruptible
from stsr_core.words import duration, readable_bytes

if TYPE_CHECKING:
    from stsr_core.imagecodec.images import Images
    from stsr_core.training.session import Progress

DESCRIPTION = """\
Learn from the images of a database how to store them in few bits: a codec for pairs of images, which knows of
each its time and view, and of the right image what the left one shows (FCNR, Lu et al. 2024; --method says
which of its relatives). `stsr images encode` then writes the database as one file.
"""

EPILOG = """\
examples:
  stsr images fit vf.cdb
  stsr images fit vf.cdb -o fine.stsr --trade-off 0.03 --minutes 30
  stsr images fit vf.cdb -o coarse.stsr --trade-off 0.003 --minutes 3 --start fine.stsr
  stsr images fit vf.cdb -o codec.stsr --size paper --device cuda

--trade-off is the weight of the error beside the bits: the larger, the better the images and the more bits.
Ctrl-C stops cleanly: the codec is usable, and the same command with --resume goes on from there.
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``stsr images``."""
    parser = commands.add_parser(
        "fit", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", metavar="FOLDER", help="database of images (.cdb)")
    parser.add_argument("--method", default="fcnr", choices=list(METHODS), help="which codec (default fcnr)")
    parser.add_argument(
        "--size",
        default="small",
        choices=list(SIZES),
        help="of network and recipe: small (default), for minutes on a CPU; paper, the published ones",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an entry of the network, like channels=36",
    )
    parser.add_argument(
        "--minutes", type=float, help="longest time to learn (default 10; no limit for paper)"
    )
    parser.add_argument(
        "--epochs", type=int, help="most passes over the pairs (default: no limit; 3 for paper)"
    )
    parser.add_argument(
        "--trade-off",
        type=float,
        metavar="L",
        help="weight of the squared error beside the bits (default 0.01)",
    )
    parser.add_argument(
        "--learning-rate", type=float, metavar="R", help="peak rate (default: that of the size)"
    )
    parser.add_argument(
        "--crop",
        type=int,
        metavar="PIXELS",
        help="learn from squares of the images, a multiple of 32; 0 for all (default 128, 0 for paper)",
    )
    parser.add_argument(
        "--pairing",
        choices=["paper", "nearest", "time"],
        help="which images are a pair: neighbours in the list of views (paper, default), nearest views, or "
        "one view at two times (time)",
    )
    parser.add_argument(
        "--subset",
        choices=["all", "paper"],
        help="pairs to learn from: all of them, or a sixth as in the paper (default: that of the size)",
    )
    parser.add_argument(
        "--start", metavar="MODEL", help="begin with the weights of this codec, which is built alike"
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument("--seed", type=int, default=0, help="initial weights and order of pairs (default 0)")
    parser.add_argument(
        "-o", "--output", metavar="MODEL", help="model file (.stsr; default DATABASE-codec.stsr, here)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing model file")
    parser.add_argument("--resume", action="store_true", help="go on with the unfinished model file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Learn and save; exit code 130 when stopped."""
    from stsr_core.imagecodec.open import open_images
    from stsr_core.imagecodec.training import codec_file
    from stsr_core.model.claim import claimed

    images = open_images(options.database)
    output = Path(options.output or beside(options.database, "-codec.stsr"))
    line = ProgressLine()
    with claimed(output), interruptible() as caught:
        _learn(options, images, output, line, caught)
        line.close()
    header = codec_file.read_header(output)
    if header.training is not None:
        print(
            f"stsr images fit: stopped; {output} is usable, and the same with --resume goes on from here",
            file=sys.stderr,
        )
        return 130
    config, seconds = header.config, header.history[-1]["seconds"]
    options.result.update(output=str(output), method=config.method, run=header.history[-1])
    print(
        f"wrote {output} ({readable_bytes(output.stat().st_size)}) after "
        f"{duration(seconds)}: {config.method}, {config.channels} channels"
    )
    next_steps(options, f"stsr images encode {options.database} --model {output}")
    return 0


def _learn(
    options: argparse.Namespace, images: Images, output: Path, line: ProgressLine, caught: list[int]
) -> None:
    from stsr_core.imagecodec.training.recipe import RECIPES
    from stsr_core.imagecodec.training.runs import fit, resume
    from stsr_core.training.beginning import of_length

    def show(progress: Progress) -> None:
        line.show(progress_text(progress), progress.fraction)

    def should_stop() -> bool:
        return bool(caught)

    if options.resume:
        resume(output, images, device=options.device, on_progress=show, should_stop=should_stop)
        return
    entries = ("trade_off", "learning_rate", "crop", "pairing", "subset")
    given = {name: getattr(options, name) for name in entries if getattr(options, name) is not None}
    recipe = of_length(RECIPES[options.size], options.minutes, options.epochs)
    fit(
        images,
        output,
        method=options.method,
        size=options.size,
        configuration=architecture(options.set),
        recipe=replace(recipe, **given),
        start=options.start,
        device=options.device,
        seed=options.seed,
        overwrite=options.overwrite,
        made_by=options.made_by,
        on_progress=show,
        should_stop=should_stop,
    )
