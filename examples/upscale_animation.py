"""24 frames through times that were never stored: a coarse series, its model, one filter, a volume rendering.

    stsr-paraview run pvpython examples/upscale_animation.py vf.stsr coarse.pvd frames.png

writes frames.0000.png to frames.0023.png. The last argument may be a film (.avi or .ogv) as well.
"""

import sys

from paraview import simple

from stsr_plugin import check

model, series, output = sys.argv[1:4]
upscale = simple.NeuralUpscale(Input=simple.OpenDataFile(series), ModelFile=model, Factor=2)
check(upscale)  # ends the script with the filter's own sentence if the model or the series is unusable

view = simple.CreateRenderView(
    ViewSize=[960, 720], UseColorPaletteForBackground=0, Background=[0.08, 0.09, 0.12]
)
name = upscale.PointData[0].GetName()
volume = simple.Show(upscale, view, Representation="Volume")
simple.ColorBy(volume, ("POINTS", name))
low, high = upscale.PointData[name].GetRange()
colors = simple.GetColorTransferFunction(name)
colors.ApplyPreset("Plasma (matplotlib)", True)
colors.RescaleTransferFunction(low, high)
opacity = [(0, 0), (0.05, 0), (0.3, 0.3), (1, 0.8)]
simple.GetOpacityTransferFunction(name).Points = [
    v for u, a in opacity for v in (low + u * (high - low), a, 0.5, 0)
]
view.CameraPosition, view.CameraFocalPoint, view.CameraViewUp = [2, -3, 0.8], [0, 0, 0], [0, 0, 1]
simple.ResetCamera(view)
simple.GetActiveCamera().Zoom(1.3)

# From the middle of the first interval to that of the last, 24 evenly spaced frames meet no stored step.
times = upscale.Input.TimestepValues
scene = simple.GetAnimationScene()
scene.PlayMode, scene.NumberOfFrames = "Sequence", 24
scene.StartTime, scene.EndTime = (times[0] + times[1]) / 2, (times[-2] + times[-1]) / 2
simple.SaveAnimation(output, view, FrameWindow=[0, 23])
