"""``stsr upscale``: a model → files at any resolution and any times."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from stsr_core.cli.names import beside
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.io.paths import TIFF_SUFFIXES
from stsr_core.request.blend import INTERPOLATIONS
from stsr_core.words import duration, xyz

DESCRIPTION = """\
Sample a model on a grid at times and write the result, one step at a time.

A scale s splits each interval of the model's coarse grid into s intervals: n nodes become (n-1)*s+1
between the same end points; any s > 0, rounded to whole intervals. In time likewise. Without any of the
options below the coarse grid and the coarse times themselves are sampled. At a time outside the trained range
the nearest end of it is shown, with a warning.
"""

EPILOG = """\
output:
  out.pvd           one .vti per step beside an index; ParaView opens the .pvd
  out.vti.series    the same with a JSON index
  out.vti           a single step
  out.h5            HDF5, axes (T, Z, Y, X)
  out.ome.tif       OME-TIFF for Fiji and napari, each variable a channel
  An output that would not fit on the disk is refused beforehand; an interrupted one leaves nothing behind.

examples:
  stsr upscale vf.stsr --scale 2 --time-scale 4 -o out.pvd
  stsr upscale vf.stsr --scale 2 2 1 -o out.pvd                 X and Y only
  stsr upscale vf.stsr --dimensions 128 128 128 --times 0.5 1.5 -o out.pvd
  stsr upscale vf.stsr --like run01/density_035.vti --times 0:32:129 -o out.pvd
  stsr upscale both.stsr --variable run02 --spacing 0.25 -o run02.pvd
  stsr upscale vf.stsr --motion --uncertainty interval -o out.pvd
  stsr upscale both.stsr --blend run01=0.5,run02=0.5 -o between.pvd
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "upscale",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="model file (.stsr)")
    space = parser.add_argument_group("output grid").add_mutually_exclusive_group()
    space.add_argument(
        "--scale",
        nargs="+",
        type=float,
        metavar="S",
        help="refine the coarse grid: one scale, or three (X Y Z)",
    )
    space.add_argument("--dimensions", nargs=3, type=int, metavar=("X", "Y", "Z"), help="number of nodes")
    space.add_argument(
        "--spacing", nargs="+", type=float, metavar="D", help="distance of nodes: one, or three (X Y Z)"
    )
    space.add_argument("--like", metavar="FILE", help="the grid of another file")
    times = parser.add_argument_group("output times").add_mutually_exclusive_group()
    times.add_argument("--time-scale", type=float, metavar="S", help="refine the coarse times (default 1)")
    times.add_argument(
        "--times", nargs="+", metavar="T", help="physical times; FIRST:LAST:N are N evenly spaced ones"
    )
    arrays = parser.add_argument_group("arrays")
    what = arrays.add_mutually_exclusive_group()
    what.add_argument(
        "--variable",
        action="append",
        metavar="NAME",
        help="variable to write; may be repeated (default: all of the model)",
    )
    what.add_argument(
        "--blend",
        metavar="A=W,B=W",
        help='mix variables or members by these weights into one array "interpolated"',
    )
    arrays.add_argument(
        "--interpolation",
        choices=INTERPOLATIONS,
        default="linear",
        help="between the latent vectors of a blend (default linear)",
    )
    arrays.add_argument(
        "--motion",
        action="store_true",
        help="add vectors NAME_motion: velocity of what passes each node (of models that know it)",
    )
    arrays.add_argument(
        "--uncertainty",
        nargs="?",
        const="standard_error",
        choices=("standard_error", "interval"),
        help="add NAME_standard_error; with interval also NAME_lower and NAME_upper, about 90 %% of the true "
        "values between them (of models that know it)",
    )
    arrays.add_argument(
        "--clamp",
        choices=("auto", "off", "on"),
        default="auto",
        help="keep values in the range of the kept samples; auto (default) keeps those of data that touches "
        "zero on its side of it",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file to write, see below (default MODEL-upscaled.pvd, here)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate and write."""
    from stsr_core.inference.upscaling import upscale

    scale, spacing = (
        None if values is None else per_axis(option, values)
        for option, values in (("--scale", options.scale), ("--spacing", options.spacing))
    )
    if options.time_scale is not None and not (np.isfinite(options.time_scale) and options.time_scale > 0):
        raise ValueError(f"--time-scale must be a finite number > 0, got {options.time_scale}")
    place = options.output or beside(options.model, "-upscaled.pvd")
    line = ProgressLine()
    started = time.monotonic()
    output = upscale(
        options.model,
        place,
        factor=scale,
        dimensions=None if options.dimensions is None else options.dimensions[::-1],
        spacing=spacing,
        like=options.like,
        times=None if options.times is None else listed_times(options.times),
        time_factor=options.time_scale,
        variables=options.variable,
        blend=options.blend,
        interpolation=options.interpolation,
        motion=options.motion,
        uncertainty=options.uncertainty,
        clamp=options.clamp,
        device=options.device,
        overwrite=options.overwrite,
        on_progress=lambda fraction, text: line.show(text, fraction),
    )
    line.close()
    seconds = time.monotonic() - started
    options.result.update(
        output=place,
        content=output.content.title,
        dimensions=output.grid.shape[::-1],
        steps=len(output.times),
        seconds=seconds,
    )
    print(
        f"wrote {place}: {output.content.title}; {xyz(output.grid.shape)} nodes, "
        f"{len(output.times)} steps, {duration(seconds)}"
    )
    viewer = "Fiji or napari" if str(place).lower().endswith(TIFF_SUFFIXES) else "ParaView"
    next_steps(options, f"open {place} in {viewer}", f"stsr compare {place} TRUTH --model {options.model}")
    return 0


def listed_times(texts: Sequence[str]) -> np.ndarray:
    """Numbers and FIRST:LAST:N → times (T,)."""
    times = np.concatenate([_run_of_times(text) for text in texts])
    if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise ValueError(f"--times must be finite and strictly increasing, got {' '.join(texts)}")
    return times


def _run_of_times(text: str) -> np.ndarray:
    try:
        if ":" not in text:
            return np.array([float(text)])
        first, last, count = text.split(":")
        return np.linspace(float(first), float(last), int(count))
    except ValueError:
        raise ValueError(f"--times takes numbers or FIRST:LAST:N, got {text!r}") from None


def per_axis(option: str, values: list[float]) -> tuple[float, ...]:
    """One value for all axes, or X Y Z → (z, y, x)."""
    if len(values) not in (1, 3):
        raise ValueError(f"{option} takes one number or three (X Y Z), got {len(values)}")
    if not all(np.isfinite(v) and v > 0 for v in values):
        raise ValueError(f"{option} must be finite and > 0, got {' '.join(f'{v:g}' for v in values)}")
    return tuple(values * 3) if len(values) == 1 else tuple(values[::-1])
