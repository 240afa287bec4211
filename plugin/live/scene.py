"""Live views as ParaView's own objects: a layout, linked render views, shared maps, titles, scalar bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from paraview import servermanager, simple

from stsr_filters import Camera, TransferFunction
from stsr_filters.live.look import (
    LEGEND,
    camera_below_title,
    column_shares,
    error_title,
    fitting_height,
    text_height,
)
from stsr_filters.rendering.render import SURFACE_COLOR, WHITE
from stsr_plugin.live.data import Series, enter_time_range, shown_error

_INK = (0.15, 0.15, 0.15)
_BOX = (0.4, 0.4, 0.4)
_CAMERA = (
    "CameraPosition",
    "CameraFocalPoint",
    "CameraViewUp",
    "CameraViewAngle",
    "CameraParallelProjection",
    "CameraParallelScale",
)


def build(
    series: Series,
    comparisons: Mapping[str, Any],
    rows: list[list[str]],
    values: TransferFunction,
    errors: TransferFunction | None,
    isovalue: float | None,
    camera: Camera | None,
    size: tuple[int, int],
    label: str,
    name: str,
) -> dict[str, Any]:
    """Everything a LinkedViews holds."""
    enter_time_range(series)
    every = {title: _view(title or "legend") for row in rows for title in row}
    name = _free_name(name)
    layout = _layout(name, rows, every, size)
    legend = every.pop(LEGEND)
    legend.InteractionMode = "2D"
    views = {title: every[title] for title in (*series.sources, *map(error_title, comparisons))}
    smallest = min((list(view.ViewSize) for view in views.values()), key=lambda s: s[0] / s[1])
    bounds = series.truth.GetDataInformation().GetBounds()

    colors, opacity = _maps(f"{name}: {series.array}")
    error_colors, error_opacity = (None, None) if errors is None else _maps(f"{name}: {series.error}")
    displays = {}
    for title, source in series.sources.items():
        if isovalue is None:
            displays[title] = _volume(source, views[title], series.arrays[title], colors, opacity)
            _name(views[title], source, title, smallest)
        else:
            displays[title] = _isosurface(source, views[title], series.arrays[title], isovalue, title)
            _name(views[title], source, f"{title}   {label} = {isovalue:g}", smallest)
    for prediction, compare in comparisons.items():
        title = error_title(prediction)
        shown = shown_error(series, prediction, compare)
        displays[title] = _volume(shown, views[title], series.error, error_colors, error_opacity)
        displays[title].Shade = 0  # light would change the colours that tell the error
        _name(views[title], compare, title, smallest)
    for display in displays.values():
        if hasattr(display, "ScalarOpacityUnitDistance"):  # which surfaces have not
            display.ScalarOpacityUnitDistance = values.distance_in(bounds)

    # Showing things has fitted the maps to them: the ranges are set, for good, when all is shown.
    bars = []
    if isovalue is None:
        _fill(colors, opacity, values)
        bars.append((colors, label))
    if errors is not None:
        _fill(error_colors, error_opacity, errors)
        bars.append((error_colors, "error"))
    _draw_bars(legend, bars, smallest)
    camera = camera or camera_below_title(bounds, smallest)
    _link(list(views.values()), camera)
    simple.SetActiveView(views[series.reference])
    return {
        "layout": layout,
        "views": views,
        "displays": displays,
        "comparisons": dict(comparisons),
        "legend": legend,
        "colors": colors,
        "opacity": opacity,
        "error_colors": error_colors,
        "error_opacity": error_opacity,
        "camera": camera,
    }


def save_screenshot(views: Any, path: Path, options: Mapping[str, Any]) -> None:
    """Write one picture of the layout, or raise OSError."""
    with _drawn_once(list(views.views.values())):
        done = simple.SaveScreenshot(str(path), views.layout, **options)
    if not done:
        raise OSError(f"{path}: cannot write the picture")


def save_animation(views: Any, path: Path, frames: int | None, options: Mapping[str, Any]) -> None:
    """Write the layout over time, or raise OSError; the animation's own settings stay as they were."""
    scene = simple.GetAnimationScene()
    before = scene.PlayMode, scene.NumberOfFrames, scene.AnimationTime
    if frames is None:
        scene.PlayMode = "Snap To TimeSteps"
    else:
        scene.PlayMode, scene.NumberOfFrames = "Sequence", frames
    try:
        with _drawn_once(list(views.views.values())):
            done = simple.SaveAnimation(str(path), views.layout, scene, **options)
    finally:
        scene.PlayMode, scene.NumberOfFrames, scene.AnimationTime = before
    if not done:
        raise OSError(f"{path}: cannot write the animation")


@contextmanager
def _drawn_once(views: Sequence[Any]) -> Iterator[None]:
    """Links off while all views are drawn anyway: each would draw all the others, again and again.

    A link works when a view is drawn. A camera that a script has moved since is passed on here.
    """
    moved = max(views, key=lambda view: max(view.GetProperty(n).SMProperty.GetMTime() for n in _CAMERA))
    for view in views:
        if view is not moved:
            for name in _CAMERA:
                setattr(view, name, getattr(moved, name))
    manager = servermanager.ProxyManager().SMProxyManager
    links = [manager.GetRegisteredLink(_link_name(views[0], view)) for view in views[1:]]
    links = [link for link in links if link is not None and link.GetEnabled()]
    for link in links:
        link.SetEnabled(False)
    try:
        yield
    finally:
        for link in links:
            link.SetEnabled(True)


def _view(title: str) -> Any:
    view = simple.CreateView("RenderView", registrationName=title)
    view.UseColorPaletteForBackground, view.BackgroundColorMode = 0, "Single Color"
    view.Background = WHITE
    view.OrientationAxesVisibility = 0
    # White light, as bright as in the pictures: colours are to be found again in the scalar bar.
    view.KeyLightIntensity, view.FillLightKFRatio, view.HeadLightKHRatio = 0.75, 2.5, 3.0
    for light in ("Key", "Fill", "Back", "Head"):
        setattr(view, f"{light}LightWarmth", 0.5)
    return view


def _free_name(name: str) -> str:
    """The name, with a number if a layout has it."""
    taken = {key[0] for key in simple.GetLayouts()}
    return next(n for n in (name if i == 1 else f"{name} {i}" for i in count(1)) if n not in taken)


def _layout(name: str, rows: list[list[str]], views: Mapping[str, Any], size: tuple[int, int]) -> Any:
    others = simple.GetLayouts()
    layout = simple.CreateLayout(name)
    if len(rows) == 2:
        layout.SplitVertical(0, 0.5)
    shares = column_shares(rows)
    for i, (row, widths) in enumerate(zip(rows, shares, strict=True)):
        place = 0 if len(rows) == 1 else i + 1  # the halves of place n are 2n + 1 and 2n + 2
        for k, title in enumerate(row[:-1]):
            layout.SplitHorizontal(place, widths[k] / sum(widths[k:]))
            layout.AssignView(2 * place + 1, views[title])
            place = 2 * place + 2
        layout.AssignView(place, views[row[-1]])
    whole = round(sum(shares[0]) * size[0]), len(rows) * size[1]
    if others and views[LEGEND].GetRenderWindow().IsA("vtkGenericOpenGLRenderWindow"):
        # A window of the GUI, where this layout will soon be as large as the others are.
        given = next(iter(others.values())).GetSize()
        whole = (given[0], given[1]) if min(given[0], given[1]) > 0 else whole
    layout.SetSize(*whole)
    return layout


def _maps(name: str) -> tuple[Any, Any]:
    """Colour and opacity functions of these views alone.

    ParaView's own, one for every array name, would be rescaled by whatever else is coloured by that array.
    """
    return simple.GetColorTransferFunction(name), simple.GetOpacityTransferFunction(name)


def _fill(colors: Any, opacity: Any, function: TransferFunction) -> None:
    """Set both maps, and lock their range: no time and no other data set rescales them."""
    colors.AutomaticRescaleRangeMode, colors.RescaleOnVisibilityChange = "Never", 0
    colors.UseLogScale = 0
    wrapped = function.color_space == "HSVWrap"
    colors.ColorSpace, colors.HSVWrap = "HSV" if wrapped else function.color_space, int(wrapped)
    colors.RGBPoints = [v for point in function.color_points for v in point]
    opacity.Points = [v for point in function.opacity_points for v in point]
    colors.ScalarRangeInitialized = opacity.ScalarRangeInitialized = 1


def _volume(source: Any, view: Any, array: str, colors: Any, opacity: Any) -> Any:
    display = simple.Show(source, view)
    display.SetScalarColoring(array, servermanager.GetAssociationFromString("POINTS"))
    display.LookupTable, display.ScalarOpacityFunction = colors, opacity
    display.SetRepresentationType("Volume")
    display.InterpolationType, display.Shade = "Linear", 1
    display.Diffuse, display.Specular, display.SpecularPower = 1.0, 0.2, 20.0
    _draw_box(view)
    return display


def _isosurface(source: Any, view: Any, array: str, isovalue: float, title: str) -> Any:
    contour = simple.Contour(registrationName=f"isosurface of {title}", Input=source)
    contour.ContourBy, contour.Isosurfaces = ["POINTS", array], [float(isovalue)]
    contour.ComputeScalars = 0
    display = simple.Show(contour, view)
    display.ColorArrayName = [None, ""]
    display.AmbientColor = display.DiffuseColor = SURFACE_COLOR
    _draw_box(view)
    return display


def _draw_box(view: Any) -> None:
    """The edges of the data's box, as a grid of axes without anything else."""
    grid = view.AxesGrid
    grid.Visibility, grid.ShowEdges, grid.GridColor = 1, 1, _BOX
    grid.XTitle = grid.YTitle = grid.ZTitle = ""
    grid.AxesToLabel = grid.ShowGrid = grid.ShowTicks = 0


def _name(view: Any, source: Any, title: str, size: Sequence[int]) -> None:
    """Title and time of the data: that of an error is the step compared, not always the time shown."""
    format_ = title.replace("{", "{{").replace("}", "}}")
    if source.GetDataInformation().DataInformation.GetHasTime():
        format_ += "   t = {time:.5g}"
    text = simple.AnnotateTimeFilter(registrationName=f"title of {title}", Input=source, Format=format_)
    shown = simple.Show(text, view)
    shown.WindowLocation = "Upper Center"
    shown.Color, shown.FontSize = _INK, fitting_height(format_, size[0], text_height(size))


def _draw_bars(legend: Any, bars: Sequence[tuple[Any, str]], size: Sequence[int]) -> None:
    """One above the other, the colours of the values first."""
    wide = legend.ViewSize[0] > size[0] / 2
    for i, (colors, label) in enumerate(bars):
        bar = simple.GetScalarBar(colors, legend)
        bar.Title, bar.ComponentTitle, bar.HorizontalTitle = label, "", 1
        bar.Orientation, bar.AutoOrient, bar.WindowLocation = "Vertical", 0, "Any Location"
        bar.Position = [0.4 if wide else 0.15, 1 - (i + 0.9) / len(bars)]
        bar.ScalarBarLength = 0.72 / len(bars)
        bar.TitleColor = bar.LabelColor = _INK
        bar.TitleFontSize = fitting_height(label, legend.ViewSize[0], text_height(size))
        bar.LabelFontSize = text_height(size)
        bar.RangeLabelFormat = "%-#.3g"
        bar.Visibility = 1


def _link(views: Sequence[Any], camera: Camera) -> None:
    """The same camera for all, and each linked with the first: what moves one moves that, and that all."""
    simple._DisableFirstRenderCameraReset()  # else the first view drawn in a script forgets this camera
    for view in views:
        view.CameraPosition, view.CameraFocalPoint = camera.position, camera.focal_point
        view.CameraViewUp, view.CameraViewAngle = camera.view_up, camera.view_angle
        view.CameraParallelProjection = int(camera.parallel_scale is not None)
        if camera.parallel_scale is not None:
            view.CameraParallelScale = camera.parallel_scale
        view.CenterOfRotation = camera.focal_point
    for view in views[1:]:
        simple.AddCameraLink(views[0], view, _link_name(views[0], view))


def _link_name(first: Any, second: Any) -> str:
    return f"linked views {first.SMProxy.GetGlobalIDAsString()} {second.SMProxy.GetGlobalIDAsString()}"
