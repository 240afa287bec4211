"""Seconds to decode a step: the model itself, as it was before, and baked, one after the other in one run.

    python benchmarks/decode.py --kinds motion mixture modulated_siren --sizes 64 128

Models are learnt in some seconds from the tornado, every 2nd voxel and every 4th step of it; of the mixture
half of its network counts, whatever its rehearsal says. Baked are all 13 steps on the nodes they were kept
from. "before" is the model with what was quickened taken out again: displacements read point by point, and
new memory for each activation. "new" is a time never seen, "near" another one in the same interval. Medians;
ratios are to "before".
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

# As the command line does, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from scrubbing import learnt

import stsr_core as stsr
from stsr_core.fields.modulated_siren import CPU_CHUNK, ModulatedSiren
from stsr_core.fields.motion.reading import read
from stsr_core.fields.motion.trajectories import MovingFrames
from stsr_core.model.checkpoint import load, read_header

#: In intervals between kept steps that no other of them lies in, and another time near each.
NEW, NEAR = (1.3, 5.4, 9.6), (1.7, 5.8, 9.2)


@contextmanager
def before() -> Iterator[None]:
    """The two hot paths as they were."""

    def at(self: MovingFrames, displacement: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        step = torch.tensor(self.step).view(1, 3, 1, 1, 1)
        return read(displacement, positions / step, self.periodic)

    def values(self: Any, layers: Any, coordinates: torch.Tensor) -> torch.Tensor:
        out = torch.empty(len(coordinates))
        for h, part in zip(coordinates.split(CPU_CHUNK), out.split(CPU_CHUNK), strict=True):
            for weight, bias in layers:
                h = torch.addmm(bias, h, weight).sin_()
            part.copy_(self.output(h).squeeze(-1))
        return out

    with (
        patch.object(MovingFrames, "at", at),
        patch.object(ModulatedSiren, "_values", values),
        patch.object(ModulatedSiren, "_may_round", lambda *_: False),
    ):
        yield


def seconds(field: Any, n: int, times: tuple[float, ...]) -> float:
    """Median time of a whole step of n³ nodes."""
    grid = field.domain[0].full_grid.with_shape((n, n, n))

    def one(at: float) -> float:
        start = time.perf_counter()
        stsr.evaluate(field, grid, [at], "tornado", device="cpu")
        return time.perf_counter() - start

    return median(one(at) for at in times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", default=["motion", "mixture", "modulated_siren"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 128])
    parser.add_argument("--minutes", type=float, default=0.3, help="for each model with a network")
    options = parser.parse_args()
    print("| model | nodes | before | now: new | now: near | baked: new | baked: near |")
    print("|---" * 7 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds:
            model, baked = learnt(kind, Path(folder), options.minutes), Path(folder) / f"{kind}.baked.stsr"
            stsr.bake(model, baked, device="cpu")
            psnr = read_header(baked).history[-1]["baked_of"]["psnr"]["tornado"]
            for n in options.sizes:
                show(kind, n, lambda model=model: load(model), load(baked))  # type: ignore[misc]
            print(f"  baked {kind}: {psnr:.1f} dB against the model, half-way between steps", flush=True)


def show(kind: str, n: int, plain: Callable[[], Any], baked: Any) -> None:
    with before():
        old = seconds(plain(), n, NEW)
    field = plain()
    found = [seconds(field, n, NEW), seconds(field, n, NEAR), seconds(baked, n, NEW), seconds(baked, n, NEAR)]
    cells = " | ".join(f"{x:.3f} s ({old / x:.1f}x)" for x in found)
    print(f"| {kind} | {n}³ | {old:.3f} s | {cells} |", flush=True)


if __name__ == "__main__":
    main()
