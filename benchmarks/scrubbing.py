"""Seconds from asking for a time to the first output and to all of it, beside a plain decode in the same run.

    python benchmarks/scrubbing.py --kinds motion mixture modulated_siren --sizes 64 94 128

What Neural Upscale and STSR Model do for ParaView's window, without a window: no rendering, and asked for
news every 100 ms, as ParaView does. Models are learnt in some seconds from the tornado, every 2nd voxel and
every 4th step of it; of the mixture half of its network counts, whatever its rehearsal says. "new" is a time
never seen and far from the one before; "next" the following step, after ``--idle`` seconds of rest; "visited"
one of those again, with the copy into the output. Medians.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from statistics import median

# As the command line does, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import stsr_core as stsr
from stsr_core.datasets import tornado
from stsr_core.grid import Grid
from stsr_core.model.checkpoint import load, read_header, save
from stsr_core.request.mix import Mix
from stsr_filters.decoding.cache import StepCache
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Decoded, Order, Performance, model_key
from stsr_filters.decoding.scrubbing import Scrubbing
from stsr_filters.decoding.worker import Worker
from stsr_filters.pipeline.information import image_of, whole_extent

STRIDE = 0.25
TIMES = (1.5, 9.0, 4.5)


class Bench:
    """One model at one size, as one filter shows it."""

    def __init__(self, model: Path, n: int, performance: Performance) -> None:
        self._key, self._performance = model_key(str(model)), performance
        self._grid: Grid = read_header(model).domain[0].full_grid.with_shape((n, n, n))
        self._worker = Worker()
        self._scrubbing = Scrubbing(Decoder(StepCache()), self._worker)
        self._worker.start()

    def order(self, at: float) -> Order:
        return Order(self._key, self._grid, (("tornado", Mix.of("tornado", at)),))

    def ask(self, at: float) -> Decoded:
        """What a view would be given now, copied into an image."""
        found = self._scrubbing.answer(
            self.order(at), self._performance, True, lambda *_: None, lambda: False
        )
        image_of(self._grid, whole_extent(self._grid), found.values, {})
        return found

    def seconds(self, at: float) -> tuple[float, float, str]:
        """To the first output, to all of it, and what the first one was."""
        start = time.perf_counter()
        found = self.ask(at)
        first = time.perf_counter() - start
        while self._scrubbing.owes and not self._scrubbing.news():
            time.sleep(0.1)
        self.ask(at)
        return first, time.perf_counter() - start, found.preview or "all of it"

    def rest(self, at: float, seconds: float) -> None:
        """The window is idle at a time."""
        self._scrubbing.foresee([self.order(at + i * STRIDE) for i in (1, 2, 3)])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._scrubbing.news()
            time.sleep(0.1)

    def plain(self, at: float) -> float:
        """Seconds of a decode in this process."""
        decoder = Decoder(StepCache())
        start = time.perf_counter()
        decoder.decode(self.order(at), self._performance, lambda *_: None, lambda: False)
        return time.perf_counter() - start

    def close(self) -> None:
        self._worker.stop()


def learnt(kind: str, folder: Path, minutes: float) -> Path:
    """A model of the tornado."""
    path = folder / f"{kind}.stsr"
    length = {} if kind == "motion" else {"minutes": minutes}
    stsr.fit(tornado(64, 13), path, field=kind, spatial_factor=2, temporal_gap=3, **length)
    if kind == "mixture":
        field, header = load(path), read_header(path)
        field.shares.fill_(0.5)
        save(path, header, field)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", default=["motion", "mixture", "modulated_siren"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 94, 128])
    parser.add_argument("--minutes", type=float, default=0.3, help="for each model with a network")
    parser.add_argument("--idle", type=float, default=5.0, help="seconds of rest before the next step")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    performance = Performance(options.device)
    print("| model | nodes | plain decode | new: first | new: full | next: first | next: full | visited |")
    print("|---" * 8 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds:
            model = learnt(kind, Path(folder), options.minutes)
            for n in options.sizes:
                show(kind, n, Bench(model, n, performance), options.idle)


def show(kind: str, n: int, bench: Bench, idle: float) -> None:
    bench.seconds(0.0)  # the child begins and learns its speed
    new = [bench.seconds(at) for at in TIMES]
    last = TIMES[-1]
    bench.rest(last, idle)
    following = bench.seconds(last + STRIDE)
    visited = []
    for at in TIMES:
        start = time.perf_counter()
        bench.ask(at)
        visited.append(time.perf_counter() - start)
    bench.close()
    bench.plain(0.0)  # loads torch
    plain = median(bench.plain(at) for at in TIMES[:2])
    cells = [
        plain,
        *(median(x[i] for x in new) for i in (0, 1)),
        *following[:2],
        median(visited),
    ]
    what = {x[2] for x in new}
    line = f"| {kind} | {n}³ | " + " | ".join(f"{x:.3f} s" for x in cells) + " |"
    print(line, "  first:", ", ".join(sorted(what)), flush=True)


if __name__ == "__main__":
    main()
