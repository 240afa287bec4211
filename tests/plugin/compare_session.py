"""Run by pvpython for test_compare_in_paraview.py: compares a model with its series, and prints JSON."""

import json
import sys

from session_tools import executions, failure, report, rows, values  # first, for the environment's numpy

# isort: split
import numpy as np
from paraview import servermanager, simple

from stsr_plugin import check, show_picture

model, series, folder = sys.argv[1:4]
found = {}


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
found["errors"] = {name: values(compare, name) for name in ("a", "a_prediction", "a_error")}
found["status"] = compare.Status
found["ports"] = (
    [str(name) for name in compare.SMProxy.GetOutputPortNames()]
    if hasattr(compare.SMProxy, "GetOutputPortNames")
    else [compare.SMProxy.GetOutputPortName(i) for i in range(5)]
)
names = ("PredictionArray", "TruthArray", "PictureVariable")
found["offered"] = [list(compare.GetProperty(name).Available) for name in names]
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

ticks = executions(compare)
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

other = simple.CreateRenderView(ViewSize=[400, 150])
other.ViewTime = 13.0
view = show_picture(compare)
before = len(ticks)
view.CameraPosition = [*view.CameraPosition[:2], 0.9 * view.CameraPosition[2]]
simple.SaveScreenshot(folder + "/view.png", view)
found["executions by camera"] = len(ticks) - before
found["active view"] = simple.GetActiveView() == other

# Colours of a preset, old and new, and of a state: the hues of the ground truth's rendering.
compare.AllTimeSteps, compare.PictureVariable = 0, "a"
compare.PredictionArray, compare.TruthArray = "a", "a"


def hues():
    """How many pixels of the ground truth's rendering are red, green and blue, and the failure."""
    wrong = failure(compare, 12.0) or compare.Status.partition("pictures are left out: ")[2]
    data = servermanager.Fetch(compare, idx=2)
    width, height, _ = data.GetDimensions()
    scalars = data.GetPointData().GetScalars()
    pixels = np.reshape([scalars.GetTuple3(i) for i in range(width * height)], (height, width, 3))
    left = pixels[:, : width // 3]
    rest = [np.maximum(left[..., i - 1], left[..., i - 2]) for i in range(3)]
    return [*(int(np.count_nonzero(left[..., i] - rest[i] > 40)) for i in range(3)), wrong]


green = {"Name": "Green", "ColorSpace": "RGB", "RGBPoints": [0, 0, 0.5, 0, 1, 0, 1, 0]}
with open(folder + "/green.json", "w") as stream:
    json.dump([green], stream)
with open(folder + "/red.xml", "w") as stream:
    points = "".join(f'<Point x="{x}" o="1" r="{0.5 + x / 2}" g="0" b="0"/>' for x in (0, 1))
    stream.write(f'<ColorMaps><ColorMap name="Red" space="RGB">{points}</ColorMap></ColorMaps>')
shown = simple.Show(truth, view)
simple.ColorBy(shown, ("POINTS", "a"))
simple.GetColorTransferFunction("a").RGBPoints = [0, 0, 0, 0.5, 10, 0, 0, 1]
simple.SaveState(folder + "/blue.pvsm")
found["hues"] = {}
for name in ("green.json", "red.xml", "blue.pvsm"):
    compare.ColorFile = f"{folder}/{name}"
    found["hues"][name] = hues()
compare.ColorFile = folder + "/nowhere.json"
found["hues"]["nowhere.json"] = hues()
compare.ColorFile = ""
compare.AllTimeSteps, compare.PictureVariable = 1, "b"
compare.PredictionArray, compare.TruthArray = "(same names)", "(same names)"

simple.RenameSource("kept", compare)
compare.Pictures = 0
simple.SaveState(folder + "/state.pvsm")
simple.ResetSession()
simple.LoadState(folder + "/state.pvsm")
again = simple.FindSource("kept")
check(again, 12.0)
found["after pvsm"] = [again.AllTimeSteps, again.PictureSize, str(again.PictureVariable), len(rows(again, 3))]
report(found)
