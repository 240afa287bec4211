"""What lies half-way between two ensemble members, with and without wide noise on their latent vectors.

    python benchmarks/between_members.py [--epochs 60]

A vortex tube and a blob depend on a parameter p. Members p = 0 and p = 1 are learned jointly from every 2nd
voxel and every 4th step; mixtures of their latent vectors are compared with the true members between them, at
one unseen time. PSNR in dB, the range of the true member; "mean of fields" mixes the true values instead.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from stsr_core.inference import evaluate
from stsr_core.measuring.comparison import compare
from stsr_core.metrics import psnr, value_range
from stsr_core.series import VolumeSeries
from stsr_core.training import RECIPES, fit

N, STEPS, SHOWN = 40, 13, 6
BETWEEN = (0.25, 0.5, 0.75)


def member(p: float) -> np.ndarray:
    """The series (T, Z, Y, X) at parameter ``p``."""
    z, y, x = np.meshgrid(*3 * [np.linspace(0, 1, N)], indexing="ij")
    steps = []
    for t in range(STEPS):
        amplitude, phase = 0.08 + 0.12 * p, 0.15 * t
        along = x - 0.5 - amplitude * np.sin(6 * z + phase), y - 0.5 - amplitude * np.cos(3 * z + 0.7 * phase)
        tube = np.tanh(25 * (0.12 + 0.1 * p + 0.1 * z**2 - np.hypot(*along)))
        place = x - 0.3 - 0.3 * p, y - 0.2 - 0.04 * t, z - 0.7 + 0.3 * p
        steps.append(tube + 0.5 * np.exp(-100 * sum(d**2 for d in place)))
    return np.asarray(steps, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=60)
    epochs = parser.parse_args().epochs
    series = VolumeSeries.from_arrays({"p = 0": member(0), "p = 1": member(1)})
    first, last = (v.step(SHOWN) for v in series)
    truth = {p: member(p)[SHOWN] for p in BETWEEN}

    def decibels(mixtures: list[np.ndarray]) -> list[float]:
        pairs = zip(truth.values(), mixtures, strict=True)
        return [psnr(true, mixed, data_range=value_range(true)) for true, mixed in pairs]

    print("| | p = 0, unseen steps | p = 1, unseen steps | " + " | ".join(f"p = {p}" for p in BETWEEN) + " |")
    print("|---" * (3 + len(BETWEEN)) + "|")
    print_row("mean of fields", [], decibels([(1 - p) * first + p * last for p in BETWEEN]))
    for share in (0.0, 0.05):
        field = fit(
            series,
            configuration={"wide_noise": share},
            recipe=replace(RECIPES["modulated_siren"], minutes=None, epochs=epochs),
            spatial_factor=2,
            temporal_gap=3,
            device="cpu",
        )
        members = [row.unseen for row in compare(series, {"": field}, 2, 3, device="cpu").rows()]
        mixed = [
            evaluate(field, series["p = 0"].grid, [SHOWN], {"p = 0": 1 - p, "p = 1": p}, device="cpu")[0]
            for p in BETWEEN
        ]
        print_row(f"wide_noise {share:g}", members, decibels(mixed))


def print_row(label: str, members: list[float], between: list[float]) -> None:
    cells = [*([f"{v:.1f}" for v in members] or ["–", "–"]), *(f"{v:.1f}" for v in between)]
    print(f"| {label} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
