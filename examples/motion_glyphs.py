"""How features move: arrows on an isosurface at any time, from a series of scalars alone.

    stsr-paraview run pvpython examples/motion_glyphs.py demo-output/vortex/model.stsr motion.png

Arrows stand on the isosurface because there motion can be seen: where a field is even it can only be guessed
from around.
"""

import argparse

from stsr_plugin import check

from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", help="a .stsr model of the kind motion or mixture")
parser.add_argument("output", help="the picture, ending in .png")
parser.add_argument("--time", type=float, help="time of the simulation (default: the middle of its range)")
parser.add_argument("--isovalue", type=float, help="of the surface (default: a quarter up the values)")
parser.add_argument("--arrows", type=int, default=900, help="most arrows (default 900)")
options = parser.parse_args()

model = simple.STSRModel(FileName=options.model, Motion=1)
model.UpdatePipelineInformation()
time = sum(model.TimeRange) / 2 if options.time is None else options.time
model.UpdatePipeline(time)
check(model)  # ends the script with the source's own sentence, for instance if the model knows no motion

name = model.PointData[0].GetName()
motion = f"{name}_motion"
low, high = model.PointData[name].GetRange()
isovalue = low + (high - low) / 4 if options.isovalue is None else options.isovalue
surface = simple.Contour(Input=model, ContourBy=["POINTS", name], Isosurfaces=[isovalue])
surface.UpdatePipeline(time)
speeds = surface.PointData[motion].GetRange(-1)
bounds = surface.GetDataInformation().GetBounds()
longest = max(bounds[2 * i + 1] - bounds[2 * i] for i in range(3))
arrows = simple.Glyph(
    Input=surface,
    GlyphType="Arrow",
    OrientationArray=["POINTS", motion],
    ScaleArray=["POINTS", motion],
    ScaleFactor=0.2 * longest / (speeds[1] or 1.0),
    GlyphMode="Uniform Spatial Distribution (Surface Sampling)",
    MaximumNumberOfSamplePoints=options.arrows,
)

view = simple.CreateRenderView(
    ViewSize=[1200, 900],
    UseColorPaletteForBackground=0,
    Background=[1.0, 1.0, 1.0],
    OrientationAxesVisibility=0,
)
view.ViewTime = time
shown = simple.Show(surface, view)
simple.ColorBy(shown, None)
shown.DiffuseColor, shown.AmbientColor, shown.Specular = [0.85, 0.85, 0.88], [0.85, 0.85, 0.88], 0.2
glyphs = simple.Show(arrows, view)
simple.ColorBy(glyphs, ("POINTS", motion, "Magnitude"))
colors = simple.GetColorTransferFunction(motion)
colors.ApplyPreset("Viridis (matplotlib)", True)
colors.RescaleTransferFunction(0.0, speeds[1])
glyphs.SetScalarBarVisibility(view, True)
bar = simple.GetScalarBar(colors, view)
bar.Title, bar.ComponentTitle = f"speed of {name}, t = {time:g}", ""
bar.TitleColor = bar.LabelColor = [0.0, 0.0, 0.0]
outline = simple.Show(model, view, Representation="Outline")
simple.ColorBy(outline, None)
outline.AmbientColor = outline.DiffuseColor = [0.5, 0.5, 0.5]
view.CameraPosition, view.CameraFocalPoint, view.CameraViewUp = [2, -3, 0.8], [0, 0, 0], [0, 0, 1]
simple.ResetCamera(view)
simple.GetActiveCamera().Zoom(1.05)
simple.SaveScreenshot(options.output, view)
