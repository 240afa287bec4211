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
from stsr_plugin.live import drawing
from stsr_plugin.live.data import Series, enter_time_range, shown_error

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
    every = {title: drawing.new_view(title or "legend") for row in rows for title in row}
    name = _free_name(name)
    layout = _layout(name, rows, every, size)
    legend = every.pop(LEGEND)
    legend.InteractionMode = "2D"
    views = {title: every[title] for title in (*series.sources, *map(error_title, comparisons))}
    smallest = min((list(view.ViewSize) for view in views.values()), key=lambda s: s[0] / s[1])
    bounds = series.truth.GetDataInformation().GetBounds()

    colors, opacity = drawing.maps(f"{name}: {series.array}")
    error_colors, error_opacity = (None, None) if errors is None else drawing.maps(f"{name}: {series.error}")
    displays = {}
    for title, source in series.sources.items():
        if isovalue is None:
            displays[title] = drawing.volume(source, views[title], series.arrays[title], colors, opacity)
            drawing.title(views[title], source, title, smallest)
        else:
            displays[title] = drawing.isosurface(
                source, views[title], series.arrays[title], isovalue, f"isosurface of {title}"
            )
            drawing.title(views[title], source, f"{title}   {label} = {isovalue:g}", smallest)
    for prediction, compare in comparisons.items():
        title = error_title(prediction)
        shown = shown_error(series, prediction, compare)
        displays[title] = drawing.volume(shown, views[title], series.error, error_colors, error_opacity)
        displays[title].Shade = 0  # light would change the colours that tell the error
        drawing.title(views[title], compare, title, smallest)
    for title, display in displays.items():
        drawing.box(views[title])
        if hasattr(display, "ScalarOpacityUnitDistance"):  # which surfaces have not
            display.ScalarOpacityUnitDistance = values.distance_in(bounds)

    # Showing things has fitted the maps to them: the ranges are set, for good, when all is shown.
    bars = []
    if isovalue is None:
        drawing.fill(colors, opacity, values)
        bars.append((colors, label))
    if errors is not None:
        drawing.fill(error_colors, error_opacity, errors)
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


def _draw_bars(legend: Any, bars: Sequence[tuple[Any, str]], size: Sequence[int]) -> None:
    """One above the other, the colours of the values first."""
    wide = legend.ViewSize[0] > size[0] / 2
    for i, (colors, label) in enumerate(bars):
        bar = drawing.bar(colors, legend)
        bar.Title, bar.ComponentTitle, bar.HorizontalTitle = label, "", 1
        bar.Orientation, bar.AutoOrient, bar.WindowLocation = "Vertical", 0, "Any Location"
        bar.Position = [0.4 if wide else 0.15, 1 - (i + 0.9) / len(bars)]
        bar.ScalarBarLength = 0.72 / len(bars)
        bar.TitleColor = bar.LabelColor = drawing.INK
        bar.TitleFontSize = fitting_height(label, legend.ViewSize[0], text_height(size))
        bar.LabelFontSize = text_height(size)
        bar.Visibility = 1


def _link(views: Sequence[Any], camera: Camera) -> None:
    """The same camera for all, and each linked with the first: what moves one moves that, and that all."""
    simple._DisableFirstRenderCameraReset()  # else the first view drawn in a script forgets this camera
    for view in views:
        drawing.place(view, camera)
    for view in views[1:]:
        simple.AddCameraLink(views[0], view, _link_name(views[0], view))


def _link_name(first: Any, second: Any) -> str:
    return f"linked views {first.SMProxy.GetGlobalIDAsString()} {second.SMProxy.GetGlobalIDAsString()}"
