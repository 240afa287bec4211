r"""A rough material on a coarse grid: the wrong solution, its correction by a network, the truth, the errors.

    stsr homogenize data maps --maps 200 --cells 32 --coarse 8 --scale 4 --test-scale 4
    stsr homogenize fit maps -o h.stsr --preset tiny --minutes 10
    stsr-paraview run pvpython examples/neural_homogenization.py h.stsr homogenization.png

Above: the solution on the coarse grid, what cubic interpolation and what the network make of it, and the
finite element solution on the fine grid, as surfaces of one height and colour scale. Below: the coefficient,
and the errors of both against the true solution, in one colour scale of their own. The material is one that
no network has learned from; --seed takes another.
"""

import argparse

from stsr_plugin import check

from stsr_core.homogenization import file  # isort: skip  (after stsr_plugin, which makes it importable)
from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", help="a .stsr file of stsr homogenize fit")
parser.add_argument("output", help="the picture, ending in .png")
parser.add_argument("--seed", type=int, default=123_456_789, help="of the material")
parser.add_argument("--scale", type=int, default=4, help="fine intervals for each coarse one (default 4)")
parser.add_argument("--smoothing", type=int, default=0, help="sweeps of a smoother (default 0)")
parser.add_argument("--size", type=int, default=420, help="pixels of one view (default 420)")
options = parser.parse_args()

network = file.read_header(options.model).configuration
material = {"Cells": network.cells, "Seed": options.seed}
coarse = simple.MultiscaleDiffusion(registrationName="coarse", Intervals=network.coarse, **material)
truth = simple.MultiscaleDiffusion(
    registrationName="true", Intervals=network.coarse * options.scale, **material
)
corrected = simple.NeuralHomogenization(
    registrationName="corrected",
    Solution=simple.OutputPort(coarse, 0),
    Coefficient=simple.OutputPort(coarse, 1),
    ModelFile=options.model,
    Scale=options.scale,
    Smoothing=options.smoothing,
)
check(corrected)  # ends the script with the filter's own sentence if the model is unusable
errors = {}
for array in ("u_interpolated", "u"):
    compare = errors[array] = simple.ComparetoGT(
        Prediction=corrected,
        GroundTruth=simple.OutputPort(truth, 0),
        PredictionArray=array,
        TruthArray="u",
        Isosurface="None",
    )
    check(compare)
highest = truth.PointData["u"].GetRange()[1]
worst = max(max(map(abs, compare.PointData["u_error"].GetRange())) for compare in errors.values())


def view_of(title, source, where, name, span, preset, height=0.0):
    """A view of one array in its colours, raised by its values where a height is given."""
    view = simple.CreateView("RenderView")
    view.UseColorPaletteForBackground, view.Background = 0, [1.0, 1.0, 1.0]
    view.OrientationAxesVisibility = 0
    if height:
        source = simple.WarpByScalar(Input=source, Scalars=["POINTS", name], ScaleFactor=height)
    shown = simple.Show(source, view, Representation="Surface")
    simple.ColorBy(shown, (where, name), separate=True)
    colors = shown.LookupTable
    colors.ApplyPreset(preset, True)
    colors.RescaleTransferFunction(*span)
    shown.SetScalarBarVisibility(view, False)
    text = simple.Show(simple.Text(Text=title), view)
    text.Color, text.FontSize = [0.0, 0.0, 0.0], 14
    simple.ResetCamera(view)
    view.CameraFocalPoint, view.CameraViewUp = [0.5, 0.5, 0.2 if height else 0.0], [0, 1, 0]
    if height:
        view.CameraPosition, view.CameraViewUp = [0.5, -1.4, 1.5], [0, 0, 1]
    else:
        view.CameraParallelProjection, view.CameraParallelScale = 1, 0.58
    return view


def surface(title, source, name):
    return view_of(title, source, "POINTS", name, (0.0, highest), "Viridis (matplotlib)", 0.5 / highest)


def error(title, array):
    return view_of(title, errors[array], "POINTS", "u_error", (-worst, worst), "Cool to Warm")


views = [
    surface("coarse", simple.OutputPort(coarse, 0), "u"),
    surface("cubic interpolation", corrected, "u_interpolated"),
    surface(f"corrected by {network.method}", corrected, "u"),
    surface("true", simple.OutputPort(truth, 0), "u"),
    view_of("coefficient", simple.OutputPort(coarse, 1), "CELLS", "A", (1.0, 100.0), "Grayscale"),
    error("error of the interpolation", "u_interpolated"),
    error("error of the correction", "u"),
]
layout = simple.CreateLayout("homogenization")


def fill(cell, row):
    """Divide a cell of the layout among views."""
    for k, view in enumerate(row[:-1]):
        cell = layout.SplitHorizontal(cell, 1 / (len(row) - k))
        layout.AssignView(cell, view)
        cell += 1  # the other half
    layout.AssignView(cell, row[-1])


above = layout.SplitVertical(0, 0.5)
fill(above, views[:4])
fill(above + 1, views[4:])
layout.SetSize(4 * options.size, 2 * options.size)
simple.SaveScreenshot(options.output, layout)
print(corrected.Status)
