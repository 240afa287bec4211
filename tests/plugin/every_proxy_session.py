"""Run by pvpython for test_every_proxy.py: what holds for all five proxies alike; prints JSON.

Each is recorded as a trace, a Python state and a .pvsm and played back in a fresh session; shown, turned and
coloured; and stopped in the middle of its work.
"""

import os
import sys

from session_tools import (
    executions,
    failure,
    report,
    rows,
    settings,
    status,
    values,
)  # first, for the environment's numpy

# isort: split
from paraview import simple, smstate, smtrace

model, series, folder = sys.argv[1:4]
learned = folder + "/learned.stsr"
SMALL = '{"width": 32, "depth": 3}'
TIME = 14.0
#: Label in the pipeline → an array of its first output.
ARRAYS = {"source": "b", "upscale": "b", "mix": "interpolated", "compare": "b_error", "fit": "a"}
found = {"views": {}, "stopped": {}, "after": {}}


def build(tracing=False):
    """One of each, with something other than its defaults; part of it is set later, as by Apply."""
    coarse = simple.OpenDataFile(series)
    made = {
        "source": simple.STSRModel(registrationName="source", FileName=model, Variables=["b"], Factor=1.5),
        "upscale": simple.NeuralUpscale(
            registrationName="upscale", Input=coarse, ModelFile=model, OutputGrid="Dimensions", TileSize=300
        ),
        "mix": simple.LatentInterpolate(
            registrationName="mix", FileName=model, First="b", Weight=0.25, Interpolation="Spherical"
        ),
    }
    made["compare"] = simple.ComparetoGT(
        registrationName="compare", Prediction=made["upscale"], GroundTruth=coarse, Resample=1
    )
    made["fit"] = simple.NeuralFit(
        registrationName="fit",
        Input=coarse,
        ModelFile=learned,
        Field="modulated_siren",
        Architecture=SMALL,
        Minutes=0,
        KeepEvery=2,
        LeaveOut=3,
    )
    later = {
        "source": {"BaseGrid": "Kept nodes", "TimeSteps": "Original", "Threads": 1},
        "upscale": {"Dimensions": [9, 10, 11], "TimeFactor": 4},
        "mix": {"Second": "a", "OutputGrid": "Spacing", "Spacing": [0.5, 0.6, 0.7]},
        "compare": {"Isosurface": "Value", "Isovalue": 2.5, "TruthArray": "b", "PredictionArray": "b"},
        "fit": {"Epochs": 2, "Variables": ["a"], "Seed": 3},
    }
    for name, changes in later.items():
        # What Apply records of a changed panel.
        item = tracing and smtrace._create_trace_item_internal("PropertiesModified", [made[name].SMProxy])
        for key, value in changes.items():
            setattr(made[name], key, value)
        if tracing:
            item.finalize()
    return made


def results():
    """Properties, failure and values of each; only half of a comparison's values are its first output's."""
    found = {}
    for name, array in ARRAYS.items():
        proxy = simple.FindSource(name)
        wrong = failure(proxy, TIME)
        found[name] = [settings(proxy), wrong, values(proxy, array)]
        if name == "compare":
            found[name].append([(row["variable"], row["psnr"], row["chamfer"]) for row in rows(proxy, 1)])
    return found


smtrace.start_trace()
made = build(tracing=True)
trace = smtrace.stop_trace()
found["built"] = results()
found["learned"] = status(made["fit"])

# Shown, turned, coloured: nothing is computed again.
view = simple.CreateRenderView(ViewSize=[64, 64])
for name, array in ARRAYS.items():
    proxy = made[name]
    view.ViewTime = TIME
    display = simple.Show(proxy, view)
    display.SetRepresentationType("Volume")
    simple.Render(view)
    ticks = executions(proxy)
    view.CameraPosition = [30, 20, 10]
    simple.Render(view)
    simple.ColorBy(display, ("POINTS", array))
    simple.GetColorTransferFunction(array).ApplyPreset("Plasma (matplotlib)", True)
    simple.Render(view)
    display.SetRepresentationType("Outline")
    simple.Render(view)
    by_looks = len(ticks)
    view.ViewTime = 18.0
    simple.Render(view)
    found["views"][name] = [by_looks, len(ticks) - by_looks]
    simple.Hide(proxy, view)
simple.Delete(view)

simple.SaveState(folder + "/all.pvsm")
state = smstate.get_state()
written = os.stat(learned).st_mtime_ns


def replayed(way, play):
    """In a fresh session."""
    simple.ResetSession()
    play()
    found["after"][way] = results()


replayed("pvsm", lambda: simple.LoadState(folder + "/all.pvsm"))

replayed("trace", lambda: exec(compile(trace, "trace.py", "exec"), {}))
replayed("python state", lambda: exec(compile(state, "state.py", "exec"), {}))
found["learned again"] = os.stat(learned).st_mtime_ns != written


def stopped(proxy, at, again):
    """Stop at the first report that holds ``at``; go on with another time. What was told after the stop?"""
    running = proxy.SMProxy.GetClientSideObject()
    texts, after = [], []

    def stop(*_):
        text = running.GetProgressText()
        if text and after:
            after.append(text)
        elif text and at in text:
            texts.append(text)
            if len(texts) == 2:  # of tiles: the first was computed, many are left
                running.SetAbortExecute(1)
                after.append("stopped")

    observer = running.AddObserver("ProgressEvent", stop)
    said = failure(proxy, 11.0)
    points = proxy.GetDataInformation().GetNumberOfPoints()
    running.RemoveObserver(observer)
    return [said, points, after[1:], failure(proxy, again), proxy.GetDataInformation().GetNumberOfPoints()]


simple.ResetSession()
made = build()
for name in ("source", "upscale", "mix"):
    made[name].TileSize = 100
    found["stopped"][name] = stopped(made[name], " on cpu", 12.0)
made["upscale"].TileSize = 0
found["stopped"]["compare"] = stopped(made["compare"], "Compare to GT: b: ", 12.0)
found["rows after the stop"] = [len(rows(made["compare"], port)) for port in (1, 3)]
made["compare"].AllTimeSteps = 1
found["stopped"]["compare all"] = stopped(made["compare"], "surveying", 13.0)
found["all after the stop"] = len(rows(made["compare"], 3))
report(found)
