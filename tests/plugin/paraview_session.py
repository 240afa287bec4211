"""Run by pvpython for test_paraview.py: uses both proxies as a user's script would, and prints JSON."""

import sys

from session_tools import failure, report, values  # first, for the environment's numpy

# isort: split
from paraview import simple
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_plugin import check

model, series = sys.argv[1:3]
found = {}

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

found["wrong model"] = failure(simple.STSRModel(FileName="/nowhere.stsr"))
found["wrong input"] = failure(simple.NeuralUpscale(Input=simple.Sphere(), ModelFile=model))
found["wrong factor"] = failure(simple.NeuralUpscale(Input=coarse, ModelFile=model, Factor=-1))
found["no model"] = failure(simple.NeuralUpscale(Input=coarse))

calculated = simple.PythonCalculator(Input=upscale, Expression="2 * b", ArrayName="twice")
upscale.OutputGrid = "Factor"
check(upscale, 11.3)
calculated.UpdatePipeline(11.3)
found["calculated"] = [values(calculated, "twice"), values(upscale, "b")]

report(found)
