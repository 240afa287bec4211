"""``stsr homogenize evaluate``: networks on held-out maps → a report."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from stsr_core.cli.terminal import ProgressLine
from stsr_core.interrupts import interruptible
from stsr_core.words import duration

DESCRIPTION = """\
Measure networks on the maps of a folder that none has learned from, beside bilinear and cubic interpolation
of the coarse solution, and beside the time of solving the fine problem outright.
"""

EPILOG = """\
examples:
  stsr homogenize evaluate maps h.stsr liif.stsr lit.stsr -o report
  stsr homogenize evaluate maps h.stsr -o report --scale 4 8 --most 10

output: report.md, table.csv, results.json and figures: fields with errors, lines, spectra, validation curves
"""


def add_parser(commands: Any) -> None:
    """Add the command to ``stsr homogenize``."""
    parser = commands.add_parser(
        "evaluate",
        help="measure networks",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="folder of samples, of stsr homogenize data")
    parser.add_argument(
        "models", metavar="MODEL", nargs="*", help="model files (.stsr) of stsr homogenize fit"
    )
    parser.add_argument(
        "--scale", nargs="+", type=float, metavar="S", help="to measure at (default: all of the samples)"
    )
    parser.add_argument("--most", type=int, help="maps of each part at most (default: all)")
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    parser.add_argument("-o", "--output", metavar="DIR", default="report", help="folder (default report)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing report")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and write the report; exit code 130 when stopped."""
    from stsr_core.homogenization import file, report
    from stsr_core.homogenization.evaluation import evaluate
    from stsr_core.homogenization.plan import read_plan
    from stsr_core.inference.device import resolve_device
    from stsr_core.interrupts import Stopped

    output = Path(options.output)
    report.check_output(output, options.overwrite)
    if options.most is not None and options.most < 1:
        raise ValueError(f"--most must be >= 1, got {options.most}")
    labels = [Path(model).stem for model in options.models]
    if len(set(labels)) < len(labels):
        raise ValueError(f"models must have different names, got {', '.join(labels)}")
    device, plan = resolve_device(options.device), read_plan(options.folder)
    headers = [file.read_header(model) for model in options.models]
    networks = {label: file.load(model, device) for label, model in zip(labels, options.models, strict=True)}
    line, started = ProgressLine(), time.monotonic()

    with interruptible() as caught:
        try:
            found = evaluate(
                options.folder,
                networks,
                scales=options.scale,
                most=options.most,
                on_progress=line.tell,
                should_stop=lambda: bool(caught),
            )
        except Stopped:
            line.close()
            print("stsr homogenize evaluate: stopped; nothing was written", file=sys.stderr)
            return 130
        line.close()
    learned = {run["data"]["scale"] for header in headers for run in header.history}
    measured = [row.scale for row in found.rows]
    drawn = next((s for s in sorted(learned or plan.scales) if s in measured), measured[-1])
    report.write(
        output,
        found,
        histories=dict(zip(labels, [header.history for header in headers], strict=True)),
        learned_at=drawn,
        title=f"Homogenization: {plan.cells} cells, {plan.coarse} coarse intervals",
        introduction=f"Made by `{shlex.join(['stsr', *sys.argv[1:]])}`.",
        overwrite=options.overwrite,
    )
    options.result.update(output=str(output), rows=[row.flat() for row in found.rows])
    print(f"wrote {output / 'report.md'} after {duration(time.monotonic() - started)}")
    return 0
