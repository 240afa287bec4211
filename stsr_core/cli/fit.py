"""``stsr fit``: a series → model.stsr, and what the model gains over interpolation."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.names import model_name
from stsr_core.cli.sources import EPILOG_SOURCES, add_kept_arguments, add_source_arguments, read_sources
from stsr_core.cli.terminal import ProgressLine, next_steps
from stsr_core.fields.kinds import AUTO, FITTED, KINDS, WORDS, kind_of, named, periodic_entry
from stsr_core.interrupts import interruptible
from stsr_core.kept import Kept, KeptSeries, kept_of
from stsr_core.series import VolumeSeries
from stsr_core.words import duration, readable_bytes, xyz

if TYPE_CHECKING:
    from stsr_core.training import Progress

#: Voxels that the table evaluates per variable and method by default: about two minutes on two cores.
TABLE_VOXELS = 16_000_000

DESCRIPTION = """\
Learn one continuous field of space and time from a series of volumes and write it to one model file.

Without --space and --time the series is taken as it is: it is the coarse series. With them, only a part
of it is kept for learning (every S-th voxel of each axis, U steps left out between two kept ones), and a
table tells how well the rest is recovered, beside two interpolations of the same kept samples.
"""

EPILOG = f"""\
{EPILOG_SOURCES}
examples:
  stsr fit "run01/*.vti"                                         writes run01.stsr here
  stsr fit "run01/*.vti" --name run01 --space 2 --time 3 -o vf.stsr
  stsr fit "run01/*.vti" "run02/*.vti" --name run01 --name run02 --minutes 10 -o both.stsr
  stsr fit "run01/*.vti" pressure.pvd --space 2,4 --time 3,1 -o both.stsr
  stsr fit "run01/*.vti" -o small.stsr --compact
  stsr fit sim.h5:/temperature --axes tzyx -o t.stsr
  stsr fit "T_*.raw" --shape 128 128 64 --dtype float32 --name T -o t.stsr

While it learns, one line shows the loss and the PSNR of the kept samples (with the training noise, normalised
values), samples per second and the time left.

The model stores the exact command, all settings and the versions. To learn it once more:
  stsr info vf.stsr --write-config run.toml
  stsr fit --config run.toml -o again.stsr

Ctrl-C stops cleanly: the model file is usable, and the same command with --resume goes on from there, as it
does after a crash (the state is saved after two seconds, then about every five).
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "fit",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source_arguments(parser)
    add_kept_arguments(parser, space="1", time="0")
    how = parser.add_argument_group("learning")
    how.add_argument(
        "--field",
        default=AUTO,
        metavar="KIND",
        help=f"what to fit: {', '.join([*WORDS, *FITTED])} ({AUTO}, the default, is the mixture; anchored "
        "the same without motion: a network held by splines)",
    )
    how.add_argument(
        "--periodic",
        default="",
        metavar="AXES",
        help="axes on which the data closes on itself, like z,x, for motion and mixture: the node after the "
        "last one is the first, which is not repeated",
    )
    variants = "; ".join(f"{kind}: {', '.join(row.profiles)}" for kind, row in KINDS.items() if row.profiles)
    how.add_argument(
        "--profile", metavar="NAME", help=f"variant of a field, by default its first ({variants})"
    )
    how.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an entry of the field's architecture, like width=256; may be repeated (`stsr info` lists them)",
    )
    how.add_argument(
        "--minutes",
        type=float,
        help="longest time to learn (default: 1, 3 for modulated_siren and the profile stable, no limit for "
        "the published networks)",
    )
    how.add_argument(
        "--epochs",
        type=int,
        help="most passes over the kept samples (default: no limit; the published 600 for "
        "stsr_inr, 400 for coordnet, 649 for stnet, 20 of a thousand steps for cunerf and the profile paper "
        "of spatime_inr, 1500 and 180 of a hundred steps for that of voxelmorph and uvi_net, "
        "unless --minutes is given)",
    )
    how.add_argument(
        "--compact",
        action="store_true",
        help="one small network that says what the mixture says: learned after it, in two thirds of the "
        "minutes (default 3); `stsr compact` makes one of a finished model",
    )
    how.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:N or mps")
    how.add_argument("--seed", type=int, default=0, help="initial weights and order of samples (default 0)")
    out = parser.add_argument_group("output")
    out.add_argument(
        "-o",
        "--output",
        metavar="MODEL",
        help="model file, ending in .stsr (default: named like the sources, in the current folder)",
    )
    out.add_argument("--overwrite", action="store_true", help="replace an existing model file")
    out.add_argument("--resume", action="store_true", help="go on with the unfinished model file")
    out.add_argument(
        "--table-voxels",
        type=float,
        default=TABLE_VOXELS,
        metavar="N",
        help=f"most voxels per variable and method behind the table (default {TABLE_VOXELS / 1e6:g}e6: "
        "beyond it some steps are drawn); 0 prints no table",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fit, save and compare; exit code 130 when stopped."""
    from stsr_core.model import checkpoint
    from stsr_core.model.claim import claimed
    from stsr_core.model.summary import chosen_texts, compact_texts

    if options.profile is not None and not kind_of(named(options.field)).profiles:
        able = " or ".join(name for name, row in KINDS.items() if row.profiles)
        raise ValueError(f"--profile belongs to --field {able}, got --field {options.field}")
    if options.table_voxels is not None and not options.table_voxels >= 0:
        raise ValueError(f"--table-voxels must be >= 0, got {options.table_voxels}")
    options.output = options.output or model_name(options.sources, options.name)
    series = read_sources(options)
    line = ProgressLine()
    started = time.monotonic()
    with claimed(Path(options.output)), interruptible() as caught:
        field = _learn(options, series, line, caught)
        line.close()
    output = Path(options.output)
    header = checkpoint.read_header(output)
    options.result.update(
        output=str(output),
        kind=header.kind,
        variables=header.domain.names,
        finished=header.training is None,
        run=header.history[-1],
    )
    for text in chosen_texts(header):
        print(text)
    if header.training is not None:
        print(
            f"stsr fit: stopped; {output} is usable, and the same command with --resume goes on from here",
            file=sys.stderr,
        )
        return 130
    seconds = time.monotonic() - started
    print(
        f"wrote {output} ({readable_bytes(output.stat().st_size)}) after {duration(seconds)}"
        + "".join(f": {text}" for text in compact_texts(header))
    )
    factor, gap = options.space, options.time
    if options.resume:
        # What was kept stands in the model; the seconds of all its runs count.
        run = header.history[-1]
        factor, gap = run["data"]["spatial_factor"], run["data"]["temporal_gap"]
        seconds = sum(part["seconds"] for part in header.history)
    left_out = any(kept != Kept() for kept in kept_of(series, factor, gap).values())
    if left_out and options.table_voxels > 0 and not caught:
        _print_table(series, field, factor, gap, seconds, options)
    next_steps(options, f"stsr upscale {output} --scale 2 --time-scale 4", "stsr-paraview run paraview")
    return 0


def _learn(options: argparse.Namespace, series: VolumeSeries, line: ProgressLine, caught: list[int]) -> Any:
    """The field of a new or a resumed training run."""
    from stsr_core import training

    def show(progress: Progress) -> None:
        line.show(progress_text(progress), progress.fraction)

    def should_stop() -> bool:
        return bool(caught)

    if options.resume:
        return training.resume(
            options.output, series, device=options.device, on_progress=show, should_stop=should_stop
        )
    _announce(series, options.space, options.time)
    return training.fit(
        series,
        options.output,
        field=options.field,
        configuration={
            **({} if options.profile is None else {"profile": options.profile}),
            **periodic_entry(options.field, options.periodic),
            **architecture(options.set),
        },
        minutes=options.minutes,
        epochs=options.epochs,
        spatial_factor=options.space,
        temporal_gap=options.time,
        device=options.device,
        seed=options.seed,
        fill=options.fill,
        overwrite=options.overwrite,
        compact=options.compact,
        made_by=options.made_by,
        on_progress=show,
        should_stop=should_stop,
    )


def architecture(entries: Sequence[str]) -> dict[str, Any]:
    """Keywords of the entries of --set; values are JSON where they can be, else text."""
    configuration: dict[str, Any] = {}
    for entry in entries:
        key, equals, value = entry.partition("=")
        if not (key and equals):
            raise ValueError(f"--set needs KEY=VALUE, got {entry!r}")
        try:
            configuration[key] = json.loads(value)
        except ValueError:
            configuration[key] = value
    return configuration


def _announce(series: VolumeSeries, factor: int | Sequence[int], gap: int | Sequence[int]) -> None:
    kept = KeptSeries.of(series, factor, gap)
    for whole, part in zip(series, kept.part, strict=True):
        text = f"{whole.name}: {xyz(whole.grid.shape)} nodes, {len(whole.times)} steps"
        if kept.kept[whole.name] != Kept():
            text += f"; kept: {xyz(part.grid.shape)} nodes, {len(part.times)} steps"
        print(text, file=sys.stderr)


def progress_text(p: Progress) -> str:
    """One line about a training run."""
    if p.stage:
        left = f"  {duration(p.eta_seconds)} left" if math.isfinite(p.eta_seconds) else ""
        return f"{p.stage}{left}"
    return (
        f"pass {p.epoch + 1}  loss {p.loss:.1e}  PSNR {p.psnr:5.2f} dB  "
        f"{p.samples_per_second / 1e3:.0f} k samples/s  {duration(p.eta_seconds)} left"
    )


def _print_table(
    series: VolumeSeries,
    field: Any,
    factor: int | Sequence[int],
    gap: int | Sequence[int],
    seconds: float,
    options: argparse.Namespace,
) -> None:
    from stsr_core.cli.tables import explanation, table, verdict
    from stsr_core.measuring.comparison import compare, with_baselines

    fields, fit_seconds = with_baselines(series, field, seconds, factor, gap, options.device, options.fill)
    line = ProgressLine()
    with interruptible() as caught:
        comparison = compare(
            series,
            fields,
            factor,
            gap,
            most_voxels=int(options.table_voxels),
            device=options.device,
            on_progress=lambda fraction: line.show("comparing with the full series", fraction),
            should_abort=lambda: bool(caught),
        )
        line.close()
    rows = comparison.rows(fit_seconds)
    options.result["table"] = [asdict(row) for row in rows]
    print("\n" + table(rows) + "\n")
    print(explanation(rows, comparison.kept))
    for text in verdict(rows, field.kind):
        print(text)
