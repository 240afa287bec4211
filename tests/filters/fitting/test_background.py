"""Neural Fit in the background, in a plain VTK pipeline: how it begins, is watched, stopped, and ends."""

from __future__ import annotations

import _thread
import gc
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest
from models import blob_series
from processes import gone, until

from stsr_core.io.vtk import arrays_of, to_vtk_image
from stsr_core.model import checkpoint
from stsr_core.model.claim import claimed
from stsr_filters import NeuralFit
from stsr_filters.fitting import handover
from stsr_filters.fitting.fit_properties import LearnIn
from stsr_filters.pipeline import live

pytestmark = pytest.mark.requires_vtk
SMALL = '{"width": 32, "depth": 3, "latent_length": 8}'
ENDLESS = 10**8


def fit_of(path, **properties):
    """One that learns a small image in the background; keyword arguments are properties."""
    variable = blob_series()["a"]
    fit = NeuralFit()
    fit.SetInputDataObject(0, to_vtk_image(variable.grid, {"a": variable.step(0)}))
    for name, value in {
        "ModelFile": str(path),
        "Field": "modulated_siren",
        "Architecture": SMALL,
        "Minutes": 0,
        "Epochs": ENDLESS,
        "KeepEvery": 2,
        "Device": "cpu",
        "Threads": 1,
        "LearnIn": LearnIn.BACKGROUND,
        **properties,
    }.items():
        getattr(fit, f"Set{name}")(value)
    return fit


def learning(fit):
    """Wait until it learns; the child's process id."""
    until(lambda: "dB" in fit.GetStatus(), fit.GetStatus())
    return pid_of(fit)


def pid_of(fit):
    """Process id of what goes on in the background."""
    return fit._learning._run.pid


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fit.stsr"


def test_it_is_watched_stopped_and_continued(path):
    """The whole life of a run as a window sees it; one child per part."""
    fit = fit_of(path)
    fit.Update()
    kept = blob_series()["a"].step(0)[::2, ::2, ::2]
    np.testing.assert_array_equal(arrays_of(fit.GetOutputDataObject(0))["a"], kept)
    amount = "1 of 1 steps, 6 x 6 x 6 of 12 x 12 x 12 nodes"
    assert fit.GetStatus() == f"learning, 0%: starting; from {amount}"
    assert not path.exists()
    until(fit.GetNeedsUpdate, "the file was never written")
    learning(fit)
    assert path.exists() and checkpoint.read_header(path).training is not None
    pid, modified = pid_of(fit), fit.GetMTime()
    fit.Update()
    assert "learning, " in fit.GetStatus() and pid_of(fit) == pid, "it does not begin again"
    assert fit.GetMTime() == modified
    fit.ContinueLearning()
    assert pid_of(fit) == pid, "it does go on"

    fit.StopLearning()
    until(lambda: not fit._learning.running, "it does not stop")
    assert fit.GetNeedsUpdate(), "the end is news"
    assert not fit.GetNeedsUpdate()
    fit.Update()
    assert f"{amount}: stopped early: {path} can be used as it is (" in fit.GetStatus()
    step = checkpoint.read_header(path).training["step"]

    fit.ContinueLearning()
    fit.Update()
    pid = learning(fit)
    fit.StopLearning()
    fit.WaitForModel()
    fit.Update()
    assert "stopped early" in fit.GetStatus()
    assert checkpoint.read_header(path).training["step"] > step
    gone(pid)
    assert os.listdir(path.parent) == [path.name]


def test_stopped_before_it_began(path, monkeypatch):
    """While torch is still being loaded, and while the samples are still on their way."""
    fit = fit_of(path)
    fit.Update()
    fit.StopLearning()
    fit.WaitForModel()
    assert fit.GetStatus().endswith("nodes: stopped before it began; press Continue Learning to start again")

    stopped = threading.Event()
    write = handover.write

    def slowly(*order):
        assert stopped.wait(60)
        write(*order)

    monkeypatch.setattr(handover, "write", slowly)
    fit.ContinueLearning()
    fit.Update()
    fit.StopLearning()
    stopped.set()
    fit.WaitForModel()
    fit.Update()
    assert fit.GetStatus().endswith("nodes: stopped before it began; press Continue Learning to start again")
    assert os.listdir(path.parent) == []


def test_the_model_is_that_of_the_foreground(path):
    fit = fit_of(path, Epochs=3)
    fit.Update()
    fit.WaitForModel()
    fit.Update()
    assert f": wrote {path} (" in fit.GetStatus()
    there = path.with_name("foreground.stsr")
    fit_of(there, Epochs=3, LearnIn=LearnIn.FOREGROUND).Update()
    one, other = (checkpoint.load(p) for p in (path, there))
    for name, weights in one.state_dict().items():
        np.testing.assert_allclose(weights, other.state_dict()[name], rtol=1e-5, atol=1e-6)
    again = fit_of(path, Epochs=3, LearnIn=LearnIn.AUTOMATIC)
    again.Update()
    assert "is this model already" in again.GetStatus(), "at once: no window waits for a script"


def test_another_filter_with_the_same_file_is_refused_and_a_deleted_one_stops(path, vtk_errors):
    """Deleted, it saves what it has, whether or not Python looks for circles of references."""
    fit = fit_of(path)
    fit.Update()
    pid = learning(fit)
    for where in LearnIn:
        fit_of(path, LearnIn=where).Update()
        assert f"{path} is being written by another run; wait for its end" in vtk_errors.pop()
    gc.disable()
    try:
        del fit
        gone(pid)
    finally:
        gc.enable()
    assert checkpoint.read_header(path).training is not None
    assert os.listdir(path.parent) == [path.name]


def test_other_settings_end_the_run_before_theirs_begins(path, vtk_errors):
    fit = fit_of(path)
    fit.Update()
    pid = learning(fit)
    fit.SetSeed(1)
    fit.Update()
    assert "exists and is not this model" in vtk_errors.pop(), "what the first has saved"
    gone(pid)
    fit.SetOverwrite(True)
    fit.SetEpochs(2)
    fit.Update()
    fit.WaitForModel()
    fit.Update()
    assert fit.GetLastError() == ""
    assert checkpoint.read_header(path).history[-1]["seed"] == 1


def test_a_killed_child_is_told_in_one_sentence(path, vtk_errors):
    fit = fit_of(path)
    fit.Update()
    until(fit.GetNeedsUpdate, "the file was never written")
    os.kill(learning(fit), signal.SIGKILL)
    until(lambda: "learning," not in fit.GetStatus(), "it goes on")
    sentence = (
        f"{path}: the process that was learning ended too early (SIGKILL); press Continue Learning to go on "
        "from its last checkpoint"
    )
    assert fit.GetStatus() == sentence
    assert fit.GetNeedsUpdate()
    fit.Update()
    assert vtk_errors.pop().strip() == f"ERROR: Neural Fit: {sentence}"
    assert not vtk_errors
    assert fit.GetLastError() == sentence
    assert checkpoint.read_header(path).training is not None, "the last one saved is whole"
    fit.ContinueLearning()
    fit.Update()
    assert fit.GetLastError() == ""
    learning(fit)


def test_what_the_child_refuses_is_told_like_that_of_the_foreground(path, vtk_errors):
    fit = fit_of(path, Architecture='{"widht": 3}')
    fit.Update()
    fit.WaitForModel()
    fit.Update()
    assert "widht" in vtk_errors.pop()
    assert "widht" in fit.GetLastError()
    assert not path.exists()


def test_a_deleted_file_is_written_again_and_a_deleted_folder_is_told(tmp_path, vtk_errors):
    folder = tmp_path / "there"
    folder.mkdir()
    path = folder / "fit.stsr"
    fit = fit_of(path)
    fit.Update()
    until(path.exists, "the file was never written")
    path.unlink()
    until(path.exists, "the file was not written again")
    assert "learning, " in fit.GetStatus()
    assert checkpoint.read_header(path).training is not None
    folder.rename(tmp_path / "elsewhere")
    fit.WaitForModel()
    fit.Update()
    assert f"{path}: cannot write the model: No such file or directory" in vtk_errors.pop()
    assert os.listdir(tmp_path) == ["elsewhere"]


def test_a_full_disk_is_told_and_nothing_is_left_half_written(path, vtk_errors):
    """The child may write no more than a part of its model."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        fit = fit_of(path, Epochs=2)
        fit.Update()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fit.WaitForModel()
    fit.Update()
    assert f"{path}: cannot write the model: " in vtk_errors[0]
    assert "File too large" in vtk_errors.pop()
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("how", ["the end", "SIGKILL"])
def test_no_child_is_left_behind(path, how):
    """Whether its parent ends like a program or is killed, it saves and ends."""
    script = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parents[2])!r}, {str(Path(__file__).parent)!r}]
from test_background import fit_of, learning
fit = fit_of(sys.argv[1])
fit.Update()
print(learning(fit), flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None and process.stdin is not None
        pid = int(process.stdout.readline())
        if how == "SIGKILL":
            process.send_signal(signal.SIGKILL)
        else:
            process.stdin.close()
    gone(pid)
    assert checkpoint.read_header(path).training is not None
    with claimed(path):
        pass
    assert os.listdir(path.parent) == [path.name]


def test_automatic_is_the_background_where_a_window_waits(path, monkeypatch):
    """Which asks for news, and calls as VTK does: no other Python stands below the request."""
    monkeypatch.setattr(live, "_asked", False)
    fit = fit_of(path, LearnIn=LearnIn.AUTOMATIC)

    def as_a_window_would():
        found, done = [], threading.Event()

        def request():
            found.append(fit._in_background())
            done.set()

        as_of_vtk = FunctionType(request.__code__, {"__name__": "vtkmodules"}, closure=request.__closure__)
        _thread.start_new_thread(as_of_vtk, ())
        assert done.wait(60)
        return found

    assert as_a_window_would() == [False]
    fit.GetNeedsUpdate()
    assert as_a_window_would() == [True]
    assert not fit._in_background(), "a script in a window wants the model when the update is over"
    fit.SetLearnIn(LearnIn.FOREGROUND)
    assert as_a_window_would() == [False]
