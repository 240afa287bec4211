"""Run by pvpython for test_compare_in_paraview.py: compares a model with its series, and prints JSON."""

import json
import sys

from stsr_plugin import FilterFailed, check  # before numpy_support, which would import ParaView's old numpy

from paraview import servermanager, simple  # isort: skip
from paraview.vtk.util import numpy_support  # isort: skip

model, series, folder = sys.argv[1:4]
found = {}


def rows(proxy, port):
    """The rows of a table output on the client."""
    table = servermanager.Fetch(proxy, idx=port)
    columns = [table.GetColumn(i) for i in range(table.GetNumberOfColumns())]
    return [{c.GetName(): c.GetValue(i) for c in columns} for i in range(table.GetNumberOfRows())]


def values(data, name):
    """Values of a point array, in VTK's order."""
    return numpy_support.vtk_to_numpy(data.GetPointData().GetArray(name)).astype(float).tolist()


def failure(proxy, time=None):
    """What check() says."""
    try:
        check(proxy, time)
    except FilterFailed as error:
        return str(error)
    return ""


truth = simple.OpenDataFile(series)
upscale = simple.NeuralUpscale(Input=truth, ModelFile=model, Factor=1)
compare = simple.ComparetoGT(Prediction=upscale, GroundTruth=truth)
found["defaults"] = [
    compare.Resample,
    compare.AllTimeSteps,
    str(compare.Isosurface),
    str(compare.TimeMatching),
    compare.PictureSize,
    str(compare.PredictionArray),
]
check(compare, 12.0)
found["measures"] = rows(compare, 1)
errors = servermanager.Fetch(compare, idx=0)
found["errors"] = {name: values(errors, name) for name in ("a", "a_prediction", "a_error")}
found["status"] = compare.Status
found["ports"] = (
    [str(name) for name in compare.SMProxy.GetOutputPortNames()]
    if hasattr(compare.SMProxy, "GetOutputPortNames")
    else [compare.SMProxy.GetOutputPortName(i) for i in range(4)]
)
compare.UpdatePropertyInformation()
found["offered"] = list(compare.GetPropertyValue("TruthArrayNames"))
found["listed"] = list(compare.TimestepValues)

found["other time"] = failure(compare, 11.3)
compare.TimeMatching = "Nearest step"
found["nearest"] = [failure(compare, 11.3), rows(compare, 1)[0]["time"]]
upscale.Factor = 2
found["other grid"] = failure(compare, 12.0)
compare.Resample = 1
found["resampled"] = [failure(compare, 12.0), rows(compare, 1)[0]["psnr"]]
upscale.Factor, compare.Resample = 1, 0
compare.PredictionArray = "nothing"
found["no array"] = failure(compare, 12.0)
compare.PredictionArray, compare.TruthArray = "a", "b"
check(compare, 12.0)
found["paired"] = [row["variable"] for row in rows(compare, 1)]
compare.PredictionArray, compare.TruthArray = "(same names)", "(same names)"
found["wrong input"] = failure(simple.ComparetoGT(Prediction=simple.Sphere(), GroundTruth=truth))

executed = compare.SMProxy.GetClientSideObject()
ticks = []
executed.AddObserver("StartEvent", lambda *_: ticks.append(1))
compare.AllTimeSteps, compare.ModelFile = 1, model
compare.TableFile = folder + "/curves.json"
compare.Pictures, compare.PictureSize, compare.PictureVariable = 1, 64, "b"
check(compare, 12.0)
found["curves"], found["means"] = rows(compare, 3), rows(compare, 1)
picture = servermanager.Fetch(compare, idx=2)
found["picture"] = [picture.GetDimensions(), list(picture.GetPointData().GetScalars().GetRange(0))]
walked = len(ticks)
check(compare, 13.0)
found["executions by all steps, and by another time"] = [walked, len(ticks) - walked]
view = simple.CreateRenderView(ViewSize=[64, 64])
view.ViewTime = 13.0
simple.Show(servermanager.OutputPort(compare, 0), view)
simple.Render(view)
before = len(ticks)
view.CameraPosition = [30, 20, 10]
simple.Render(view)
found["executions by camera"] = len(ticks) - before

simple.RenameSource("kept", compare)
compare.Pictures = 0
simple.SaveState(folder + "/state.pvsm")
simple.ResetSession()
simple.LoadState(folder + "/state.pvsm")
again = simple.FindSource("kept")
check(again, 12.0)
found["after pvsm"] = [again.AllTimeSteps, again.PictureSize, str(again.PictureVariable), len(rows(again, 3))]
print("\nfound:" + json.dumps(found, default=str))
