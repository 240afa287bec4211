"""The scene of one panel's picture, run by the ParaView GUI itself; make_panels.py starts it.

A filter stands alone on the demo's files and is the active source, so that its panel is in view.
"""

import json
import os
import traceback

from paraview import simple

task = json.loads(os.environ["STSR_SCREENSHOT"])
demo = task["demo"]


def scene():
    """Returns nothing; raises if a filter failed."""
    from stsr_plugin import check, show

    model = f"{demo}/tornado/model.stsr"
    coarse = simple.OpenDataFile(f"{demo}/tornado/coarse.pvd")
    simple.RenameSource("coarse.pvd", coarse)
    name = task["filter"]
    if name == "STSRModel":
        source = simple.STSRModel(FileName=model)
    elif name == "LatentInterpolate":
        source = simple.LatentInterpolate(FileName=task["both"])
    elif name == "NeuralFit":
        source = simple.NeuralFit(Input=coarse, ModelFile=task["scratch"], Field="motion")
        source.LearnIn = "Foreground"
    else:
        source = simple.NeuralUpscale(Input=coarse, ModelFile=model)
    if name == "CompareToGT":
        truth = simple.OpenDataFile(f"{demo}/tornado/full.pvd")
        source = simple.ComparetoGT(Prediction=source, GroundTruth=truth, AllTimeSteps=1, ModelFile=model)
    view = simple.GetActiveViewOrCreate("RenderView")
    check(source, 5.0)
    if name not in ("CompareToGT", "NeuralFit"):
        show(source, view, time=5.0)
    simple.SetActiveSource(source)
    simple.Render(view)


try:
    scene()
    result = "done"
except Exception:
    result = traceback.format_exc()
with open(task["finished"] + ".part", "w") as stream:
    stream.write(result)
os.replace(task["finished"] + ".part", task["finished"])  # there only when it is whole
