"""The process that decodes beside this one, as seen from here: jobs, answers, and its end."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stsr_filters.decoding.child import AHEAD, FULL, PREVIEW
from stsr_filters.decoding.order import Decoded, Order, Performance
from stsr_filters.pipeline.interpreter import environment_of, interpreter

__all__ = ["AHEAD", "FULL", "PREVIEW", "Job", "Worker", "shared_worker"]

#: Memory that is a folder, where the system has it, and what must be free in it: answers then need no disk.
_MEMORY, _ROOM = Path("/dev/shm"), 1 << 30


@dataclass(eq=False)
class Job:
    """What the other process was asked to do, and its answer once it is there.

    ``error`` is what went wrong, in one sentence; "put off" for what was to be done ahead of time.
    """

    number: int
    order: Order
    kind: str
    answer: Decoded | None = None
    error: str = ""
    exact: bool = field(default=True)

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.answer is not None or bool(self.error)


class Worker:
    """One child process; it begins with the first call of :meth:`start`.

    One that dies begins anew with the next :meth:`start`, three times in all: what kills it each time is
    better told by a decode in this process.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._numbers = itertools.count()
        self._starts = 0

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """The child's process id, None before it begins."""
        return None if self._child is None else self._child.pid

    def start(self) -> bool:
        """Let the child begin, if it has not; whether it can be asked. Returns at once."""
        if self.alive:
            return True
        if self._starts == 3:
            return False
        self._starts += 1
        self.stop()
        try:
            program = interpreter()
            self._folder = Path(tempfile.mkdtemp(prefix="stsr-", dir=_roomy_memory()))
            self._child = subprocess.Popen(
                [program, "-m", "stsr_filters.decoding.child", str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=environment_of(program),
                start_new_session=True,  # a Ctrl-C in the terminal is for ParaView; its end is noticed anyway
            )
        except OSError:
            return False
        return True

    def ask(self, kind: str, order: Order, performance: Performance) -> Job:
        """Give it a job; a child that is gone leaves it undone."""
        job = Job(next(self._numbers), order, kind)
        self._send(
            {
                "id": job.number,
                "kind": kind,
                "order": order.to_json(),
                "device": performance.device,
                "tile": performance.tile,
                "threads": performance.threads,
            }
        )
        return job

    def drop(self, job: Job) -> None:
        """The answer is no longer wanted: it is abandoned within a tile."""
        if not job.done:
            job.error = "dropped"
            self._send({"drop": job.number})
            self._take(job.number)

    def look(self, job: Job) -> bool:
        """Whether a job is done; its answer is taken when it has come."""
        if not job.done:
            found = self._take(job.number)
            if found is not None:
                values, said = found
                job.error = said.get("error", "")
                if not job.error:
                    job.exact = said["exact"]
                    shape = " x ".join(str(n) for n in reversed(said["shape"]))
                    job.answer = Decoded(
                        values, said["device"], said["remark"], "" if job.exact else shape, said["seconds"]
                    )
            elif not self.alive:
                job.error = "the process that decodes has ended"
        return job.done

    def stop(self) -> None:
        """End the child, which removes its answers, and remove what a killed one left."""
        if self._child is not None:
            with suppress(OSError):
                self._child.stdin.close()  # type: ignore[union-attr]
            try:
                self._child.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _send(self, line: dict[str, Any]) -> None:
        if self.alive:
            with suppress(OSError):  # it ends at this moment; look() says so
                self._child.stdin.write(json.dumps(line).encode() + b"\n")  # type: ignore[union-attr]
                self._child.stdin.flush()  # type: ignore[union-attr]

    def _take(self, number: int) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        if self._folder is None:
            return None
        path = self._folder / f"{number}.npz"
        try:
            with np.load(path) as found:
                said = json.loads(str(found["said"]))
                values = {name: found[f"a{i}"] for i, name in enumerate(said["names"])}
            os.unlink(path)
        except FileNotFoundError:
            return None
        return values, said


def _roomy_memory() -> Path | None:
    try:
        return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM else None
    except OSError:
        return None


_worker = Worker()


def shared_worker() -> Worker:
    """The one of this process; it ends with it."""
    return _worker


atexit.register(_worker.stop)
