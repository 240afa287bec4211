"""Run by pvpython for test_paraview.py: uses both proxies as a user's script would, and prints JSON."""

import json
import sys

from paraview import servermanager, simple, smstate
from paraview.vtk.util import numpy_support
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_plugin import FilterFailed, check

model, series, folder = sys.argv[1:4]
found = {}


def values(proxy, name):
    """Values of a point array on the client, in VTK's order."""
    data = servermanager.Fetch(proxy).GetPointData().GetArray(name)
    return numpy_support.vtk_to_numpy(data).astype(float).tolist()


def failure(proxy):
    """What check() says."""
    try:
        check(proxy)
    except FilterFailed as error:
        return str(error)
    return ""


coarse = simple.OpenDataFile(series)
upscale = simple.NeuralUpscale(Input=coarse, ModelFile=model, TimeFactor=4)
found["defaults"] = [upscale.Factor, str(upscale.Device), str(upscale.OutputGrid), list(upscale.Dimensions)]
upscale.Factor = 1.5
upscale.UpdatePipelineInformation()
found["listed"] = list(upscale.TimestepValues)
pipeline = upscale.SMProxy.GetClientSideObject().GetOutputInformation(0)
whole = vtkStreamingDemandDrivenPipeline.WHOLE_EXTENT()
found["extent before"] = [whole.Get(pipeline, i) for i in range(6)]
check(upscale, 11.3)
found["upscaled"] = {name: values(upscale, name) for name in ("a", "b")}
found["bounds"] = list(upscale.GetDataInformation().GetBounds())
found["status"] = upscale.Status
found["last error"] = upscale.LastError
found["range"] = list(upscale.TimeRange)
found["factors"] = list(upscale.GetPropertyValue("FactorRange"))
found["summary"] = upscale.ModelSummary
found["variables"] = list(upscale.Variables)

upscale.Variables = ["b"]
check(upscale, 11.3)
found["chosen"] = upscale.PointData.keys()

upscale.OutputGrid, upscale.Like = "Match dataset", coarse
check(upscale, 11.3)
found["matched"] = list(upscale.GetDataInformation().GetExtent())

source = simple.OpenDataFile(model)
found["opened as"] = source.GetXMLName()
found["opened variables"] = list(source.Variables)
check(source, 12.0)
found["source"] = values(source, "a")

view = simple.CreateRenderView(ViewSize=[64, 64])
display = simple.Show(source, view)
display.SetRepresentationType("Volume")
view.ViewTime = 12.0
simple.Render(view)
executed = source.SMProxy.GetClientSideObject()
ticks = []
executed.AddObserver("StartEvent", lambda *_: ticks.append(1))
view.CameraPosition = [30, 20, 10]
simple.Render(view)
simple.ColorBy(display, ("POINTS", "b"))
simple.Render(view)
found["executions by camera and colour"] = len(ticks)
view.ViewTime = 13.0
simple.Render(view)
found["executions by time"] = len(ticks)

found["wrong model"] = failure(simple.STSRModel(FileName="/nowhere.stsr"))
found["wrong input"] = failure(simple.NeuralUpscale(Input=simple.Sphere(), ModelFile=model))
found["wrong factor"] = failure(simple.NeuralUpscale(Input=coarse, ModelFile=model, Factor=-1))
found["no model"] = failure(simple.NeuralUpscale(Input=coarse))

upscale.OutputGrid, upscale.Factor = "Factor", 1.25
simple.RenameSource("kept", upscale)
simple.SaveState(folder + "/state.pvsm")
script = found["script"] = smstate.get_state()
simple.ResetSession()
simple.LoadState(folder + "/state.pvsm")
again = simple.FindSource("kept")
check(again, 11.3)
found["after pvsm"] = [str(again.ModelFile), again.Factor, list(again.Variables), again.PointData.keys()]
simple.ResetSession()
exec(compile(script, "state.py", "exec"), {})
again = simple.FindSource("kept")
check(again, 11.3)
found["after python state"] = [
    str(again.ModelFile),
    again.Factor,
    list(again.Variables),
    again.PointData.keys(),
]
print("\nfound:" + json.dumps(found, default=str))
