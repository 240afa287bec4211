"""Run by pvpython for test_show.py: what show() makes of a model, of a second source, and what it refuses."""

import sys

from session_tools import report, status  # first, for the environment's numpy

# isort: split
from paraview import simple

from stsr_plugin import show

model, series, picture = sys.argv[1:4]
found = {}


def look(display, view):
    """What the display and its view say of themselves."""
    colors, opacity = display.LookupTable, display.ScalarOpacityFunction
    return {
        "representation": str(display.Representation).strip("'"),
        "array": display.ColorArrayName[1],
        "range": [colors.RGBPoints[0], colors.RGBPoints[-4]],
        "rescales": str(colors.AutomaticRescaleRangeMode).strip("'"),
        "opacities": [list(opacity.Points[::4]), list(opacity.Points[1::4])],
        "up": list(view.CameraViewUp),
        "position": list(view.CameraPosition),
        "time": view.ViewTime,
        "inputs": [s.Input.GetXMLName() for s in view.Representations if getattr(s, "Input", None)],
        "bar": display.IsScalarBarVisible(view) if hasattr(display, "IsScalarBarVisible") else None,
    }


def refused(*arguments, **keywords):
    try:
        show(*arguments, **keywords)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


source = simple.STSRModel(FileName=model)
source.UpdatePipelineInformation()
found["steps"] = [
    list(source.TimestepValues),
    list(source.GetProperty("ValueRange").GetData()),
    source.TimesBetween,
]
display = show(source, time=13.5)
view = simple.GetActiveView()
found["first"] = look(display, view)
found["active"] = simple.GetActiveSource().GetXMLName()
found["status"] = status(source)
simple.SaveScreenshot(picture, view)

# Somebody turns the view; the array of the coarse series has the same name, and so the same map.
view.CameraPosition = [40.0, -30.0, 20.0]
coarse = simple.OpenDataFile(series)
found["second"] = look(show(coarse), view)
found["surface"] = show(coarse, array="b", isovalue=4.0).Input.GetXMLName()
found["refused"] = [
    refused(simple.Sphere()),
    refused(source, array="c"),
    refused("model.stsr"),
    refused(simple.STSRModel(FileName="/nowhere.stsr")),
]
report(found)
