"""A training run on its way to another process: its order as a line of JSON, then the kept steps as bytes.

Read and written by Pythons that may differ in all but their version of this file, one of them without VTK.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.kept import Kept, KeptSeries, kept_steps
from stsr_core.series import Variable, VolumeSeries
from stsr_filters.fitting.fit_settings import FitSettings
from stsr_filters.pipeline.json_lines import read_line, write_line

_SAMPLES = "the kept samples"
#: The outcome of a run that was stopped before anything was learned.
NOT_BEGUN = "stopped before it began; press Continue Learning to start again"


@dataclass(frozen=True)
class Order:
    """What is to be learned, and how.

    Parameters
    ----------
    settings : FitSettings
    device : str
        "auto", "cpu", "cuda", "cuda:N" or "mps"; the CPU, with a remark, where it is absent.
    threads : int
        CPU threads, 0 for all cores.
    overwrite, resume : bool
        Replace another model; go on with an unfinished one.
    """

    settings: FitSettings
    device: str = "auto"
    threads: int = 0
    overwrite: bool = False
    resume: bool = False


def write(stream: IO[bytes], order: Order, series: KeptSeries) -> None:
    """Write the order and all kept steps of ``series``, step by step."""
    variables = [
        {
            "name": v.name,
            "grid": asdict(v.grid),
            "times": v.times.tolist(),
            "dtype": v.dtype.str,
            "unit": v.unit,
            "kept": asdict(series.kept[v.name]),
        }
        for v in series.whole
    ]
    write_line(
        stream,
        {
            "order": asdict(order),
            "variables": variables,
            "units": [series.whole.time_unit, series.whole.length_unit],
        },
    )
    for variable in series.part:
        for i in range(len(variable.times)):
            step = np.ascontiguousarray(variable.step(i))
            # Each says its type: a step of whole numbers with missing ones has come as float64.
            write_line(stream, {"dtype": step.dtype.str, "shape": step.shape})
            stream.write(step.data)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[Order, KeptSeries]:
    """What :func:`write` wrote.

    Raises
    ------
    EOFError
        If the stream ends too early: who was writing is gone.
    """
    said = read_line(stream, _SAMPLES)
    order = said["order"]
    settings: dict[str, Any] = order.pop("settings")
    settings["variables"] = tuple(settings["variables"])
    variables, kept, steps = [], {}, {}
    for v in said["variables"]:
        name, times = v["name"], np.array(v["times"])
        kept[name] = Kept(**v["kept"])
        variables.append(Variable(name, Grid(**v["grid"]), times, _gone, np.dtype(v["dtype"]), v["unit"]))
    for variable in variables:
        n_steps = len(kept_steps(len(variable.times), kept[variable.name].temporal_gap))
        steps[variable.name] = list(_steps(stream, n_steps))
    whole = VolumeSeries(tuple(variables), *said["units"])
    return Order(FitSettings(**settings), **order), KeptSeries.of_steps(whole, kept, steps)


def _steps(stream: IO[bytes], count: int) -> Iterator[np.ndarray]:
    for _ in range(count):
        said = read_line(stream, _SAMPLES)
        step = np.empty(said["shape"], said["dtype"])
        rest = memoryview(step.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        while rest:
            n = stream.readinto(rest)  # type: ignore[attr-defined]
            if not n:
                raise EOFError(f"{_SAMPLES} ended too early")
            rest = rest[n:]
        yield step


def _gone(step: int) -> np.ndarray:
    raise ValueError(f"step {step} stayed in another process; only its kept voxels are here")
