"""The scene of the screenshot, run by the ParaView GUI itself; make_screenshot.py starts it.

Neural Upscale on a coarse series at a time that was never stored, as a volume rendering, panel in view.
"""

import json
import os
import traceback

import numpy as np
from paraview import simple

task = json.loads(os.environ["STSR_SCREENSHOT"])


def scene():
    """Returns nothing; raises if the filter failed."""
    from stsr_plugin import check

    coarse = simple.OpenDataFile(task["series"])
    simple.RenameSource("coarse series", coarse)
    upscale = simple.NeuralUpscale(Input=coarse, ModelFile=task["model"], Factor=task["factor"], TimeFactor=4)
    simple.RenameSource("Neural Upscale", upscale)
    steps = list(coarse.TimestepValues)
    middle = len(steps) // 2
    time = task["time"] if task["time"] is not None else 0.7 * steps[middle - 1] + 0.3 * steps[middle]

    view = simple.GetActiveViewOrCreate("RenderView")
    view.UseColorPaletteForBackground = 0
    view.Background = [0.08, 0.09, 0.12]
    animation = simple.GetAnimationScene()
    animation.UpdateAnimationUsingDataTimeSteps()
    animation.PlayMode = "Sequence"
    animation.NumberOfFrames = 10 * (len(steps) - 1) + 1
    animation.AnimationTime = time
    check(upscale, time)

    name = upscale.PointData[0].GetName()
    volume = simple.Show(upscale, view)
    volume.SetRepresentationType("Volume")
    simple.ColorBy(volume, ("POINTS", name))
    volume.SetScalarBarVisibility(view, True)
    low, high = upscale.PointData[name].GetRange()
    top = low + task["bright"] * (high - low)
    colors = simple.GetColorTransferFunction(name)
    colors.ApplyPreset("Plasma (matplotlib)", True)
    # Most of the volume holds low values: the bright colours start early. Few points, for close ones would
    # need a finer texture than there is.
    colors.RescaleTransferFunction(0, 1)
    rgb = np.reshape(colors.RGBPoints, (-1, 4))[::15]
    rgb[:, 0] = low + rgb[:, 0] ** 2 * (top - low)
    colors.RGBPoints = rgb.ravel().tolist()
    opacity = [(0, 0), (0.03, 0), (0.12, 0.25), (0.4, 0.5), (1, 0.7)]
    points = [v for u, a in opacity for v in (low + u * (top - low), a, 0.5, 0)]
    simple.GetOpacityTransferFunction(name).Points = points
    view.CameraPosition, view.CameraFocalPoint, view.CameraViewUp = [2, -3, 0.9], [0, 0, 0], [0, 0, 1]
    simple.Hide(coarse, view)
    simple.SetActiveSource(upscale)
    upscale.UpdatePropertyInformation()
    simple.Render(view)  # the first one resets the camera by itself
    view.ResetCamera(False)
    view.CameraViewAngle /= 1.4
    simple.Render(view)


try:
    scene()
    result = "done"
except Exception:
    result = traceback.format_exc()
with open(task["finished"] + ".part", "w") as stream:
    stream.write(result)
os.replace(task["finished"] + ".part", task["finished"])  # there only when it is whole
