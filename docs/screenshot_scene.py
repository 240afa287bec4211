"""The scene of the screenshot, run by the ParaView GUI itself; make_screenshot.py starts it.

Neural Upscale on a coarse series at a time that was never stored, as a volume rendering, panel in view.
"""

import json
import os
import traceback

from paraview import simple

task = json.loads(os.environ["STSR_SCREENSHOT"])


def scene():
    """Returns nothing; raises if the filter failed."""
    from stsr_plugin import show

    coarse = simple.OpenDataFile(task["series"])
    simple.RenameSource("coarse series", coarse)
    upscale = simple.NeuralUpscale(
        Input=coarse, ModelFile=task["model"], OutputGrid="Factor", Factor=task["factor"], TimeFactor=4
    )
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
    show(upscale, view, time=time)
    simple.SetActiveSource(upscale)
    simple.Render(view)


try:
    scene()
    result = "done"
except Exception:
    result = traceback.format_exc()
with open(task["finished"] + ".part", "w") as stream:
    stream.write(result)
os.replace(task["finished"] + ".part", task["finished"])  # there only when it is whole
