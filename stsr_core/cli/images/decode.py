"""``stsr images decode``: a file of coded images → a database of images."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.interrupts import interruptible
from stsr_core.words import duration

if TYPE_CHECKING:
    import numpy as np

    from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
    from stsr_core.imagecodec.images import Record

DESCRIPTION = """\
Write the images of a file (.fcnr) as a Cinema database of PNG files, all of them or those of some times and
variables. ParaView's Image Database opens the file itself, too.
"""

EPILOG = """\
examples:
  stsr images decode vf.fcnr
  stsr images decode vf.fcnr -o last.cdb --times 44 --variables isosurface

Ctrl-C stops cleanly: the images that are written stay, and --resume adds the others.
"""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``stsr images``."""
    parser = commands.add_parser(
        "decode", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", metavar="FILE", help="coded images (.fcnr)")
    parser.add_argument(
        "--model", metavar="MODEL", help="the codec, where it is not in the file or beside it"
    )
    parser.add_argument("--times", nargs="+", type=float, metavar="T", help="of these times alone")
    parser.add_argument("--variables", nargs="+", metavar="NAME", help="of these variables alone")
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", help="database (.cdb; default FILE-decoded.cdb, here)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace images of an existing database")
    parser.add_argument("--resume", action="store_true", help="add what an existing database lacks")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decode and write; exit code 130 when stopped."""
    from stsr_core.imagecodec.bitstream.encoded_images import EncodedImages
    from stsr_core.imagecodec.cinema import ImageDatabase
    from stsr_core.imagecodec.writing import write

    encoded = EncodedImages.open(options.file, options.model)
    records = _chosen(encoded, options)
    output = Path(options.output or beside(options.file, "-decoded.cdb"))
    if output.exists() and options.resume:
        there = {record.key for record in ImageDatabase.open(output).records}
        records = [record for record in records if record.key not in there]
    elif output.exists() and not options.overwrite:
        raise FileExistsError(f"{output} exists; choose another output, or ask to overwrite or to resume it")
    line, started = ProgressLine(), time.monotonic()
    with interruptible() as caught:

        def images() -> Iterator[tuple[Record, np.ndarray]]:
            for done, record in enumerate(records):
                if caught:
                    return
                line.tell(done / len(records), f"image {done + 1} of {len(records)}")
                yield record, encoded.read(record)

        database = write(output, images()) if records else ImageDatabase.open(output)
        line.close()
    if caught:
        print(
            f"stsr images decode: stopped; {output} can be opened, --resume adds the others", file=sys.stderr
        )
        return 130
    options.result.update(output=str(output), images=len(database.records))
    print(f"wrote {output}: {len(records)} images after {duration(time.monotonic() - started)}")
    next_steps(options, f"stsr images page {output}")
    return 0


def _chosen(encoded: EncodedImages, options: argparse.Namespace) -> list[Record]:
    """The records that are asked for, in the order of the pairs."""
    for given, known, what in (
        (options.times, encoded.times, "time"),
        (options.variables, encoded.variables, "variable"),
    ):
        unknown = [value for value in given or () if value not in known]
        if unknown:
            there = ", ".join(str(value) for value in known)
            raise ValueError(f"{encoded.path}: has no {what} {unknown[0]}; it has {there}")
    return [
        record
        for record in encoded.records
        if (not options.times or record.time in options.times)
        and (not options.variables or record.variable in options.variables)
    ]
