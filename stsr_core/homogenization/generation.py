"""Samples of a plan, made in parallel; what is there is left alone."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from stsr_core.homogenization import samples
from stsr_core.homogenization.plan import DESCRIPTION, Job, Plan, jobs, read_plan
from stsr_core.homogenization.samples import fine_intervals
from stsr_core.io.paths import check_space, replacing
from stsr_core.threads import usable_cores


def generate(
    folder: str | Path,
    plan: Plan,
    *,
    processes: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Make what is missing of a folder of samples.

    A sample that is there is left alone. Stopped or killed, the folder holds whole samples only, and the
    same call goes on.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    plan : Plan
        May ask for more maps or scales than the folder has, of the same problem.
    processes : int
        That work at it; 0 for one per usable core. With 1 all is done in this process.
    on_progress : callable, optional
        Told how many samples are there, and of how many.
    should_stop : callable, optional
        Asked after each sample.

    Returns
    -------
    int
        Number of samples that were made.

    Raises
    ------
    ValueError
        If the folder holds samples of another problem.
    OSError
        If they would not fit on the disk.
    """
    folder = Path(folder)
    if (folder / DESCRIPTION).exists():
        plan = _together(folder, read_plan(folder), plan)
    every = list(jobs(plan))
    missing = [job for job in every if not _is_there(folder / job.file, job)]
    folder.mkdir(parents=True, exist_ok=True)
    check_space(folder, sum(_bytes(plan, job) for job in missing))
    for part in {Path(job.file).parent for job in every}:
        (folder / part).mkdir(exist_ok=True)
    with replacing() as beside:
        beside(folder / DESCRIPTION).write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")
    done = 0
    make = partial(_make, folder, plan)
    for done, _ in enumerate(_finished(make, missing, processes or usable_cores(), should_stop), start=1):
        if on_progress is not None:
            on_progress(len(every) - len(missing) + done, len(every))
    return done


def _together(folder: Path, there: Plan, more: Plan) -> Plan:
    """What is there and what is asked for, of one problem."""
    for name, value in more.problem.items():
        if there.problem[name] != value:
            raise ValueError(
                f"{folder}: holds samples with {name} {there.problem[name]}, got {value}; take another folder"
            )
    return replace(
        more,
        maps=max(there.maps, more.maps),
        validation=max(there.validation, more.validation),
        test=max(there.test, more.test),
        scales=tuple(sorted({*there.scales, *more.scales})),
        test_scales=tuple(sorted({*there.test_scales, *more.test_scales})),
        patterns=there.patterns or more.patterns,
    )


def _finished(
    make: Callable[[Job], None], missing: list[Job], processes: int, should_stop: Callable[[], bool]
) -> Iterator[None]:
    """One item for each sample that is done, until all are or it is stopped."""
    if processes == 1 or len(missing) < 2:
        for job in missing:
            if should_stop():
                return
            make(job)
            yield
        return
    # A fresh interpreter each: a fork of a process with threads of torch may hang.
    with ProcessPoolExecutor(min(processes, len(missing)), get_context("spawn"), _alone) as pool:
        waiting = iter(missing)
        running: set[Future[None]] = set()
        while True:
            while len(running) < 2 * processes and not should_stop() and (following := next(waiting, None)):
                running.add(pool.submit(make, following))
            if not running:
                return
            finished, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                yield


def _alone() -> None:
    """In a child: one thread, and Ctrl-C is for the parent: samples that are begun are finished."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def _make(folder: Path, plan: Plan, job: Job) -> None:
    low, high = plan.values
    sample = samples.compute(
        job.of,
        cells=plan.cells,
        coarse=plan.coarse,
        scales=job.scales,
        values=(low, high),
        load=plan.load,
        quadrature=plan.quadrature,
    )
    samples.write(folder / job.file, sample)


def _is_there(path: Path, job: Job) -> bool:
    """Whether a sample is whole and has all that is wanted; one that is damaged is made again."""
    if not path.exists():
        return False
    try:
        with open(path, "rb") as stream, np.load(stream) as file:
            return {f"Y_{scale:g}" for scale in job.scales} <= set(file.files)
    except Exception:  # whatever zipfile and numpy say of a damaged file
        return False


def _bytes(plan: Plan, job: Job) -> int:
    """Of a sample, uncompressed."""
    sides = [plan.coarse + 1, *(fine_intervals(plan.coarse, scale) + 1 for scale in job.scales)]
    return plan.cells**2 + 4 * sum(side**2 for side in sides)
