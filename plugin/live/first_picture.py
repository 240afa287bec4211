"""The first picture of a source: a volume rendering as the project's own, seen at an angle, with its time."""

from __future__ import annotations

import math
from typing import Any

from paraview import servermanager, simple

from stsr_core.measuring.survey import Survey
from stsr_filters import Camera, TransferFunction, transfer_function_of
from stsr_filters.live.look import camera_below_title
from stsr_plugin.live import data, drawing
from stsr_plugin.live.on_apply import watch

_SIZE = (960, 720)  # of a new view


def show(
    source: Any,
    view: Any,
    array: str | None,
    time: float | None,
    isovalue: float | None,
    function: TransferFunction | None,
    camera: Camera | None,
) -> Any:
    """Show a source, see :func:`stsr_plugin.show`; returns its display."""
    watch()  # for the clicks that come after a script, such as the demo's
    source.UpdatePipelineInformation()
    scene = simple.GetAnimationScene()
    time = _time_within(source, scene.AnimationTime) if time is None else float(time)
    data.update(source, time)
    array = array or first_array(source)
    data.require(source, array, "source")
    own = view is None and simple.GetActiveView() is None
    view = drawing.new_view("RenderView1") if own else view or simple.GetActiveView()
    if own:
        view.ViewSize = _SIZE
    ink = drawing.INK if own else None
    if time is not None:
        scene.UpdateAnimationUsingDataTimeSteps()
        scene.AnimationTime = view.ViewTime = time
    if isovalue is not None:
        display = drawing.isosurface(source, view, array, isovalue, f"{array} = {isovalue:g}")
        _frame(source, view, camera, ink)
        return display
    display = simple.Show(source, view)
    dress(source, display, view, array, function, camera, ink)
    display.SetScalarBarVisibility(view, True)
    if ink is not None:
        bar = drawing.bar(display.LookupTable, view)
        bar.TitleColor = bar.LabelColor = ink
    return display


def dress(
    source: Any,
    display: Any,
    view: Any,
    array: str,
    function: TransferFunction | None = None,
    camera: Camera | None = None,
    ink: tuple[float, ...] | None = None,
) -> None:
    """Make the project's volume rendering of what is shown already.

    Maps that another display is shown with stay as they are, unless ``function`` is given.
    """
    colors, opacity = drawing.maps(array)
    taken = function is None and _is_taken(colors, display)
    drawing.as_volume(display, array, colors, opacity)
    drawing.bar(colors, view)
    if not taken:
        function = function or _function_of(source, array)
        drawing.fill(colors, opacity, function)
        display.ScalarOpacityUnitDistance = function.distance_in(source.GetDataInformation().GetBounds())
    _frame(source, view, camera, ink)


def first_array(source: Any) -> str:
    """Name of the first point array of one component; of any, where none has one; "" without arrays."""
    names = [source.PointData.GetArray(i).GetName() for i in range(source.PointData.GetNumberOfArrays())]
    scalars = [name for name in names if source.PointData[name].GetNumberOfComponents() == 1]
    return str((scalars or names or [""])[0])


def _frame(source: Any, view: Any, camera: Camera | None, ink: tuple[float, ...] | None) -> None:
    """Camera and box, unless somebody has turned the view; and the time of the data."""
    information, size = source.GetDataInformation(), list(view.ViewSize)
    if camera is not None or _untouched(view):
        simple._DisableFirstRenderCameraReset()  # else the first rendering of a script forgets this camera
        drawing.place(view, camera or camera_below_title(information.GetBounds(), size))
        drawing.box(view)
    if information.DataInformation.GetHasTime():
        active = simple.GetActiveSource()
        drawing.time_shown(view, size, ink)
        simple.SetActiveSource(active)


def _time_within(source: Any, time: float) -> float | None:
    """That time, or the first step of the source where it has none; None without steps."""
    steps = data.steps(source)
    if not len(steps):
        return None
    return float(time if steps[0] <= time <= steps[-1] else steps[0])


def _function_of(source: Any, array: str) -> TransferFunction:
    """Of the values now, over the range of the whole series where the source knows it."""
    survey = Survey()
    survey.add(data.sample(source, array))
    data.widen(survey, source, array)
    known = source.GetProperty("ValueRange")
    if known is not None and array == first_array(source):
        source.UpdatePropertyInformation()
        low, high = known.GetData()
        if -math.inf < low < high < math.inf:
            survey.widen(low, high)
    return transfer_function_of(survey.sample(), name=array)


def _is_taken(colors: Any, display: Any) -> bool:
    """Whether another display is shown with the map."""
    others = servermanager.ProxyManager().GetProxiesInGroup("representations").values()
    return any(
        other != display and getattr(other, "Visibility", 0) and getattr(other, "LookupTable", None) == colors
        for other in others
    )


def _untouched(view: Any) -> bool:
    """Whether the camera still looks down the z axis, as ParaView's does at first."""
    x, y, _ = (p - f for p, f in zip(view.CameraPosition, view.CameraFocalPoint, strict=True))
    return x == y == 0 and list(view.CameraViewUp) == [0, 1, 0]
