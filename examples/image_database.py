r"""Images of a model from all sides, rendered inside ParaView; then the volume beside the image that follows.

    stsr-paraview run pvpython examples/image_database.py demo-output/tornado/model.stsr \
        tornado.cdb beside.png

writes the database tornado.cdb, which any Cinema viewer opens, tornado.cdb/index.html, which any browser
opens, and a picture of two views: left the model, as ParaView draws it, right the stored image that is
nearest to the camera on the left. Called again it renders only what is missing.
"""

import argparse

import stsr_plugin  # first: it puts the newer numpy in front
from stsr_filters import render_database
from stsr_filters.images.static_page import write_page
from stsr_filters.images.steps import ModelSteps

from paraview import simple  # isort: skip

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("model", help="a .stsr model")
parser.add_argument("database", help="the database, ending in .cdb")
parser.add_argument("picture", help="of both views, ending in .png")
parser.add_argument("--views", default="42", help="10 f² + 2 directions, or like 6x12 (default 42)")
parser.add_argument(
    "--times", type=int, default=4, help="how many, between the steps of the model (default 4)"
)
parser.add_argument("--size", type=int, default=256, help="pixels of an image, wide and high (default 256)")
options = parser.parse_args()

first, *_, last = ModelSteps.open(options.model).output.content.time_range
step = (last - first) / options.times
times = [first + (i + 0.5) * step for i in range(options.times)]  # most of them were never stored
database = render_database(
    options.model,
    options.database,
    views=options.views,
    times=times,
    size=(options.size, options.size),
    resume=True,
    on_progress=lambda done, wanted, text: print(f"\r{done} of {wanted} images, {text}", end="  "),
)
print(f"\n{database.path}: {len(database.records)} images; open {write_page(database)} in a browser")

time = times[len(times) // 2]
stsr_plugin.show(simple.STSRModel(FileName=options.model), time=time)
left, right = simple.GetActiveView(), simple.CreateRenderView()
layout = simple.CreateLayout("Beside")
layout.AssignView(layout.SplitHorizontal(0, 0.5), left)
layout.AssignView(2, right)
layout.SetSize(1200, 600)
simple.SetActiveView(left)

pictures = simple.ImageDatabase(FileName=options.database, View="Camera of another view")
stsr_plugin.check(pictures, time)  # ends the script with the source's own sentence if something is wrong
simple.Show(pictures, right)
right.InteractionMode = "2D"
right.OrientationAxesVisibility = right.UseColorPaletteForBackground = 0
right.Background = [1.0, 1.0, 1.0]
simple.ResetCamera(right)
right.CameraParallelProjection, right.CameraParallelScale = 1, options.size / 2
simple.SaveScreenshot(options.picture, layout)
pictures.UpdatePropertyInformation()
print(pictures.Status)
