"""``stsr evaluate``: data, scales and methods → one folder of tables and figures."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.sources import EPILOG_SOURCES, add_source_arguments, read_sources
from stsr_core.cli.terminal import ProgressLine, duration, interruptible

if TYPE_CHECKING:
    from stsr_core.series import VolumeSeries
    from stsr_filters.evaluation.plan import Kept, Settings, Study

STUDY_NAMES = ("heads", "depth", "latent", "modulator", "embedding", "joint", "upscaling")
_TORNADO = re.compile(r"tornado(?::(\d+)(?:x(\d+))?)?")

DESCRIPTION = """\
Give several methods the same kept samples of a series, compare what they make of the rest with the ground
truth, and write tables and figures: PSNR, SSIM, LPIPS, chamfer distance, times, model sizes, curves over
time, renderings with difference images and zoom-ins.
"""

EPILOG = f"""\
{EPILOG_SOURCES}
  tornado:64x48 is a generated series of 64x64x64 nodes and 48 steps.

studies (--study): variants of STSR-INR and ways of training, each a section with its own table and figures
  heads, depth, latent     number of heads, residual blocks, length of the latent vectors
  modulator, embedding     sine against ReLU; plain against variational latent vectors
  joint                    one network for all variables against one for each
  upscaling                everything is kept; u_s = 1.75 and u_t = 2.5 beyond the data (--upscale)

output: report.md, table.csv (means), curves.csv (steps), results.json (all of it), figures (.png)

examples:
  stsr evaluate "run01/*.vti" --space 2 --time 3 --methods modulated_siren tricubic_linear cubic -o report
  stsr evaluate tornado:64x48 --study heads depth --study-minutes 1 -o report
  stsr evaluate tornado:64x48 "run01/*.vti" --space 2 4 --time 3 1 --study joint -o report
  stsr evaluate tornado:32x16 --set stsr_inr.learning_rate=3e-4 --set stsr_inr.profile=paper -o report

Ctrl-C leaves no report; what was trained is kept beside it, and the same command with --resume goes on.
"""


def add(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "evaluate",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source_arguments(parser)
    keep = parser.add_argument_group("what is kept (one number, or one for each variable)")
    keep.add_argument(
        "--space",
        nargs="+",
        type=int,
        default=[2],
        metavar="S",
        help="every S-th voxel of each axis (default 2)",
    )
    keep.add_argument(
        "--time",
        nargs="+",
        type=int,
        default=[3],
        metavar="U",
        help="U steps left out between two (default 3)",
    )
    keep.add_argument("--fill", type=float, metavar="V", help="replaces NaN and infinite values in training")
    what = parser.add_argument_group("what is compared")
    what.add_argument(
        "--methods",
        nargs="+",
        metavar="KIND",
        default=["modulated_siren", "tricubic_linear", "cubic"],
        help="field kinds (default modulated_siren tricubic_linear cubic)",
    )
    what.add_argument(
        "--study", nargs="+", default=[], choices=STUDY_NAMES, metavar="STUDY", help="see below"
    )
    what.add_argument("--only-studies", action="store_true", help="leave the comparison of the methods out")
    what.add_argument(
        "--values",
        nargs="+",
        type=float,
        metavar="V",
        help="of the parameter of the study (default: the paper's)",
    )
    what.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KIND.NAME=VALUE",
        help="a value of a field kind's network or recipe, such as stsr_inr.learning_rate=3e-4",
    )
    what.add_argument(
        "--upscale",
        nargs=2,
        type=float,
        default=[1.75, 2.5],
        metavar=("S", "T"),
        help="of the study upscaling",
    )
    how = parser.add_argument_group("learning and measuring")
    how.add_argument("--minutes", type=float, help="longest training run per variable (default 3)")
    how.add_argument("--study-minutes", type=float, help="the same for the studies (default: as --minutes)")
    how.add_argument("--epochs", type=int, help="most passes over the kept samples (default: no limit)")
    how.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    how.add_argument("--seed", type=int, default=0, help="initial weights and order of samples (default 0)")
    how.add_argument(
        "--isovalue",
        nargs="+",
        type=float,
        metavar="V",
        help="one, or one for each variable (default: derived)",
    )
    how.add_argument(
        "--voxels",
        type=float,
        default=16e6,
        metavar="N",
        help="most voxels measured per variable and case (16e6)",
    )
    how.add_argument(
        "--steps-rendered", type=int, default=6, metavar="N", help="steps behind LPIPS (default 6)"
    )
    how.add_argument("--size", type=int, default=512, metavar="PIXELS", help="of a rendering (default 512)")
    out = parser.add_argument_group("output")
    out.add_argument("-o", "--output", required=True, metavar="FOLDER", help="folder of the report")
    out.add_argument("--overwrite", action="store_true", help="replace an existing report")
    out.add_argument("--resume", action="store_true", help="go on with an interrupted report")
    out.add_argument("--keep-models", action="store_true", help="leave the model files in the report")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluate and write the report; exit code 130 when stopped."""
    from stsr_core.cli import INTERRUPTED
    from stsr_filters.evaluation.folder import report_folder, working_folder
    from stsr_filters.evaluation.machine import machine
    from stsr_filters.evaluation.plan import Stopped
    from stsr_filters.evaluation.report import write_report
    from stsr_filters.evaluation.run import evaluate_studies
    from stsr_filters.evaluation.upscaling import exact_field

    series = read_series(options)
    settings = read_settings(options, series)
    studies = read_studies(options, series)
    exact = {v.name: exact_field(v) for v in series if v.name == "tornado" and _has_tornado(options.sources)}
    output = Path(options.output)
    command = "stsr " + shlex.join(sys.argv[1:]) if sys.argv[1:2] == ["evaluate"] else ""
    line = ProgressLine()
    started = time.monotonic()
    with interruptible() as caught:
        try:
            with report_folder(
                output,
                _plan(options),
                overwrite=options.overwrite,
                resume=options.resume,
                keep_models=options.keep_models,
            ) as (folder, models):
                found = evaluate_studies(
                    series,
                    studies,
                    settings,
                    folder,
                    models,
                    exact=exact,
                    on_progress=lambda text, done: line.show(
                        _progress(text, done, time.monotonic() - started)
                    ),
                    should_stop=lambda: bool(caught),
                )
                write_report(folder, *found[:2], settings, found[2], machine(options.device), command)
        except Stopped:
            line.close()
            left = working_folder(output)
            text = f"; {left} keeps what was trained, for --resume" if left.exists() else ""
            print(f"stsr evaluate: stopped, no report was written{text}", file=sys.stderr)
            return INTERRUPTED
    line.close()
    for remark in found[2]:
        print(f"stsr evaluate: {remark}", file=sys.stderr)
    print(f"wrote {output / 'report.md'} after {duration(time.monotonic() - started)}")
    return 0


def read_series(options: argparse.Namespace) -> VolumeSeries:
    """The series of all sources, generated ones first.

    Raises
    ------
    ValueError
        A tornado has too few nodes or steps, or two sources share a name.
    """
    from stsr_core.datasets import tornado
    from stsr_core.series import VolumeSeries

    generated = [match for text in options.sources if (match := _TORNADO.fullmatch(text))]
    files = [text for text in options.sources if not _TORNADO.fullmatch(text)]
    if len(generated) > 1:
        raise ValueError(f"at most one source can be a tornado, got {len(generated)}")
    parts = []
    for match in generated:
        nodes, steps = int(match[1] or 64), int(match[2] or 48)
        if nodes < 4 or steps < 2:
            raise ValueError(f"a tornado needs at least 4 nodes and 2 steps, got {nodes} and {steps}")
        parts.append(tornado(nodes, steps))
    if files:
        parts.append(read_sources(argparse.Namespace(**{**vars(options), "sources": files})))
    if any("tornado" in part.names for part in parts[1:]):
        raise ValueError("a file's variable is named tornado as well: give it another --name")
    return VolumeSeries.merged(parts)


def read_settings(options: argparse.Namespace, series: VolumeSeries) -> Settings:
    """The settings that all studies share."""
    from stsr_filters.evaluation.plan import Settings

    isovalues = {}
    if options.isovalue:
        isovalues = dict(zip(series.names, _each("--isovalue", options.isovalue, series), strict=True))
    if not 1 <= options.voxels < float("inf"):
        raise ValueError(f"--voxels must be a finite number >= 1, got {options.voxels}")
    minutes = 3.0 if options.minutes is None and options.epochs is None else options.minutes
    return Settings(
        _kept(options, series),
        minutes,
        options.epochs,
        options.seed,
        options.device,
        options.fill,
        isovalues,
        int(options.voxels),
        options.steps_rendered,
        options.size,
        *options.upscale,
    )


def _kept(options: argparse.Namespace, series: VolumeSeries) -> dict[str, Kept]:
    from stsr_filters.evaluation.plan import Kept

    factors = _each("--space", options.space, series)
    gaps = _each("--time", options.time, series)
    return {name: Kept(s, u) for name, s, u in zip(series.names, factors, gaps, strict=True)}


def _each(option: str, values: Sequence[Any], series: VolumeSeries) -> list[Any]:
    """One value for each variable."""
    if len(values) not in (1, len(series)):
        raise ValueError(
            f"{option} takes one number or one for each of the {len(series)} variables "
            f"({', '.join(series.names)}), got {len(values)}"
        )
    return list(values) * len(series) if len(values) == 1 else list(values)


def read_studies(options: argparse.Namespace, series: VolumeSeries) -> list[Study]:
    """The comparison of the methods, then the studies in the order given.

    Raises
    ------
    ValueError
        A kind, a setting or a study is unknown or does not suit the data.
    """
    from stsr_core.fields import field_class
    from stsr_filters.evaluation.studies import methods, study

    for kind in options.methods:
        field_class(kind)
    kinds = list(dict.fromkeys(options.methods))
    overrides = read_overrides(options.set)
    if options.only_studies and not options.study:
        raise ValueError("--only-studies needs a --study")
    if options.study_minutes is not None and not 0 < options.study_minutes < float("inf"):
        raise ValueError(f"--study-minutes must be a finite number > 0, got {options.study_minutes}")
    studies = [] if options.only_studies else [methods(kinds, overrides)]
    for name in dict.fromkeys(options.study):
        studies.append(
            study(
                name,
                kinds,
                overrides=overrides,
                values=options.values,
                n_variables=len(series),
                minutes=options.study_minutes,
            )
        )
        if not studies[-1].cases:
            raise ValueError(
                f"study {name} has none of the --values {' '.join(map('{:g}'.format, options.values))}"
            )
    return studies


def read_overrides(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """KIND.NAME=VALUE → kind → name → value; a value that is no JSON is a word.

    Raises
    ------
    ValueError
        The text has another form, or the kind is unknown.

    Examples
    --------
    >>> read_overrides(["stsr_inr.heads=4", "stsr_inr.profile=paper"])
    {'stsr_inr': {'heads': 4, 'profile': 'paper'}}
    """
    from stsr_core.fields import field_class

    overrides: dict[str, dict[str, Any]] = {}
    for text in texts:
        match = re.fullmatch(r"(\w+)\.(\w+)=(.+)", text)
        if match is None:
            raise ValueError(f"--set takes KIND.NAME=VALUE, got {text!r}")
        field_class(match[1])
        try:
            value = json.loads(match[3])
        except ValueError:
            value = match[3]
        overrides.setdefault(match[1], {})[match[2]] = value
    return overrides


def _has_tornado(sources: Sequence[str]) -> bool:
    return any(_TORNADO.fullmatch(text) for text in sources)


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    """What must be the same for an interrupted report to go on."""
    left_out = ("run", "command", "traceback", "output", "overwrite", "resume", "keep_models", "device")
    return {key: value for key, value in vars(options).items() if key not in left_out}


def _progress(text: str, done: float, seconds: float) -> str:
    left = f", about {duration(seconds * (1 - done) / done)} left" if done > 0.005 else ""
    return f"{done:4.0%}  {text}{left}"
