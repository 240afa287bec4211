"""The tables of what ``benchmarks/truth.py`` measured, as Markdown."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SPLINES = ("tricubic + linear", "4D cubic")
#: Measure → heading, unit, whether more is better, how it is written.
QUALITY: dict[str, tuple[str, bool, Callable[[float], str]]] = {
    "inside": ("PSNR of unseen steps inside the sampled box, dB", True, "{:.2f}".format),
    "all": (
        "PSNR of all steps, what lies beyond the last kept voxel and step included, dB",
        True,
        "{:.2f}".format,
    ),
    "worst": ("PSNR of the worst unseen step, inside, dB", True, "{:.2f}".format),
    "after": ("PSNR of the steps after the last kept one, dB", True, "{:.2f}".format),
    "ssim": ("SSIM of unseen steps", True, "{:.4f}".format),
    "lpips": ("LPIPS of volume renderings of unseen steps", False, "{:.4f}".format),
    "chamfer": ("Chamfer distance of isosurfaces of unseen steps, voxels", False, "{:.3f}".format),
}
COSTS: dict[str, tuple[str, Callable[[float], str]]] = {
    "seconds": ("Seconds to make the field", "{:.1f}".format),
    "voxels_per_second": ("Million voxels evaluated per second", lambda v: f"{v / 1e6:.2f}"),
    "bytes": ("Model file, MiB", lambda v: f"{v / 2**20:.1f}"),
}

#: Series → seed → what the file of that run holds.
Runs = dict[str, dict[int, dict[str, Any]]]


def write_page(folder: Path) -> None:
    """Write ``tables.md`` from the JSON files of a folder."""
    runs: Runs = {}
    for path in sorted(folder.glob("*-*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        runs.setdefault(found["series"], {})[int(path.stem.rpartition("-")[2])] = found
    methods = list(
        dict.fromkeys(m for by_seed in runs.values() for run in by_seed.values() for m in run["methods"])
    )
    first = next(iter(next(iter(runs.values())).values()))
    lines = [
        "# Tables of the truth page",
        "",
        "Written by `benchmarks/truth.py --page`; the [page](README.md) says how to read them. "
        f"Machine: {first['machine']['processor']}; {first['machine']['versions']}. Networks learn for "
        f"{first['minutes']:g} minutes on one thread. Where several seeds were run, ± is half of "
        "largest minus least. The best of each row is bold.",
        "",
        _table(
            ["series", "nodes", "steps", "measured", "seeds"],
            [
                [name, "×".join(map(str, run["nodes"])), run["steps"], run["measured"], len(by_seed)]
                for name, by_seed in runs.items()
                for run in [next(iter(by_seed.values()))]
            ],
        ),
        "",
        "## What the mixture gains",
        "",
        _table(
            ["series", "over the better spline, dB", "over the best rival, dB", "LPIPS over", "chamfer over"],
            [_gains(name, by_seed) for name, by_seed in runs.items()],
        ),
        "",
        "Rivals are the two splines, STSR-INR and CoordNet. LPIPS and chamfer distance are ratios to the "
        "better spline, below 1 where the mixture is nearer to the truth.",
    ]
    for key, (title, more, text) in QUALITY.items():
        rows = [
            _row(name, by_seed, methods, key, text, max if more else min) for name, by_seed in runs.items()
        ]
        lines += ["", f"## {title}", "", _table(["series", *methods], rows)]
    for key, (title, text) in COSTS.items():
        rows = [_row(name, by_seed, methods, key, text, None) for name, by_seed in runs.items()]
        lines += ["", f"## {title}", "", _table(["series", *methods], rows)]
    lines += ["", "## What was chosen", ""]
    for name, by_seed in runs.items():
        for seed, run in by_seed.items():
            for text in run["methods"].get("mixture (auto)", {}).get("chosen", ()):
                lines.append(f"* {name}, seed {seed}: {text}")
    (folder / "tables.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _values(by_seed: dict[int, dict[str, Any]], method: str, key: str) -> list[float]:
    found = (run["methods"].get(method, {}).get(key) for run in by_seed.values())
    return [value for value in found if value is not None]


def _mean(by_seed: dict[int, dict[str, Any]], method: str, key: str) -> float | None:
    values = _values(by_seed, method, key)
    return statistics.fmean(values) if values else None


def _row(
    name: str,
    by_seed: dict[int, dict[str, Any]],
    methods: Sequence[str],
    key: str,
    text: Callable[[float], str],
    best: Callable[[Sequence[float]], float] | None,
) -> list[str]:
    means = {method: _mean(by_seed, method, key) for method in methods}
    known = [mean for mean in means.values() if mean is not None]
    cells = [name]
    for method, mean in means.items():
        if mean is None:
            cells.append("–")
            continue
        values = _values(by_seed, method, key)
        cell = text(mean)
        if best is not None and mean == best(known):
            cell = f"**{cell}**"
        if len(values) > 1 and best is not None:
            cell += f" ± {text((max(values) - min(values)) / 2)}"
        cells.append(cell)
    return cells


def _gains(name: str, by_seed: dict[int, dict[str, Any]]) -> list[str]:
    def best(key: str, among: Sequence[str], choose: Callable[[Sequence[float]], float]) -> float:
        return choose([mean for m in among if (mean := _mean(by_seed, m, key)) is not None])

    rivals = [m for run in by_seed.values() for m in run["methods"] if m.startswith(("STSR", "Coord"))]
    mine = {key: best(key, ["mixture (auto)"], max) for key in ("inside", "lpips", "chamfer")}
    return [
        name,
        f"{mine['inside'] - best('inside', SPLINES, max):+.2f}",
        f"{mine['inside'] - best('inside', [*SPLINES, *rivals], max):+.2f}",
        *(f"{mine[key] / best(key, SPLINES, min):.2f}" for key in ("lpips", "chamfer")),
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])
