"""Command-line sources → one series."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stsr_core.io.paths import RAW_SUFFIXES, TIFF_SUFFIXES, VTK_SUFFIXES
from stsr_core.kept import MASK
from stsr_core.series import VolumeSeries

SOURCES_HELP = """\
a series: a quoted pattern ("run01/*.vti"), a .pvd or .vti.series file, FILE.h5:/path/to/dataset
(HDF5, NetCDF-4), TIFF (ImageJ, OME, "t*.tif"), or raw files with --shape and --dtype. Several sources
are several members or variables, trained jointly. Single-step files that the shell has listed are
grouped by folder.
"""

EPILOG_SOURCES = """\
raw, HDF5 and TIFF:
  --shape and --dtype describe headerless little-endian files, x fastest, one file per step.
  --axes names the axes of an HDF5 dataset, slowest first, where it does not say so itself: "tzyx", "zyxt".
  Of TIFF files each channel is a variable; --spacing and --time-step say what the file does not.
"""


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say where a series comes from."""
    group = parser.add_argument_group("series")
    group.add_argument("sources", nargs="+", metavar="SOURCE", help=SOURCES_HELP)
    group.add_argument(
        "--name",
        action="append",
        metavar="NAME",
        help="name of the variable or member of a source; once per source, in their order",
    )
    group.add_argument(
        "--variable",
        action="append",
        metavar="ARRAY",
        help="point array to read; may be repeated (default: every point array is a variable)",
    )
    group.add_argument(
        "--axes", metavar="ORDER", help='axes of an HDF5 dataset or a TIFF, slowest first, like "tzyx"'
    )
    group.add_argument(
        "--shape", nargs=3, type=int, metavar=("X", "Y", "Z"), help="number of nodes of raw files"
    )
    group.add_argument(
        "--dtype", metavar="TYPE", help="value type of raw files: float32, float64, uint8, ..."
    )
    group.add_argument(
        "--spacing", nargs=3, type=float, metavar=("DX", "DY", "DZ"), help="in place of what the files say"
    )
    group.add_argument(
        "--origin", nargs=3, type=float, metavar=("X0", "Y0", "Z0"), help="in place of what the files say"
    )
    group.add_argument(
        "--time-step",
        type=float,
        metavar="DT",
        help="between times, where a TIFF does not say it; of t000.tif, t001.tif, ... between two numbers",
    )


def add_kept_arguments(parser: argparse.ArgumentParser, space: str, time: str) -> None:
    """The arguments that say what is kept for learning, with their defaults.

    Each parses to one number, or to a list of one for each variable: what :func:`stsr_core.training.fit`
    takes.
    """
    group = parser.add_argument_group("what is kept for learning (one number, or one for each variable: 2,4)")
    group.add_argument(
        "--space",
        "--spatial-factor",
        type=_one_or_each,
        default=space,
        metavar="S[,S…]",
        help=f"every S-th voxel of each axis (default {space})",
    )
    group.add_argument(
        "--time",
        "--temporal-gap",
        type=_one_or_each,
        default=time,
        metavar="U[,U…]",
        help=f"U steps are left out between two kept ones (default {time})",
    )
    group.add_argument(
        "--fill",
        type=_fill,
        metavar="V|mask",
        help="replaces NaN and infinite values; `mask` leaves them out, and the model is NaN there (default: "
        "they are refused)",
    )


def _fill(text: str) -> float | str:
    if text == MASK:
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number or mask, got {text!r}") from None


def _one_or_each(text: str) -> int | list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a whole number, or one for each variable like 2,4, got {text!r}"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers


def read_sources(options: argparse.Namespace) -> VolumeSeries:
    """The series that the arguments of :func:`add_source_arguments` name.

    Raises
    ------
    ValueError
        If names and sources do not go together, or variables of two sources share a name.
    """
    parts = read_each(options)
    found = [name for part in parts for name in part.names]
    for name in found:
        if found.count(name) > 1:
            raise ValueError(f"several sources have a variable {name!r}: give each source its own --name")
    return VolumeSeries.merged(parts)


def read_each(options: argparse.Namespace) -> list[VolumeSeries]:
    """The series of each source that the arguments of :func:`add_source_arguments` name.

    Raises
    ------
    ValueError
        If names and sources do not go together.
    """
    from stsr_core.io import open_series

    sources = grouped(options.sources, len(options.name or ()))
    names: Sequence[str | None] = options.name or [None] * len(sources)
    if len(names) != len(sources):
        raise ValueError(f"--name must be given once per source: {len(sources)} sources, {len(names)} names")
    return [
        open_series(
            source,
            name=name,
            variables=options.variable,
            axes=options.axes,
            shape=_zyx(options.shape),
            dtype=options.dtype,
            spacing=_zyx(options.spacing),
            origin=_zyx(options.origin),
            time_step=options.time_step,
        )
        for source, name in zip(sources, names, strict=True)
    ]


def _zyx(xyz: Sequence[float] | None) -> tuple[Any, ...] | None:
    """X Y Z of the command line → (z, y, x)."""
    return None if xyz is None else tuple(xyz[::-1])


def grouped(sources: Sequence[str], n_names: int) -> list[str | list[str]]:
    """Undo the shell's expansion of a pattern: single-step files of one folder are one series.

    A TIFF holds one step or many: those of one folder are one series if their names differ by numbers alone.

    With one name per source every source stays by itself.

    Examples
    --------
    >>> grouped(["a.pvd", "b.h5:/T"], 0)
    ['a.pvd', 'b.h5:/T']
    """
    # One file of these kinds is one time step.
    suffixes = VTK_SUFFIXES + RAW_SUFFIXES + TIFF_SUFFIXES
    is_step = [s.lower().endswith(suffixes) and Path(s).is_file() for s in sources]
    if len(sources) == 1 or n_names == len(sources) or not all(is_step):
        return list(sources)
    groups: dict[tuple[Path, str], list[str]] = {}
    for source in sources:
        path = Path(source)
        alike = re.sub(r"\d+", "0", path.name) if path.name.lower().endswith(TIFF_SUFFIXES) else ""
        groups.setdefault((path.parent, alike), []).append(source)
    return [steps if len(steps) > 1 else steps[0] for steps in groups.values()]
