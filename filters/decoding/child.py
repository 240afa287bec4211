"""The process that decodes beside ParaView's window: a Python of its own, without VTK.

ParaView's Python has one lock, which its window holds while it is idle: no thread of it gets on with anything
then. Jobs come in by stdin as lines of JSON, ``{"id", "kind", "order", …}`` or ``{"drop": id}``; answers go
into the folder that the command line names, ``ID.npz`` each. When stdin is closed, because the parent wants
it or is gone, the folder is removed and the process ends.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.threads import bounded_threads
from stsr_filters.decoding.order import ModelKey, Order, model_key
from stsr_filters.pipeline.sentence import EXPECTED, sentence

#: How much the full decode steps back behind previews and the window, as Unix counts.
NICENESS = 10
#: Kinds of jobs, each done in a thread of its own: a look, and all of it, for now or ahead of time.
PREVIEW, FULL, AHEAD = "preview", "full", "ahead"


class Jobs:
    """What is to be done; the oldest first, and what is wanted ahead of time last."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[str, Any]] = {}
        self._changed = threading.Condition()

    def add(self, job: dict[str, Any]) -> None:
        """Take a job."""
        with self._changed:
            self._waiting[job["id"]] = job
            self._changed.notify_all()

    def drop(self, number: int) -> None:
        """Forget a job: it is done, or no longer wanted."""
        with self._changed:
            self._waiting.pop(number, None)

    def next(self, *kinds: str) -> dict[str, Any]:
        """Wait for a job of one of ``kinds``, those named first before the others."""
        with self._changed:
            while not (found := [j for k in kinds for j in self._waiting.values() if j["kind"] == k]):
                self._changed.wait()
            return found[0]

    def unwanted(self, job: dict[str, Any]) -> bool:
        """Whether to leave a job that is being done."""
        with self._changed:
            if job["kind"] == AHEAD and any(j["kind"] == FULL for j in self._waiting.values()):
                return True
            return job["id"] not in self._waiting


class Models:
    """The last model, loaded once for both threads, and what is known of its speed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[ModelKey, Any, Any] | None = None

    def get(self, key: ModelKey) -> tuple[Any, Any]:
        """The field and its previewer; CheckpointError or ValueError if it is not that model any more."""
        from stsr_core.inference.preview import Previewer
        from stsr_core.model.checkpoint import load

        with self._lock:
            if self._last is None or self._last[0] != key:
                if model_key(key[0]) != key:
                    raise ValueError(f"{key[0]}: the model file has changed meanwhile")
                self._last = None  # give its memory back first
                field = load(key[0])
                self._last = key, field, Previewer(field)
            return self._last[1:]


def main() -> int:
    """Do jobs until stdin is closed; the exit code."""
    folder = Path(sys.argv[1])
    jobs, models = Jobs(), Models()
    for kinds in ((PREVIEW,), (FULL, AHEAD)):
        threading.Thread(target=_work, args=(kinds, jobs, models, folder), daemon=True).start()
    for line in sys.stdin:
        said = json.loads(line)
        if "drop" in said:
            jobs.drop(said["drop"])
            (folder / f"{said['drop']}.npz").unlink(missing_ok=True)
        else:
            jobs.add(said)
    shutil.rmtree(folder, ignore_errors=True)
    # Not by the usual way, which would wait for nothing and take torch's threads by surprise.
    os._exit(0)


def _work(kinds: tuple[str, ...], jobs: Jobs, models: Models, folder: Path) -> None:
    if PREVIEW not in kinds and sys.platform == "linux":  # where a thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    from stsr_core.interrupts import Stopped

    while True:
        job = jobs.next(*kinds)
        try:
            with bounded_threads(job["threads"]):
                values, said = _answer(job, jobs, models)
        except Stopped:
            if job["kind"] != AHEAD:
                continue
            values, said = {}, {"error": "put off"}
        except Exception as error:
            values, said = {}, {"error": sentence(error)}
            if not isinstance(error, EXPECTED):
                traceback.print_exc()
        path = folder / f"{job['id']}.npz"
        try:
            _write(path, values, said)
        except OSError as error:  # no room for it; or the folder is gone, and so is who asked
            with suppress(OSError):
                _write(path, {}, {"error": str(error)})
        if jobs.unwanted(job):
            path.unlink(missing_ok=True)
        jobs.drop(job["id"])


def _answer(job: dict[str, Any], jobs: Jobs, models: Models) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from stsr_core.inference.device import usable_device
    from stsr_core.inference.mixed import evaluate_mix, require_known

    order = Order.from_json(job["order"])
    field, previewer = models.get(order.key)
    require_known(field, (mix for _, mix in order.arrays))
    device, remark = usable_device(job["device"])
    options: dict[str, Any] = {"device": device, "tile": job["tile"] or None}
    start = time.perf_counter()
    said = {"device": str(device), "remark": remark, "shape": order.grid.shape, "exact": True}
    if job["kind"] == PREVIEW:
        preview = previewer(order.grid, dict(order.arrays), **options)
        values, said["exact"] = dict(preview.values), preview.exact
        said["shape"] = preview.computed.shape
    else:
        options["should_abort"] = lambda: jobs.unwanted(job)
        known: dict = {}
        values = {n: evaluate_mix(field, order.grid, mix, known=known, **options) for n, mix in order.arrays}
    said["seconds"] = time.perf_counter() - start
    if job["kind"] != PREVIEW:
        previewer.learn(order.grid.size * len(values), said["seconds"])
    return values, said


def _write(path: Path, values: Mapping[str, np.ndarray], said: Mapping[str, Any]) -> None:
    arrays: dict[str, Any] = {f"a{i}": array for i, array in enumerate(values.values())}
    part = path.with_suffix(".part")
    try:
        with open(part, "wb") as stream:
            np.savez(stream, said=np.array(json.dumps({**said, "names": list(values)})), **arrays)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    sys.exit(main())
