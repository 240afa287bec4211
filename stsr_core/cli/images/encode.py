"""``stsr images encode``: a database of images and a codec → one file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.interrupts import interruptible
from stsr_core.words import duration, readable_bytes

DESCRIPTION = """\
Write all images of a database as one file (.fcnr) by a codec that `stsr images fit` has learned. Each pair
can be read by itself, has a checksum, and decodes to the same bytes in any process and with any number of
threads.

The part of the codec that decodes travels in the file, its weights rounded to --bits; with --beside it stays
where it is, is not rounded, and has to be beside the file when that is read.
"""

EPILOG = """\
examples:
  stsr images encode vf.cdb --model vf-codec.stsr
  stsr images encode vf.cdb --model vf-codec.stsr --mask
  stsr images encode vf.cdb --model vf-codec.stsr --beside -o vf.fcnr

Ctrl-C stops, and nothing is written.
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``stsr images``."""
    parser = commands.add_parser(
        "encode", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", metavar="FOLDER", help="database of images (.cdb)")
    parser.add_argument("--model", metavar="MODEL", required=True, help="the learned codec (.stsr)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--bits", type=int, metavar="N", help="of each weight in the file, 2 to 8 (default 7)")
    where.add_argument("--beside", action="store_true", help="leave the codec out of the file")
    parser.add_argument(
        "--pairing",
        choices=["paper", "nearest", "time"],
        help="which images are a pair (default: as it was learned)",
    )
    parser.add_argument(
        "--mask", action="store_true", help="store which pixels are white, exactly: for sharp outlines"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="file (.fcnr; default DATABASE.fcnr, here)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Encode; exit code 130 when stopped."""
    from dataclasses import asdict

    from stsr_core.imagecodec.bitstream.encoding import encode
    from stsr_core.imagecodec.bitstream.weights import BITS
    from stsr_core.imagecodec.open import open_images
    from stsr_core.interrupts import Stopped
    from stsr_core.model.claim import claimed

    images = open_images(options.database)
    output = Path(options.output or beside(options.database, ".fcnr"))
    line = ProgressLine()

    def show(done: int, n_pairs: int) -> None:
        line.tell(done / n_pairs, f"pair {done} of {n_pairs}")

    with claimed(output), interruptible() as caught:
        try:
            made = encode(
                images,
                options.model,
                output,
                bits=options.bits or BITS,
                inside=not options.beside,
                pairing=options.pairing,
                mask=options.mask,
                overwrite=options.overwrite,
                on_progress=show,
                should_stop=lambda: bool(caught),
            )
        except Stopped:
            line.close()
            print("stsr images encode: stopped; nothing was written", file=sys.stderr)
            return 130
        line.close()
    height, width = images.size
    per_pixel = 8 / (made.n_images * height * width)
    options.result.update({**asdict(made), "path": str(output), "bpp": made.n_bytes * per_pixel})
    kept = (
        f"with the codec ({readable_bytes(made.weight_bytes)})" if not options.beside else "without the codec"
    )
    print(
        f"wrote {output} ({readable_bytes(made.n_bytes)}) {kept} after {duration(made.seconds)}: "
        f"{made.n_images} images, {made.n_bytes * per_pixel:.4f} bits per pixel"
    )
    next_steps(
        options,
        f"stsr images evaluate {options.database} {output}",
        f"stsr images decode {output} -o again.cdb",
    )
    return 0
