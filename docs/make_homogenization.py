"""Make the picture of Neural Homogenization in ParaView's window, under Xvfb.

    python docs/make_homogenization.py h.stsr homogenization_window.png

One random material that no network has learned from: the solution on a coarse grid, what cubic interpolation
and the network make of it, the true solution, and the errors of both, as surfaces of one height and one
colour map; the filter's panel in view. Needs what make_screenshot.py needs, which starts the window.
"""

from __future__ import annotations

import sys
from pathlib import Path

SEED, SCALE = 123_456_789, 4


def scene(task):
    """Show it; raises if a filter failed."""
    from stsr_plugin import check

    from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)

    material = {"Cells": task["cells"], "Seed": SEED}
    coarse = simple.MultiscaleDiffusion(registrationName="coarse", Intervals=task["coarse"], **material)
    fine = SCALE * task["coarse"]
    truth = simple.MultiscaleDiffusion(registrationName="true", Intervals=fine, **material)
    check(truth)
    highest = truth.PointData["u"].GetRange()[1]
    corrected = simple.NeuralHomogenization(
        registrationName="corrected",
        Solution=simple.OutputPort(coarse, 0),
        Coefficient=simple.OutputPort(coarse, 1),
        ModelFile=task["model"],
        Scale=SCALE,
        WarpByHeight=1,
        WarpFactor=0.5 / highest,
    )
    check(corrected)
    errors = []
    for array in ("u_interpolated", "u"):
        errors.append(
            simple.ComparetoGT(
                registrationName=f"error of {array}",
                Prediction=simple.OutputPort(corrected, 0),
                GroundTruth=simple.OutputPort(truth, 0),
                PredictionArray=array,
                TruthArray="u",
                Isosurface="None",
            )
        )
        check(errors[-1])
    cells = {
        "coarse": (simple.OutputPort(coarse, 0), "u"),
        "cubic interpolation": (simple.OutputPort(corrected, 0), "u_interpolated"),
        "corrected": (simple.OutputPort(corrected, 1), "u"),
        "true": (simple.OutputPort(truth, 0), "u"),
        "error of the interpolation": (simple.OutputPort(errors[0], 0), "u_absolute_error"),
        "error of the correction": (simple.OutputPort(errors[1], 0), "u_absolute_error"),
    }
    first = simple.GetActiveViewOrCreate("RenderView")
    views = [first, *(simple.CreateView("RenderView") for _ in range(5))]
    for view, (title, (source, name)) in zip(views, cells.items(), strict=True):
        surface(view, title, source, name, highest)
    layout = simple.GetLayout(first)
    below = layout.SplitVertical(0, 0.5)
    for cell, row in ((below, views[:3]), (below + 1, views[3:])):
        for k, view in enumerate(row[:-1]):
            cell = layout.SplitHorizontal(cell, 1 / (3 - k))
            if view is not first:
                layout.AssignView(cell, view)
            cell += 1  # the other part
        layout.AssignView(cell, row[-1])
    simple.RenderAllViews()  # the first one turns the cameras
    for view in views:
        view.CameraFocalPoint, view.CameraViewUp = [0.5, 0.5, 0.2], [0, 0, 1]
        view.CameraPosition = [0.5, -1.4, 1.5]
    simple.SetActiveSource(corrected)
    simple.RenderAllViews()


def surface(view, title, source, name, highest):
    """Show values as a surface as high as they are, in the colours from 0 to the highest of all."""
    from paraview import simple

    view.UseColorPaletteForBackground, view.Background = 0, [1.0, 1.0, 1.0]
    view.OrientationAxesVisibility = 0
    if source.Port == 0:
        source = simple.WarpByScalar(Input=source, Scalars=["POINTS", name], ScaleFactor=0.5 / highest)
    shown = simple.Show(source, view, Representation="Surface")
    simple.ColorBy(shown, ("POINTS", name), separate=True)
    colors = shown.LookupTable
    colors.AutomaticRescaleRangeMode = "Never"
    colors.ApplyPreset("Viridis (matplotlib)", True)
    colors.RescaleTransferFunction(0.0, highest)
    shown.SetScalarBarVisibility(view, title == "coarse")
    if title == "coarse":  # the same colours everywhere
        bar = simple.GetScalarBar(colors, view)
        bar.Title, bar.TitleColor, bar.LabelColor = "u", [0.0] * 3, [0.0] * 3
        bar.WindowLocation, bar.Orientation = "Any Location", "Horizontal"
        bar.Position, bar.ScalarBarLength = [0.2, 0.72], 0.6
    text = simple.Show(simple.Text(registrationName=f"title {title}", Text=title), view)
    text.Color, text.FontSize = [0.0, 0.0, 0.0], 14


def main(model: str, picture: str) -> None:
    """Write the picture of a model."""
    from make_screenshot import screenshot
    from matplotlib.image import imsave

    from stsr_core.homogenization import file

    network = file.read_header(model).configuration
    task = {"model": model, "cells": network.cells, "coarse": network.coarse}
    imsave(picture, screenshot(task, seconds=600.0, scene=Path(__file__).resolve()).copy())


if __name__ == "__main__":
    main(*sys.argv[1:])
