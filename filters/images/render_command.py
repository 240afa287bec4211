"""``stsr images render``: a series or a model → a database of images from all sides."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from stsr_core.cli.names import stem_of_sources
from stsr_core.cli.sources import EPILOG_SOURCES, add_source_arguments, read_sources
from stsr_core.cli.terminal import ProgressLine, next_steps, with_time_left
from stsr_core.cli.upscale import listed_times, per_axis
from stsr_core.interrupts import interruptible
from stsr_core.words import duration

DESCRIPTION = """\
Render a time-varying volume from many sides, each time and variable from the same ones, into a Cinema
database (specification D): a folder with data.csv and PNG files, which any Cinema viewer opens.

SOURCE is a series, of which every step is rendered, or a model (.stsr), which can be rendered at any times.
All pictures have one camera distance, the same lights and a white background; each variable has one transfer
function or isovalue for all times. All of it is stored in the database (rendering.json).
"""

EPILOG = f"""\
{EPILOG_SOURCES}
views:
  92           geodesic: the corners of an icosahedron whose edges are split into f = 3 parts; any 10 f² + 2
               is possible: 12, 42, 92, 162, ..., 812
  6x12         6 circles of latitude with 12 views on each

examples:
  stsr images render "run01/*.vti" -o run01.cdb
  stsr images render vf.stsr --times 0:32:65 --views 162 --size 512 -o vf.cdb
  stsr images render vf.stsr --style volume isosurface --isovalue 0.4 -o vf.cdb
  stsr images render vf.stsr --transfer-function map.json -o vf.cdb

Ctrl-C stops cleanly: the database can be opened, and the same command with --resume adds what it lacks.
"""


def add(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "render",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source_arguments(parser)
    what = parser.add_argument_group("pictures")
    what.add_argument("--views", default="92", metavar="N", help="how many and where, see below (default 92)")
    what.add_argument(
        "--size",
        nargs="+",
        type=int,
        metavar="PIXELS",
        help="width and height, or one for both (default 256)",
    )
    what.add_argument(
        "--style",
        nargs="+",
        choices=("volume", "isosurface"),
        metavar="STYLE",
        help="volume (default), isosurface, or both, each a variable of the database",
    )
    what.add_argument(
        "--isovalue", type=float, metavar="V", help="of isosurfaces (default: Otsu's, of all steps)"
    )
    colors = what.add_mutually_exclusive_group()
    colors.add_argument("--colors", metavar="MAP", help="colour map of matplotlib (default viridis)")
    colors.add_argument(
        "--transfer-function",
        metavar="FILE",
        help="of ParaView: a preset (.json, .xml), stretched to the values, or that of a state (.pvsm)",
    )
    times = parser.add_argument_group("times").add_mutually_exclusive_group()
    times.add_argument(
        "--times",
        nargs="+",
        metavar="T",
        help="of a series some of its own, of a model any; FIRST:LAST:N are N evenly spaced ones "
        "(default: all steps)",
    )
    times.add_argument(
        "--time-scale", type=float, metavar="S", help="of a model: split each interval of its series into S"
    )
    model = parser.add_argument_group("model")
    model.add_argument(
        "--scale", nargs="+", type=float, metavar="S", help="refine its grid: one scale, or three (X Y Z)"
    )
    model.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    out = parser.add_argument_group("output")
    out.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="the database, ending in .cdb (default: named like the source)",
    )
    out.add_argument("--overwrite", action="store_true", help="replace an existing database")
    out.add_argument("--resume", action="store_true", help="add what an existing database lacks")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Render; exit code 130 when stopped."""
    from stsr_core.interrupts import Stopped
    from stsr_filters.images.appearance import Look
    from stsr_filters.images.rendering import render_database

    output = options.output or stem_of_sources(options.sources, options.name) + ".cdb"
    look = Look(
        options.style and tuple(options.style), options.colors, options.transfer_function, options.isovalue
    )
    steps = _steps(options)
    line, started = ProgressLine(), time.monotonic()
    first: list[float] = []  # when the first image was there: reading and decoding before it tell nothing

    def progress(done: int, wanted: int, text: str) -> None:
        if done and not first:
            first.append(time.monotonic())
        fraction = done / max(1, wanted)
        shown = f"{done} of {wanted} images, {text}"
        line.show(with_time_left(shown, fraction, time.monotonic() - first[0]) if first else shown, fraction)

    with interruptible() as caught:
        try:
            database = render_database(
                steps,
                output,
                views=options.views,
                size=_size(options.size),
                look=look,
                overwrite=options.overwrite,
                resume=options.resume,
                made_by=options.made_by,
                on_progress=progress,
                should_stop=lambda: bool(caught),
            )
        except Stopped as stopped:
            print(f"stsr images render: {stopped}", file=sys.stderr)
            return 130
        finally:
            line.close()
    height, width = database.size
    count = len(database.records)
    options.result.update(
        output=output,
        images=count,
        times=len(database.times),
        views=len(database.views),
        variables=database.variables,
        size=[width, height],
        seconds=time.monotonic() - started,
        finished=not caught,
    )
    if caught:
        print(
            f"stsr images render: stopped; {output} has {count} images and can be opened, and the same "
            "command with --resume goes on from here",
            file=sys.stderr,
        )
        return 130
    print(
        f"wrote {output}: {', '.join(database.variables)}; {count} images of {width}x{height}, "
        f"{len(database.times)} times, {len(database.views)} views, {duration(time.monotonic() - started)}"
    )
    in_paraview = f"Sources > Neural > Image Database in ParaView, File Name {output}/data.csv"
    next_steps(options, f"stsr images page {output}", in_paraview)
    return 0


def _steps(options: argparse.Namespace) -> Any:
    """The volumes that the options name."""
    from stsr_filters.images.steps import ModelSteps, SeriesSteps

    times = None if options.times is None else listed_times(options.times).tolist()
    if any(str(source).lower().endswith(".stsr") for source in options.sources):
        if len(options.sources) > 1:
            raise ValueError(f"one model can be rendered at a time, got {' '.join(options.sources)}")
        factors = (1.0,) * 3 if options.scale is None else per_axis("--scale", options.scale)
        return ModelSteps.open(
            options.sources[0],
            variables=options.variable or (),
            times=times,
            time_factor=1.0 if options.time_scale is None else options.time_scale,
            factor=factors[::-1],  # type: ignore[arg-type]
            device=options.device,
        )
    for name in ("scale", "time_scale"):
        if getattr(options, name) is not None:
            flag = "--" + name.replace("_", "-")
            raise ValueError(f"{flag} is that of a model (.stsr); a series is rendered as it is")
    return SeriesSteps(read_sources(options), times)


def _size(pixels: list[int] | None) -> tuple[int, int] | None:
    """One number for both, or width and height."""
    if pixels is None:
        return None
    if len(pixels) > 2:
        raise ValueError(f"--size takes one number or two (width, height), got {len(pixels)}")
    return pixels[0], pixels[-1]
