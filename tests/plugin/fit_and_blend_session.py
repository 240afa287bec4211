"""Run by pvpython for test_fit_and_blend_in_paraview.py: learns, upscales and mixes; prints JSON."""

import os
import sys

from session_tools import failure, report, status, values  # first, for the environment's numpy

# isort: split
from paraview import simple

from stsr_core.model.checkpoint import read_header
from stsr_plugin import check

series, folder = sys.argv[1:3]
model = folder + "/fit.stsr"
found = {}


coarse = simple.OpenDataFile(series)
fit = simple.NeuralFit(
    Input=coarse,
    ModelFile=model,
    KeepEvery=2,
    LeaveOut=3,
    Epochs=2,
    Minutes=0,
    Architecture='{"network": {"width": 32, "depth": 3}, "rehearsal_steps": 20}',
)
fit.UpdatePipelineInformation()
found["ready"], found["listed"] = status(fit), list(fit.TimestepValues)
# Nothing was learned yet: the filter behind makes it so, and shows the model at once.
upscale = simple.NeuralUpscale(Input=fit)  # by default with the model of the fit, on its training grid
check(upscale, 11.3)
found["fit"], found["upscaled"] = status(fit), values(upscale, "a")
written = os.stat(model).st_mtime_ns

for time in (10.0, 18.0, 13.0):
    check(fit, time)
found["kept"] = [fit.PointData.keys(), list(fit.GetDataInformation().GetExtent()), values(fit, "b")]
found["learned again"] = os.stat(model).st_mtime_ns != written

between = simple.LatentInterpolateofInput(Input=upscale, Weight=0.25)
check(between, 11.3)
found["blend of the input"] = values(between, "interpolated")
blend = simple.LatentInterpolate(FileName=model, Weight=0.25)
check(blend, 11.3)
found["by default"] = [str(blend.First), str(blend.Second)]
choices = blend.SMProxy.GetProperty("Second").FindDomain("vtkSMStringListDomain")
found["choices"] = [choices.GetString(i) for i in range(choices.GetNumberOfStrings())]
found["blend"], found["blend status"] = values(blend, "interpolated"), blend.Status
blend.First, blend.Interpolation = "b", "Spherical"
check(blend, 11.3)
found["arc"] = values(blend, "interpolated")
blend.Blend, blend.Weights = "Weights", "a=1, b=3"
check(blend, 11.3)
found["weights status"] = blend.Status
blend.Blend, blend.SimulationTime, blend.SweepFactor = "Sweep", 12.5, 2
check(blend, 0.5)
found["sweep"], found["sweep range"] = [list(blend.TimestepValues), blend.Status], list(blend.Positions)
blend.Members = ["a"]
found["one member"] = failure(blend)
blend.Blend, blend.Second = "Two members", "c"
found["no such member"] = failure(blend)

found["other settings"] = failure(simple.NeuralFit(Input=coarse, ModelFile=model, Seed=4))
found["wrong input"] = failure(simple.NeuralFit(Input=simple.Sphere(), ModelFile=model))

# A long run that is stopped as soon as it says how well it goes.
long = simple.NeuralFit(Input=coarse, ModelFile=folder + "/long.stsr", KeepEvery=3, LeaveOut=3, Minutes=10)
running = long.SMProxy.GetClientSideObject()
texts = []


def stop(*_):
    texts.append(running.GetProgressText() or "")
    if "dB" in texts[-1]:
        running.SetAbortExecute(1)


observer = running.AddObserver("ProgressEvent", stop)
long.UpdatePipeline(10.0)
found["stopped"], found["texts"] = status(long), [t for t in texts if "dB" in t or "read" in t]
usable = simple.STSRModel(FileName=folder + "/long.stsr")
check(usable, 12.0)
found["usable"] = usable.Status
long.UpdatePipeline(14.0)
found["after a new time"] = status(long)
found["steps"] = [read_header(folder + "/long.stsr").training["step"]]
long.InvokeCommand("ContinueLearning")
long.UpdatePipeline(14.0)
found["steps"].append(read_header(folder + "/long.stsr").training["step"])
report(found)
