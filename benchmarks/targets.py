"""Quality and speed of the default field, as docs/site/measured.md states them.

    python benchmarks/targets.py [quality64] [joint] [quality128] [upscale] [memory] [imports]
    python benchmarks/targets.py joint --other "run01/*.vti"

Prints one Markdown table with the machine it ran on. Budgets are wall-clock: let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

# As the command line does, before torch starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import torch

from stsr_core.datasets import tornado
from stsr_core.io import open_series
from stsr_core.measuring.comparison import compare, with_baselines
from stsr_core.series import VolumeSeries
from stsr_core.training import fit

SPACE, TIME = 2, 3  # u_s, u_t


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=[*BENCHMARKS, []], help="default: all but joint")
    parser.add_argument("--other", help="second series of `joint`: files of a 64×64×64 series")
    arguments = parser.parse_args()
    names = arguments.what or [n for n in BENCHMARKS if n != "joint"]
    cores = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
    print(f"{processor()}, {cores}, torch {torch.__version__}, {platform.system()}\n")
    print("| what | measured |\n|---|---|", flush=True)
    for name in names:
        for what, measured in BENCHMARKS[name](arguments):
            print(f"| {what} | {measured} |", flush=True)


def processor() -> str:
    """Model name with the widest vector unit, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{model} ({torch.backends.cpu.get_cpu_capability()})"


def trained(series: VolumeSeries, minutes: float):
    """Field, seconds and passes over the kept samples of one run."""
    reports = []
    field = fit(
        series,
        minutes=minutes,
        spatial_factor=SPACE,
        temporal_gap=TIME,
        on_progress=reports.append,
        device="cpu",
    )
    return field, reports[-1]


def quality(series: VolumeSeries, minutes: float, most_voxels: int | None = None):
    """PSNR rows of the default field and the interpolations after so many minutes."""
    field, last = trained(series, minutes)
    fields, seconds = with_baselines(series, field, last.elapsed_seconds, SPACE, TIME, device="cpu")
    for row in compare(series, fields, SPACE, TIME, most_voxels=most_voxels, device="cpu").rows(seconds):
        yield (
            f"{row.variable}, {minutes:g} min, {row.method}",
            f"unseen, inside: {row.unseen_inside:.2f} dB; unseen: {row.unseen:.2f}; kept: {row.kept:.2f}; "
            f"mean of all {row.n_steps} steps: {row.all_steps:.2f} ({row.n_measured} measured); "
            f"{row.step_seconds:.2f} s per step",
        )


def quality64(arguments: argparse.Namespace):
    yield from quality(tornado(64, 48), 3)


def quality128(arguments: argparse.Namespace):
    yield from quality(tornado(128, 48), 5, most_voxels=10 * 128**3)


def joint(arguments: argparse.Namespace):
    """Joint training against separate training at equal time per variable."""
    if not arguments.other:
        sys.exit("joint needs --other FILES")
    first, second = tornado(64, 48), open_series(arguments.other, name="other")
    for series, minutes in ((first, 2), (second, 2), (VolumeSeries.merged([first, second]), 4)):
        label = " + ".join(series.names)
        for what, measured in quality(series, minutes):
            if "modulated" in what:
                yield f"[{label}] {what}", measured


def upscale(arguments: argparse.Namespace):
    """`stsr upscale` of one 128×128×128 step, the whole command; median of three."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model.stsr")
        fit(tornado(64, 5), model, epochs=1, device="cpu")
        command = [str(Path(sys.executable).with_name("stsr")), "upscale", str(model), "--times", "1.5"]
        command += ["--dimensions", "128", "128", "128", "--device", "cpu"]
        seconds = []
        for i in range(3):
            started = time.monotonic()
            subprocess.run([*command, "-o", str(Path(folder, f"{i}.vti"))], check=True, capture_output=True)
            seconds.append(time.monotonic() - started)
    yield "`stsr upscale`, one 128×128×128 step", f"{statistics.median(seconds):.1f} s"


def memory(arguments: argparse.Namespace):
    """Peak memory of training on the kept samples of the 128×128×128 tornado, above the imports."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    series = tornado(128, 48)
    fit(series, minutes=0.2, spatial_factor=SPACE, temporal_gap=TIME, device="cpu")
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    kept = 12 * 64**3 * 4 / 2**20
    yield "training memory above the imports, tornado 128", f"{peak:.0f} MiB, kept samples {kept:.0f} MiB"


def imports(arguments: argparse.Namespace):
    """`import stsr_core`, and with the training path, beyond torch's own import; median of five."""
    code = (
        "import time, torch; s = time.perf_counter(); import stsr_core; a = time.perf_counter();"
        "stsr_core.fit, stsr_core.evaluate; print(a - s, time.perf_counter() - s)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(5)
    ]
    bare, path = np.median([[float(v) for v in run.split()] for run in runs], axis=0)
    yield (
        "`import stsr_core` after torch",
        f"{1000 * bare:.0f} ms; with fit and evaluate {1000 * path:.0f} ms",
    )


BENCHMARKS = {
    "quality64": quality64,
    "joint": joint,
    "quality128": quality128,
    "upscale": upscale,
    "memory": memory,
    "imports": imports,
}

if __name__ == "__main__":
    main()
