"""What every picture in ParaView's own views is put together from: view, maps, volume, box, camera, title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paraview import servermanager, simple

from stsr_filters import Camera, TransferFunction
from stsr_filters.live.look import fitting_height, text_height
from stsr_filters.rendering.render import SURFACE_COLOR, WHITE

INK = (0.15, 0.15, 0.15)
_BOX = (0.4, 0.4, 0.4)


def new_view(name: str) -> Any:
    """A render view on white, as the project's other pictures have it."""
    view = simple.CreateView("RenderView", registrationName=name)
    view.UseColorPaletteForBackground, view.BackgroundColorMode = 0, "Single Color"
    view.Background = WHITE
    view.OrientationAxesVisibility = 0
    # White light, as bright as in the pictures: colours are to be found again in the scalar bar.
    view.KeyLightIntensity, view.FillLightKFRatio, view.HeadLightKHRatio = 0.75, 2.5, 3.0
    for light in ("Key", "Fill", "Back", "Head"):
        setattr(view, f"{light}LightWarmth", 0.5)
    return view


def maps(name: str) -> tuple[Any, Any]:
    """Colour and opacity functions of a name: of an array, shared by all views, or of any other name."""
    return simple.GetColorTransferFunction(name), simple.GetOpacityTransferFunction(name)


def fill(colors: Any, opacity: Any, function: TransferFunction) -> None:
    """Set both maps, and lock their range: no time and no other data set rescales them."""
    colors.AutomaticRescaleRangeMode, colors.RescaleOnVisibilityChange = "Never", 0
    colors.UseLogScale = 0
    wrapped = function.color_space == "HSVWrap"
    colors.ColorSpace, colors.HSVWrap = "HSV" if wrapped else function.color_space, int(wrapped)
    colors.RGBPoints = [v for point in function.color_points for v in point]
    opacity.Points = [v for point in function.opacity_points for v in point]
    colors.ScalarRangeInitialized = opacity.ScalarRangeInitialized = 1


def bar(colors: Any, view: Any) -> Any:
    """The colour bar of a map in a view, whether it is shown there or not, with its ends in plain digits."""
    found = simple.GetScalarBar(colors, view)
    found.RangeLabelFormat = "%-#.3g"
    return found


def volume(source: Any, view: Any, array: str, colors: Any, opacity: Any) -> Any:
    """Show a source as a volume rendering."""
    display = simple.Show(source, view)
    as_volume(display, array, colors, opacity)
    return display


def as_volume(display: Any, array: str, colors: Any, opacity: Any) -> None:
    """Make a volume rendering of what is shown already."""
    display.SetScalarColoring(array, servermanager.GetAssociationFromString("POINTS"))
    display.LookupTable, display.ScalarOpacityFunction = colors, opacity
    display.SetRepresentationType("Volume")
    display.InterpolationType, display.Shade = "Linear", 1
    display.Diffuse, display.Specular, display.SpecularPower = 1.0, 0.2, 20.0


def isosurface(source: Any, view: Any, array: str, isovalue: float, name: str) -> Any:
    """Show the surface where an array has one value."""
    contour = simple.Contour(registrationName=name, Input=source)
    contour.ContourBy, contour.Isosurfaces = ["POINTS", array], [float(isovalue)]
    contour.ComputeScalars = 0
    display = simple.Show(contour, view)
    display.ColorArrayName = [None, ""]
    display.AmbientColor = display.DiffuseColor = SURFACE_COLOR
    return display


def box(view: Any) -> None:
    """The edges of the data's box, as a grid of axes without anything else."""
    grid = view.AxesGrid
    grid.Visibility, grid.ShowEdges, grid.GridColor = 1, 1, _BOX
    grid.XTitle = grid.YTitle = grid.ZTitle = ""
    grid.AxesToLabel = grid.ShowGrid = grid.ShowTicks = 0


def place(view: Any, camera: Camera) -> None:
    """Take a view from there."""
    view.CameraPosition, view.CameraFocalPoint = camera.position, camera.focal_point
    view.CameraViewUp, view.CameraViewAngle = camera.view_up, camera.view_angle
    view.CameraParallelProjection = int(camera.parallel_scale is not None)
    if camera.parallel_scale is not None:
        view.CameraParallelScale = camera.parallel_scale
    view.CenterOfRotation = camera.focal_point


def title(view: Any, source: Any, words: str, size: Sequence[int]) -> None:
    """Title and time of the data: that of an error is the step compared, not always the time shown."""
    format_ = words.replace("{", "{{").replace("}", "}}")
    if source.GetDataInformation().DataInformation.GetHasTime():
        format_ += "   t = {time:.5g}"
    text = simple.AnnotateTimeFilter(registrationName=f"title of {words}", Input=source, Format=format_)
    _write(view, text, format_, size, INK)


def time_shown(view: Any, size: Sequence[int], ink: Sequence[float] | None) -> None:
    """The time of the view above the picture, once.

    Not that of one source's data: a line that hangs on a source computes it even where it is hidden.

    Parameters
    ----------
    size : (width, height)
        Pixels of the view, for the size of the letters.
    ink : (red, green, blue), optional
        None leaves the colour to ParaView, which knows its own backgrounds.
    """
    inputs = [getattr(shown, "Input", None) for shown in view.Representations]
    if not any(given is not None and given.GetXMLName() in _TIMES for given in inputs):
        format_ = "t = {time:.5g}"
        _write(view, simple.AnnotateTime(registrationName="time", Format=format_), format_, size, ink)


_TIMES = ("TimeToTextConvertor", "TimeToTextConvertorSource")  # Annotate Time, as a filter and as a source


def _write(view: Any, text: Any, words: str, size: Sequence[int], ink: Sequence[float] | None) -> None:
    shown = simple.Show(text, view)
    shown.WindowLocation = "Upper Center"
    shown.FontSize = fitting_height(words, size[0], text_height(size))
    if ink is not None:
        shown.Color = ink
