"""The scene of the screenshot, for play_scene.py in the ParaView GUI.

Neural Upscale on a coarse series at a time that was never stored, as a volume rendering, panel in view.
"""

from paraview import simple


def scene(task):
    """Show it; raises if the filter failed."""
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
    # The pipeline browser's eyes follow the active view when it changes.
    simple.SetActiveView(None)
    simple.SetActiveView(view)
    simple.SetActiveSource(upscale)
    simple.Render(view)
