"""One compact network beside the mixture it is made of, a network alone, and splines, at equal minutes.

    python benchmarks/compact.py tornado vortex "run01/*.vti" --minutes 1 3

Every 2nd voxel per axis and every 4th step are kept. Each trained field has the minutes given, the compact
network those of its mixture included. PSNR in dB, mean over the unseen steps, each with the range of its own
ground truth, inside the sampled box and of the whole grid (the table of `stsr fit`); seconds to make it and
to evaluate one step of the full grid; size of the model file.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from mixture import SPATIAL_FACTOR, TEMPORAL_GAP, parser_of, series_of, show

import stsr_core as stsr
from stsr_core.measuring.comparison import compare
from stsr_core.words import readable_bytes

#: Name in the table → what `stsr.fit` is told.
METHODS: dict[str, dict[str, Any]] = {
    "tricubic + linear": {"field": "tricubic_linear"},
    "4D cubic": {"field": "cubic"},
    "network": {"field": "modulated_siren"},
    "mixture": {"field": "mixture"},
    "compact": {"field": "mixture", "compact": True},
}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 3.0])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kept = {"spatial_factor": SPATIAL_FACTOR, "temporal_gap": TEMPORAL_GAP}
    for name in options.series:
        series = series_of(name)
        print(f"{name}: {', '.join(series.names)}", flush=True)
        for minutes in options.minutes:
            print(f" {minutes:g} min", flush=True)
            for method in options.methods:
                with tempfile.TemporaryDirectory() as folder:
                    output = Path(folder) / "model.stsr"
                    started = time.monotonic()
                    field = stsr.fit(
                        series, output, minutes=minutes, seed=options.seed, **METHODS[method], **kept
                    )
                    seconds = time.monotonic() - started
                    size = readable_bytes(output.stat().st_size)
                for row in compare(series, {method: field}, **kept).rows({method: seconds}):
                    show(row, method, f"  {size}")


if __name__ == "__main__":
    main()
