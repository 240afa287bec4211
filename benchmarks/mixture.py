"""Motion and the mixture against a network alone and splines, at equal minutes, on the same kept samples.

    python benchmarks/mixture.py tornado vortex "run01/*.vti" --minutes 3

Every 2nd voxel per axis and every 4th step are kept. PSNR in dB, mean over the unseen steps, each with the
range of its own ground truth, inside the sampled box (the table of `stsr fit`); seconds to make the field and
to evaluate one step of the full grid. The vortex is simulated once (some minutes) and cached.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import stsr_core as stsr
from stsr_core import datasets
from stsr_core.fields.kinds import KINDS
from stsr_core.measuring.comparison import Row, compare
from stsr_core.series import VolumeSeries

SPATIAL_FACTOR, TEMPORAL_GAP = 2, 3
GENERATED = ("flicker", "layers", "tornado", "vortex", "waves")
KINDS_COMPARED = ("tricubic_linear", "cubic", "motion", "mixture", "modulated_siren")


def series_of(name: str) -> VolumeSeries:
    """A generated series of 64³ nodes and 33 steps, or files."""
    return getattr(datasets, name)(64, 33) if name in GENERATED else stsr.open_series(name)


def parser_of(text: str | None, series: Sequence[str] = ("tornado", "vortex")) -> argparse.ArgumentParser:
    """A parser of the series to measure, by default ``series``; what a script says of itself is its help."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    takes = f"{', '.join(GENERATED)}, or what stsr.open_series takes"
    parser.add_argument("series", nargs="*", default=list(series), help=takes)
    return parser


def show(row: Row, label: str, more: str = "") -> None:
    """One line of a table."""
    print(
        f"  {row.variable} {label:18} unseen inside {row.unseen_inside:6.2f}  "
        f"unseen {row.unseen:6.2f}  all {row.all_steps:6.2f}  fit {row.fit_seconds:6.1f} s  "
        f"step {row.step_seconds:5.2f} s{more}",
        flush=True,
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="for each field that is trained")
    parser.add_argument("--kinds", nargs="+", default=KINDS_COMPARED, choices=KINDS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kept = {"spatial_factor": SPATIAL_FACTOR, "temporal_gap": TEMPORAL_GAP}
    for name in options.series:
        series = series_of(name)
        print(f"{name}: {', '.join(series.names)}", flush=True)
        for kind in options.kinds:
            length = (
                {} if KINDS[kind].is_interpolation else {"minutes": options.minutes, "seed": options.seed}
            )
            started = time.monotonic()
            field = stsr.fit(series, field=kind, **kept, **length)
            seconds = time.monotonic() - started
            for row in compare(series, {kind: field}, **kept).rows({kind: seconds}):
                show(row, KINDS[kind].label)


if __name__ == "__main__":
    main()
