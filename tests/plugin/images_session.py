"""Run by pvpython for test_images_in_paraview.py: shows a database of images, and prints JSON."""

import sys

from session_tools import failure, report, settings, status, values  # first, for the environment's numpy

# isort: split
from paraview import servermanager, simple
from paraview.vtk.util import numpy_support

from stsr_filters import render_database
from stsr_filters.images.pipeline_steps import PipelineSteps

path, folder = sys.argv[1:3]
found = {}


def corner(view):
    """Colour in the middle of what a view draws."""
    simple.SaveScreenshot(folder + "/view.png", view, ImageResolution=[96, 80])
    image = simple.PNGSeriesReader(FileNames=[folder + "/view.png"])
    data = servermanager.Fetch(image)
    simple.Delete(image)
    pixels = numpy_support.vtk_to_numpy(data.GetPointData().GetScalars()).reshape(80, 96, -1)
    return pixels[40, 48, :3].tolist()


source = simple.ImageDatabase(registrationName="pictures", FileName=path, Variable="u")
source.UpdatePipelineInformation()
found["times"] = list(source.TimestepValues)
found["choices"] = list(source.GetProperty("Variable").Available)

# In its own colours, flat.
view = simple.CreateRenderView(ViewSize=[96, 80])
display = simple.Show(source, view)
found["representation"] = [display.SMProxy.GetXMLName(), display.MapScalars]
view.InteractionMode = "2D"
source.Theta, source.Phi = 10, 100
view.ViewTime = 2.0
simple.ResetCamera(view)
simple.Render(view)
found["drawn"] = corner(view)
found["angles"] = [failure(source, 2.0), status(source), list(source.ShownView)]

# The camera of another view.
source.View = "Camera of another view"
found["alone"] = [failure(source, 2.0), status(source)]
other = simple.CreateRenderView(ViewSize=[96, 80])
simple.Show(simple.Sphere(), other)
other.CameraFocalPoint, other.CameraPosition = [1, 1, 1], [-4, 1, 1]
other.CameraViewUp = [0, 0, 1]
simple.Render(other)
found["followed"] = [failure(source, 4.0), list(source.ShownView)]
inside = source.SMProxy.GetClientSideObject()
found["untouched"] = bool(inside.GetNeedsUpdate())
other.CameraPosition = [1, 1, 5]
other.CameraViewUp = [0, 1, 0]
simple.Render(other)
found["turned"] = bool(inside.GetNeedsUpdate())
found["followed again"] = [failure(source, 4.0), list(source.ShownView)]

# A state brings it back.
before = settings(source)
simple.SaveState(folder + "/images.pvsm")
simple.ResetSession()
simple.LoadState(folder + "/images.pvsm")
again = simple.FindSource("pictures")
found["state"] = [before, settings(again), failure(again, 4.0)]
found["missing"] = failure(simple.ImageDatabase(FileName=folder + "/none.cdb"))
# The same rendering code on a pipeline of ParaView's.
wavelet = simple.Wavelet(WholeExtent=[-4, 4, -4, 4, -4, 4])
steps = PipelineSteps.of(wavelet.SMProxy.GetClientSideObject())
made = render_database(steps, folder + "/wavelet.cdb", views="1x2", size=(24, 24))
pictures = simple.ImageDatabase(FileName=folder + "/wavelet.cdb")
found["rendered"] = [made.variables, len(made.records), failure(pictures), values(pictures, "RGB")]
report(found)
