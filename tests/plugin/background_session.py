"""Run by pvpython for test_background_in_paraview.py: runs in the background; prints JSON, then is killed."""

import gc
import os
import signal
import sys
import time

from session_tools import failure, report, status  # first, for the environment's numpy

# isort: split
from paraview import simple

series, folder = sys.argv[1:3]
coarse = simple.OpenDataFile(series)
LONG = {
    "Field": "modulated_siren",
    "Architecture": '{"width": 32, "depth": 3}',
    "Minutes": 0,
    "Epochs": 100000000,
    "KeepEvery": 2,
}


def learning(name):
    """One that learns in the background, and its child's process id."""
    fit = simple.NeuralFit(Input=coarse, ModelFile=f"{folder}/{name}.stsr", LearnIn="Background", **LONG)
    found[name] = [failure(fit, 10.0), fit.GetDataInformation().GetNumberOfPoints()]
    while "dB" not in status(fit) and not failure(fit):
        time.sleep(0.1)
    found[name].append(status(fit))
    return fit, fit.SMProxy.GetClientSideObject()._learning._run.pid


def runs(pid):
    """Whether a process has not ended."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


found = {}
stopped, _ = learning("stopped")
stopped.InvokeCommand("StopLearning")
stopped.InvokeCommand("WaitForModel")
found["stopped"] += [failure(stopped), status(stopped)]

gc.disable()  # deleting is enough
deleted, pid = learning("deleted")
simple.Delete(deleted)
del deleted
while runs(pid):
    time.sleep(0.1)

_, found["pid"] = learning("killed")
report(found)
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGKILL)
