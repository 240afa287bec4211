"""Where motion could lose against splines: the traps, and real series at every gap.

    python benchmarks/traps.py flicker layers waves tornado vortex "run01/*.vti" --gaps 1 3 7

PSNR in dB on unseen steps inside the sampled box; the last column is what `motion` gains over the better of
the two splines. Nothing of the truth is seen by what chooses. Every ``--factor``-th voxel per axis is kept.
"""

from __future__ import annotations

from mixture import parser_of, series_of

import stsr_core as stsr
from stsr_core.measuring.comparison import compare

KINDS = ("tricubic_linear", "cubic", "motion")


def main() -> None:
    parser = parser_of(__doc__, ("flicker", "layers", "waves"))
    gaps = "steps left out between two kept"
    parser.add_argument("--gaps", nargs="+", type=int, default=[1, 3, 7], help=gaps)
    parser.add_argument("--factor", type=int, default=2)
    options = parser.parse_args()
    print("| series | u_t | tricubic + linear | 4D cubic | motion | gain |\n|---|---|---|---|---|---|")
    for name in options.series:
        series = series_of(name)
        for gap in options.gaps:
            kept = {"spatial_factor": options.factor, "temporal_gap": gap}
            fields = {kind: stsr.fit(series, field=kind, **kept) for kind in KINDS}
            rows = compare(series, fields, **kept, most_voxels=4_000_000).rows({})
            linear, cubic, motion = (row.unseen_inside for row in rows)
            gain = motion - max(linear, cubic)
            print(
                f"| {rows[0].variable} | {gap} | {linear:.2f} | {cubic:.2f} | {motion:.2f} | {gain:+.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
