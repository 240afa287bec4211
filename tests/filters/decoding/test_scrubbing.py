"""Previews, the child process that gives them, and what it does when things go wrong; no window is needed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from models import small_domains

from stsr_core.grid import Grid
from stsr_core.interrupts import Stopped
from stsr_core.request.mix import Mix
from stsr_filters import STSRModel
from stsr_filters.decoding.cache import StepCache
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Order, Performance, model_key
from stsr_filters.decoding.scrubbing import Scrubbing
from stsr_filters.decoding.worker import FULL, Worker
from stsr_filters.pipeline import live

#: So many nodes that a preview is coarser, where nothing is known of the speed.
FINE = small_domains()[0].full_grid.with_shape((60, 60, 60))
CPU = Performance("cpu", threads=1)


@pytest.fixture(scope="module")
def worker():
    made = Worker()
    yield made
    made.stop()


@pytest.fixture
def scrubbing(worker):
    return Scrubbing(Decoder(StepCache()), worker)


def order(model: str, at: float, grid: Grid = FINE) -> Order:
    return Order(model_key(model), grid, (("u", Mix.of("u", at)),))


def answer(scrubbing, ordered, preview=True, stop=lambda: False):
    return scrubbing.answer(ordered, CPU, preview, lambda *_: None, stop)


def until(true, seconds=120.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def until_done(worker, job):
    until(lambda: worker.look(job))


def test_a_preview_comes_first_then_all_of_it(scrubbing, model, expected):
    wanted = order(model, 1.0)
    first = answer(scrubbing, wanted)
    assert first.values["u"].shape == FINE.shape
    full = expected(FINE, 1.0, "u")
    if first.preview:  # on a slow machine, that is; else all of it comes at once
        assert 0 < np.abs(first.values["u"] - full).max() < 0.3 * np.ptp(full)
        assert answer(scrubbing, wanted) is first, "asked again, it is the same one"
        until(scrubbing.news)
    last = answer(scrubbing, wanted)
    assert not last.preview
    np.testing.assert_allclose(last.values["u"], full, atol=1e-5)
    assert not scrubbing.owes
    assert answer(scrubbing, wanted).device == "cache"


def test_who_cannot_wait_for_a_window_gets_all_of_it(scrubbing, model, expected):
    answer(scrubbing, order(model, 2.0))
    for at in (2.0, 2.5):
        found = answer(scrubbing, order(model, at), preview=False)
        assert not found.preview
        np.testing.assert_allclose(found.values["u"], expected(FINE, at, "u"), atol=1e-5)


def test_the_next_steps_are_decoded_while_nothing_else_is(scrubbing, model):
    small = FINE.with_shape((9, 9, 9))
    answer(scrubbing, order(model, 0.0, small))
    upcoming = [order(model, at, small) for at in (0.5, 1.0)]
    scrubbing.foresee(upcoming)

    def both() -> bool:
        assert not scrubbing.news(), "nothing that is shown gets better by it"
        return all(map(scrubbing._decoder.has, upcoming))

    until(both)
    assert answer(scrubbing, upcoming[0]).device == "cache"


def test_what_is_dropped_is_abandoned_within_a_tile(worker, model):
    worker.start()
    small = FINE.with_shape((5, 5, 5))
    until_done(worker, worker.ask(FULL, order(model, 1.0, small), CPU))
    long = worker.ask(FULL, order(model, 1.0), replace(CPU, tile=1))  # 216 000 tiles of one node
    time.sleep(0.2)
    assert not worker.look(long)
    worker.drop(long)
    behind = worker.ask(FULL, order(model, 1.5, small), CPU)
    until_done(worker, behind)
    assert behind.answer is not None


def test_a_child_that_is_killed_is_replaced_and_says_so(model, expected):
    worker = Worker()
    scrubbing = Scrubbing(Decoder(StepCache()), worker)
    worker.start()
    folder = worker._folder
    job = worker.ask(FULL, order(model, 1.0), CPU)
    os.kill(worker.pid, signal.SIGKILL)
    until_done(worker, job)
    assert job.error == "the process that decodes has ended"
    try:
        found = answer(scrubbing, order(model, 3.0))  # a new child's
        assert worker.alive
        assert found.values["u"].shape == FINE.shape
        assert not folder.exists(), "what the killed one left is removed"
        worker._starts = 3
        os.kill(worker.pid, signal.SIGKILL)
        until(lambda: not worker.alive)
        found = answer(scrubbing, order(model, 3.5))
        assert not found.preview, "without a child this process decodes"
        np.testing.assert_allclose(found.values["u"], expected(FINE, 3.5, "u"), atol=1e-5)
    finally:
        worker.stop()
    assert not worker.alive


ORPHAN = """
import os, signal
from stsr_filters.decoding.worker import Worker
worker = Worker()
worker.start()
print(worker.pid, worker._folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_ends_with_its_parent_and_leaves_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, text=True)
    pid, folder = done.stdout.split()
    assert done.returncode == -signal.SIGKILL
    until(lambda: not os.path.exists(folder))

    def gone() -> bool:
        # One that has ended stays a zombie where nobody takes in orphans.
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"

    until(gone)


def test_a_wait_can_be_stopped(scrubbing, model):
    with pytest.raises(Stopped):
        answer(scrubbing, order(model, 4.0), stop=lambda: True)


def test_a_model_that_is_another_by_now_is_not_decoded(worker, model, tmp_path):
    path = tmp_path / "m.stsr"
    shutil.copy(model, path)
    old = order(str(path), 1.0)
    os.utime(path, ns=(1, 1))
    worker.start()
    job = worker.ask(FULL, old, CPU)
    until_done(worker, job)
    assert job.error == f"{path}: the model file has changed meanwhile"


class Window:
    """A window of a program that is not ParaView: its algorithms are asked for news by the test itself."""

    def __init__(self) -> None:
        self.time, self.saving, self.marks, self.refreshed = 1.0, False, [], 0

    def is_there(self):
        return True

    def shows(self, time):
        return time in (None, self.time)

    def saves(self):
        return self.saving

    def mark(self, who, text, algorithm):
        self.marks.append(text)

    def refresh(self, algorithm):
        self.refreshed += 1


@pytest.fixture
def window(monkeypatch):
    made = Window()
    monkeypatch.setattr(live, "_windows", [made])
    return made


def is_preview(source) -> bool:
    return bool(source.GetOutputDataObject(0).GetFieldData().HasArray("stsr preview"))


def test_a_script_is_given_no_preview(window, model):
    """It has asked for news, its window stands at that time: but Python waits for the answer."""
    source = STSRModel()
    source.SetFileName(model)
    source.SetOutputGrid(1)
    source.SetDimensions(60, 60, 60)
    source.SetThreads(1)
    assert not source.GetNeedsUpdate()
    source.UpdateTimeStep(1.0)
    assert not is_preview(source)
    source.GetNeedsUpdate()
    assert window.refreshed == 1, "the panel says it"


@pytest.fixture
def watched(window, model, monkeypatch):
    """A source whose updates are not a script's, as far as it can tell."""
    monkeypatch.setattr(live, "a_script_waits", lambda: False)
    return source_of(model)


def source_of(model):
    source = STSRModel()
    source.SetFileName(model)
    source.SetOutputGrid(1)
    source.SetDimensions(70, 70, 70)
    source.SetDevice("cpu")
    source.SetThreads(1)
    source.GetNeedsUpdate()
    return source


def test_an_algorithm_shows_a_preview_and_says_so(window, watched):
    watched.UpdateTimeStep(1.0)
    if not is_preview(watched):
        pytest.skip("this machine decodes at once")
    assert "in a preview of " in watched.GetStatus()
    assert watched.GetStatus().endswith("; the full step follows")
    assert window.marks == ["preview"]
    until(watched.GetNeedsUpdate)
    watched.UpdateTimeStep(1.0)
    assert not is_preview(watched)
    assert window.marks == ["preview", ""]
    assert not watched.GetNeedsUpdate(), "there is nothing better than all of it"


def test_a_source_that_goes_wants_no_full_step(window, model, monkeypatch):
    """As when it is deleted, or the session of ParaView ends, while its preview stands."""
    monkeypatch.setattr(live, "a_script_waits", lambda: False)
    source = source_of(model)
    source.UpdateTimeStep(1.0)
    if not is_preview(source):
        pytest.skip("this machine decodes at once")
    job = source._scrubbing._job
    assert not job.done
    del source
    assert job.error == "dropped"


def test_nothing_that_is_saved_is_a_preview(window, watched):
    watched.UpdateTimeStep(1.0)
    window.saving = True
    assert watched.GetNeedsUpdate() == is_preview(watched)
    watched.UpdateTimeStep(1.0)
    assert not is_preview(watched)
    window.time = 2.0
    watched.UpdateTimeStep(2.0)
    assert not is_preview(watched)
    window.saving = False
    watched.UpdateTimeStep(3.0)
    assert not is_preview(watched), "no view stands there"


def test_a_model_that_is_replaced_is_shown_and_one_that_is_gone_stays(
    window, watched, model, tmp_path, vtk_errors
):
    path = tmp_path / "m.stsr"
    shutil.copy(model, path)
    watched.SetFileName(str(path))
    watched.SetDimensions(9, 9, 9)
    watched.UpdateTimeStep(1.0)
    assert not watched.GetNeedsUpdate()
    os.utime(path, ns=(1, 1))
    assert watched.GetNeedsUpdate()
    watched.UpdateTimeStep(1.0)
    assert not watched.GetNeedsUpdate()
    path.write_bytes(b"damaged")
    assert watched.GetNeedsUpdate()
    watched.UpdateTimeStep(1.0)
    assert "expected a .stsr model" in watched.GetLastError()
    vtk_errors.clear()
    assert not watched.GetNeedsUpdate(), "a bad one is not tried again and again"
    shutil.copy(model, path)
    assert watched.GetNeedsUpdate()
    watched.UpdateTimeStep(1.0)
    path.unlink()
    assert not watched.GetNeedsUpdate()
    assert watched.GetOutputDataObject(0).GetNumberOfPoints() == 9**3
