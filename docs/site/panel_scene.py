"""The scene of one panel's picture, for play_scene.py in the ParaView GUI.

A filter stands alone on the demo's files, which lie in the current folder, and is the active source.
"""

from paraview import simple

model = "tornado/model.stsr"


def scene(task):
    """Show it; raises if the filter failed."""
    from stsr_plugin import check

    name = task["filter"]
    coarse = simple.OpenDataFile("tornado/coarse.pvd")
    if name == "STSRModel":
        source = simple.STSRModel(FileName=model)
    elif name == "LatentInterpolate":
        source = simple.LatentInterpolate(FileName=task["both"])
    elif name == "ImageDatabase":
        source = simple.ImageDatabase(FileName="tornado.cdb")
    elif name == "MultiscaleDiffusion":
        source = simple.MultiscaleDiffusion()
    elif name == "NeuralHomogenization":
        problem = simple.MultiscaleDiffusion(Cells=32, Intervals=8)
        source = simple.NeuralHomogenization(
            Solution=problem, Coefficient=simple.OutputPort(problem, 1), ModelFile="h.stsr"
        )
    elif name == "NeuralFit":
        source = simple.NeuralFit(Input=coarse, ModelFile=task["mine"], LearnIn="Foreground", Epochs=1)
    else:
        source = simple.NeuralUpscale(Input=coarse, ModelFile=model)
    if name == "CompareToGT":
        truth = simple.OpenDataFile("tornado/full.pvd")
        source = simple.ComparetoGT(Prediction=source, GroundTruth=truth)
    check(source, 2.0)
    simple.GetActiveViewOrCreate("RenderView")
    simple.SetActiveSource(source)
    simple.RenderAllViews()
