"""Large series: seconds and peak memory of motion, each row in a process of its own.

    python benchmarks/large_series.py
    python benchmarks/large_series.py --steps 24 --free 2

The series are moving blobs, computed step by step as they are asked for. "Own" memory can be held by the
process alone; resident memory counts pages of files besides, which the system takes back when it needs them.
All rows take a quarter of an hour on two cores, 7 GiB of memory and 5 GiB of disk.
With ``--free`` the program believes that so many GiB are free: what is large then lies in files.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# As the command line does, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from stsr_core import memory
from stsr_core.fields import create
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.kept import Kept, KeptSeries
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.scratch import scratch_folder
from stsr_core.series import Variable, VolumeSeries
from stsr_core.training import fit

GIB = 2**30
NODES = 128  # kept per axis of the large series
TIME = 10.37  # between two kept steps


class Blobs(Sequence):
    """Steps (n, n, n) of eight blobs that swing to and fro, computed when they are asked for."""

    def __init__(self, n_steps: int, n: int) -> None:
        self._n_steps, self._axis = n_steps, np.arange(n) / n
        draw = np.random.default_rng(0)
        self._center, self._phase = draw.uniform(0.3, 0.7, (8, 3)), draw.uniform(0, 2 * np.pi, (8, 3))

    def __len__(self) -> int:
        return self._n_steps

    def __getitem__(self, i):
        place = self._center + 0.2 * np.sin(self._phase + 0.05 * i)
        z, y, x = (np.exp(-(((self._axis - place[:, k, None]) / 0.07) ** 2)) for k in range(3))
        return np.einsum("bz,by,bx->zyx", z, y, x, optimize=True).astype(np.float32)


def kept_blobs(n_steps: int, n: int) -> KeptSamples:
    """``n_steps`` kept steps of n³ nodes: every 2nd node per axis and every 2nd step."""
    times = np.arange(2 * n_steps - 1, dtype=np.float64)
    whole = VolumeSeries((Variable("blobs", Grid((2 * n - 1,) * 3), times, Blobs(0, 0).__getitem__),))
    return KeptSamples.of(KeptSeries.of_steps(whole, {"blobs": Kept(2, 1)}, {"blobs": Blobs(n_steps, n)}))


def flow(options: argparse.Namespace) -> None:
    frames = torch.from_numpy(np.stack([Blobs(12, 64)[i] for i in range(12)]))[:, None]
    with measured("flow of 12 kept steps of 64³"):
        estimate_flow(frames, range(12))


def step(options: argparse.Namespace) -> None:
    field = fit(kept_blobs(12, 64), field="motion", device="cpu")
    with measured("motion: one step of 127³ from 64³"):
        evaluate(field, field.domain[0].full_grid, [TIME], "blobs", device="cpu")


def output(options: argparse.Namespace, kind: str) -> None:
    kept = kept_blobs(12, NODES)
    field = create(kind, kept.domain)
    (field if kind == "motion" else field.motion).fill(kept.values)
    if kind == "mixture":
        field.shares.fill_(0.5)  # its network is untrained: that takes as long
    field.eval()
    with measured(f"{kind}: one step of {2 * NODES}³ from {NODES}³"):
        evaluate(field, kept.domain[0].full_grid.with_shape((2 * NODES,) * 3), [TIME], "blobs", device="cpu")


def series(options: argparse.Namespace) -> None:
    with measured(f"motion: fit of {options.steps} kept steps of {NODES}³, with its model"):
        fit(kept_blobs(options.steps, NODES), options.model, field="motion", device="cpu")
    print(f"  model of {Path(options.model).stat().st_size / GIB:.2f} GiB")


def shown(options: argparse.Namespace) -> None:
    with measured(f"motion: that model loaded, one step of {NODES}³"):
        field = checkpoint.load(options.model)
        evaluate(field, field.domain[0].grid, [TIME], "blobs", device="cpu")


TASKS = {
    "flow": flow,
    "step": step,
    "motion": lambda options: output(options, "motion"),
    "mixture": lambda options: output(options, "mixture"),
    "series": series,
    "shown": shown,
}


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print the seconds of what is done within, and the peaks of the process until then."""
    own, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            own[0] = max(own[0], _status("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    try:
        yield
    finally:
        seconds = time.monotonic() - started
        done.set()
        watcher.join()
    print(
        f"{what}: {seconds:.2f} s; at most {own[0] / GIB:.2f} GiB own, {_status('VmHWM') / GIB:.2f} resident",
        flush=True,
    )


def _status(key: str) -> int:
    """A number of bytes from the process's status (Linux)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines[key].split()[0]) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "tasks", nargs="*", default=list(TASKS), help=f"of {', '.join(TASKS)}; all by default"
    )
    parser.add_argument("--steps", type=int, default=240, help="kept steps of the large series")
    parser.add_argument("--free", type=float, help="GiB of memory that are said to be free")
    parser.add_argument("--model", help="file of the large series, by default a temporary one")
    parser.add_argument("--here", action="store_true", help="in this process")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(TASKS):
        parser.error(f"tasks must be of {', '.join(TASKS)}, got {', '.join(sorted(unknown))}")
    if options.here:
        if options.free is not None:
            memory.available_memory = lambda: int(options.free * GIB)
        for task in options.tasks:
            TASKS[task](options)
        return
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as folder:
        common = ["--here", "--steps", str(options.steps), "--model", options.model or f"{folder}/m.stsr"]
        common += [] if options.free is None else ["--free", str(options.free)]
        for task in options.tasks:
            subprocess.run([sys.executable, __file__, task, *common], check=True)


if __name__ == "__main__":
    main()
