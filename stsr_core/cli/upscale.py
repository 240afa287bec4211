"""``stsr upscale``: a model → files at any resolution and any times."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.cli.terminal import ProgressLine
from stsr_core.grid import Grid
from stsr_core.series import refined_times
from stsr_core.words import duration, xyz

if TYPE_CHECKING:
    from stsr_core.coordinates import VariableDomain

DESCRIPTION = """\
Sample a model on a grid at times and write the result, one step at a time.

A scale s splits each interval of the model's coarse grid into s intervals: n nodes become (n-1)*s+1
between the same end points; any s > 0, rounded to whole intervals. In time likewise. Without any of the
options below the coarse grid and the coarse times themselves are sampled.
"""

EPILOG = """\
output:
  out.pvd           one .vti per step beside an index; ParaView opens the .pvd
  out.vti.series    the same with a JSON index
  out.vti           a single step
  out.h5            HDF5, axes (T, Z, Y, X)
  An output that would not fit on the disk is refused beforehand; an interrupted one leaves nothing behind.

examples:
  stsr upscale vf.stsr --scale 2 --time-scale 4 -o out.pvd
  stsr upscale vf.stsr --scale 2 2 1 -o out.pvd                 X and Y only
  stsr upscale vf.stsr --dimensions 128 128 128 --times 0.5 1.5 -o out.pvd
  stsr upscale vf.stsr --like run01/density_035.vti --times 35:67:129 -o out.pvd
  stsr upscale both.stsr --variable run02 --spacing 0.25 -o run02.pvd
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
    parser.add_argument(
        "--variable",
        action="append",
        metavar="NAME",
        help="variable to write; may be repeated (default: all of the model)",
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="file to write (see below)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate and write."""
    from stsr_core.inference import evaluate, resolve_device
    from stsr_core.io import required_bytes, write_series
    from stsr_core.memory import check_memory
    from stsr_core.model import checkpoint

    if Path(options.output).exists() and not options.overwrite:
        raise FileExistsError(f"{options.output} exists; choose another output, or --overwrite it")
    header = checkpoint.read_header(options.model)
    names = list(dict.fromkeys(options.variable or header.domain.names))
    domains = [header.domain.variable(name) for name in names]
    grid = output_grid(options, domains)
    times = output_times(options, domains)
    for domain in domains:
        outside = domain.outside_times(times)
        if len(outside):
            print(
                f"stsr upscale: warning: {len(outside)} of {len(times)} times lie outside the range "
                f"{domain.full_times[0]:g} to {domain.full_times[-1]:g} that {domain.name} was learned on: "
                "there the model extrapolates",
                file=sys.stderr,
            )
    dtypes = {d.name: np.dtype(d.dtype) for d in domains}
    check_memory(required_bytes(grid, 1, dtypes), f"one step of {xyz(grid.shape)} nodes")
    device = resolve_device(options.device)
    field = checkpoint.load(options.model, device)
    line = ProgressLine()
    started = time.monotonic()

    def read_step(i: int) -> dict[str, np.ndarray]:
        values = {}
        for k, name in enumerate(names):
            report = _reporter(line, i, len(times), k, len(names))
            values[name] = evaluate(field, grid, times[i : i + 1], name, device=device, on_progress=report)[0]
        return values

    write_series(
        options.output,
        grid,
        times,
        read_step,
        units={d.name: d.unit for d in domains},
        dtypes=dtypes,
        time_unit=header.time_unit,
        length_unit=header.length_unit,
        overwrite=options.overwrite,
    )
    line.close()
    print(
        f"wrote {options.output}: {', '.join(names)}; {xyz(grid.shape)} nodes, {len(times)} steps, "
        f"{duration(time.monotonic() - started)}"
    )
    return 0


def output_grid(options: argparse.Namespace, domains: Sequence[VariableDomain]) -> Grid:
    """The grid that --scale, --dimensions, --spacing or --like asks for.

    Raises
    ------
    ValueError
        If a value is out of range, or the variables live on different grids and none is told.
    """
    if options.like is not None:
        from stsr_core.io import open_grid

        return open_grid(options.like)
    base = domains[0].grid
    for other in domains[1:]:
        if not base.matches(other.grid):
            raise ValueError(
                f"{domains[0].name} and {other.name} live on different grids: choose one with --variable, or "
                "name the output grid with --like"
            )
    if options.dimensions is not None:
        return base.with_shape(options.dimensions[::-1])
    if options.spacing is not None:
        return base.with_spacing(_per_axis("--spacing", options.spacing))
    return base.refined(_per_axis("--scale", options.scale or [1.0]))


def output_times(options: argparse.Namespace, domains: Sequence[VariableDomain]) -> np.ndarray:
    """The times that --time-scale or --times asks for, float64, increasing.

    Raises
    ------
    ValueError
        If a value is no number, the times do not increase, or the variables have different times and none
        are told.
    """
    if options.times is not None:
        times = np.concatenate([_times(text) for text in options.times])
        if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
            raise ValueError(f"--times must be finite and strictly increasing, got {' '.join(options.times)}")
        return times
    for other in domains[1:]:
        if other.times != domains[0].times:
            raise ValueError(
                f"{domains[0].name} and {other.name} have different times: choose one with --variable, or "
                "name the output times with --times"
            )
    scale = 1.0 if options.time_scale is None else options.time_scale
    if not np.isfinite(scale) or scale <= 0:
        raise ValueError(f"--time-scale must be a finite number > 0, got {scale}")
    return refined_times(domains[0].times, scale)


def _times(text: str) -> np.ndarray:
    try:
        if ":" not in text:
            return np.array([float(text)])
        first, last, count = text.split(":")
        return np.linspace(float(first), float(last), int(count))
    except ValueError:
        raise ValueError(f"--times takes numbers or FIRST:LAST:N, got {text!r}") from None


def _per_axis(option: str, values: list[float]) -> tuple[float, ...]:
    """One value for all axes, or X Y Z → (z, y, x)."""
    if len(values) not in (1, 3):
        raise ValueError(f"{option} takes one number or three (X Y Z), got {len(values)}")
    if not all(np.isfinite(v) and v > 0 for v in values):
        raise ValueError(f"{option} must be finite and > 0, got {' '.join(f'{v:g}' for v in values)}")
    return tuple(values * 3) if len(values) == 1 else tuple(values[::-1])


def _reporter(line: ProgressLine, i: int, n_steps: int, k: int, n_names: int) -> Callable[[float], None]:
    def report(fraction: float) -> None:
        done = (i + (k + fraction) / n_names) / n_steps
        line.show(f"{done:4.0%}  step {i + 1} of {n_steps}")

    return report
