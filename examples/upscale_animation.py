r"""24 frames through times that were never stored: coarse series, model, one filter, volume rendering.

    stsr-paraview run pvpython examples/upscale_animation.py \
        demo-output/tornado/model.stsr demo-output/tornado/coarse.pvd frames.png

writes frames.0000.png to frames.0023.png. The last argument may be a film (.avi or .ogv) as well.
"""

import argparse

from stsr_plugin import show

from paraview import simple  # isort: skip  (after stsr_plugin, which puts the newer numpy in front)

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", help="a .stsr model")
parser.add_argument("coarse", help="the series it was trained on")
parser.add_argument("output", help="the frames (.png) or the film (.avi, .ogv)")
parser.add_argument("--width", type=int, default=960, help="pixels of a frame, 4 to 3 (default 960)")
options = parser.parse_args()

upscale = simple.NeuralUpscale(Input=simple.OpenDataFile(options.coarse), ModelFile=options.model, Factor=2)
times = upscale.Input.TimestepValues
# From the middle of the first interval to that of the last, 24 evenly spaced frames meet no stored step; of a
# single interval they take all but its ends.
share = 1 / 2 if len(times) > 2 else 1 / 25
first = times[0] + share * (times[1] - times[0])
last = times[-1] - share * (times[-1] - times[-2])
show(upscale, time=(first + last) / 2)  # ends the script with the filter's own sentence if that fails

scene = simple.GetAnimationScene()
scene.PlayMode, scene.NumberOfFrames = "Sequence", 24
scene.StartTime, scene.EndTime = first, last
size = [options.width, options.width * 3 // 4]
simple.SaveAnimation(options.output, simple.GetActiveView(), FrameWindow=[0, 23], ImageResolution=size)
