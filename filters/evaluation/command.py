"""``stsr evaluate``: data, scales and methods → one folder of tables and figures."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from stsr_core.cli.sources import EPILOG_SOURCES, add_kept_arguments, add_source_arguments
from stsr_core.cli.terminal import ProgressLine
from stsr_core.interrupts import interruptible
from stsr_core.words import duration

STUDY_NAMES = ("heads", "depth", "latent", "modulator", "embedding", "joint", "upscaling", "microscopy")

DESCRIPTION = """\
Give several methods the same kept samples of a series, compare what they make of the rest with the ground
truth, and write tables and figures: PSNR, SSIM, LPIPS, chamfer distance, times, model sizes, curves over
time, renderings with difference images and zoom-ins.
"""

EPILOG = f"""\
{EPILOG_SOURCES}
  tornado:64x48 and vortex:64x48 are generated series of 64x64x64 nodes and 48 steps; roaming_ball:32x12,
  dividing_cell:32x12 and turning_ellipsoid:32x12 are generated cells.

studies (--study): variants of STSR-INR and ways of training, each a section with its own table and figures
  heads, depth, latent     number of heads, residual blocks, length of the latent vectors
  modulator, embedding     sine against ReLU; plain against variational latent vectors
  joint                    one network for all variables against one for each
  microscopy               living cells: SpatimeINR and its parts beside the methods (--cells all)
  upscaling                everything is kept; u_s = 1.75 and u_t = 2.5 beyond the data (--upscale)

output: report.md, table.csv (means), curves.csv (steps), results.json (all of it), figures (.png)

examples:
  stsr evaluate "run01/*.vti" --space 2 --time 3 --methods auto tricubic_linear cubic -o report
  stsr evaluate tornado:64x48 --study heads depth --study-minutes 1 -o report
  stsr evaluate tornado:64x48 "run01/*.vti" --space 2,4 --time 3,1 --study joint -o report
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
    add_kept_arguments(parser, space="2", time="3")
    what = parser.add_argument_group("what is compared")
    what.add_argument(
        "--methods",
        nargs="+",
        metavar="KIND",
        default=["auto", "tricubic_linear", "cubic"],
        help="field kinds (default auto tricubic_linear cubic; auto is the mixture)",
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
        "--cells",
        choices=("largest", "all"),
        help="measure cells as well (overlap and sphericity), as stsr compare does",
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
    from stsr_core.interrupts import Stopped
    from stsr_filters.evaluation.folder import report_folder, working_folder
    from stsr_filters.evaluation.options import has_tornado, read_series, read_settings, read_studies
    from stsr_filters.evaluation.provenance import machine
    from stsr_filters.evaluation.report import write_report
    from stsr_filters.evaluation.run import evaluate_studies
    from stsr_filters.evaluation.upscaling import exact_field

    series = read_series(options)
    settings = read_settings(options, series)
    studies = read_studies(options, series)
    exact = {v.name: exact_field(v) for v in series if v.name == "tornado" and has_tornado(options.sources)}
    output = Path(options.output)
    command = "stsr " + shlex.join(sys.argv[1:]) if sys.argv[1:2] == ["evaluate"] else ""
    line = ProgressLine()
    started = time.monotonic()

    def show(text: str, done: float) -> None:
        line.tell(done, text)

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
                    on_progress=show,
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
    seconds = time.monotonic() - started
    options.result.update(output=str(output), report=str(output / "report.md"), seconds=seconds)
    print(f"wrote {output / 'report.md'} after {duration(seconds)}")
    return 0


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    """What must be the same for an interrupted report to go on."""
    left_out = {"run", "command", "traceback", "json", "config", "result", "made_by"}
    left_out |= {"output", "overwrite", "resume", "keep_models", "device"}
    return {key: value for key, value in vars(options).items() if key not in left_out}
