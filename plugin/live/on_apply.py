"""In ParaView's window: what Apply shows for the first time is shown as the project's pictures are.

ParaView makes the display of a new source by itself, tells of it when it is registered, and draws it a little
later. What lies between is used here: the display is noted, and dressed when its view is about to be drawn.
Displays that a script, a macro or a state file makes are left to it. On a remote server this module is not in
the window's process: there the volume rendering, which the XML asks for, is ParaView's own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from paraview.modules import vtkRemotingViews  # noqa: F401  (without it displays lack their class in Python)
from paraview.modules.vtkRemotingServerManager import vtkSMProxyManager

from stsr_plugin.proxies import in_group
from stsr_plugin.window import called_by_a_click

_MARK = "stsr first picture"  # an annotation of the display, which states and undo keep
_OURS = ("STSRModel", "NeuralUpscale", "LatentInterpolate", "LatentInterpolateOfInput", "NeuralFit")


@cache
def watch() -> None:
    """Begin, once per process."""
    vtkSMProxyManager.GetProxyManager().AddObserver("RegisterEvent", _registered)


def _registered(manager: Any, event: str) -> None:
    session = manager.GetActiveSessionProxyManager()
    if session is None:
        return
    clicked = called_by_a_click() and not session.GetInLoadXMLState()
    for display in in_group(session, "representations"):
        volume = display.GetProperty("ScalarOpacityFunction") is not None  # a spreadsheet's has none
        if volume and _source_of(display) is not None and not display.HasAnnotation(_MARK):
            display.SetAnnotation(_MARK, "due" if clicked else "left")
            for view in in_group(session, "views") if clicked else ():
                _when_drawn(view)


def _when_drawn(view: Any) -> None:
    """Look at the view once, when it is next drawn; again as long as a display has nothing to show."""

    def drawn(view: Any, event: str) -> None:
        view.RemoveObserver(tag)
        try:
            if not _dress(view):
                _when_drawn(view)
        except Exception as error:  # a picture that is less good must not end what the user does
            from stsr_filters.pipeline.messages import sentence, show_warning

            show_warning(view, "the first picture", sentence(error))

    tag = view.AddObserver("StartEvent", drawn)


def _dress(view: Any) -> bool:
    """Dress what is due; whether nothing is left to do."""
    listed = view.GetProperty("Representations")
    displays = [listed.GetProxy(i) for i in range(listed.GetNumberOfProxies())]
    due = [d for d in displays if d.HasAnnotation(_MARK) and d.GetAnnotation(_MARK) == "due"]
    for display in due:
        source = _source_of(display)
        nodes = () if source is None else _nodes(source.GetDataInformation(0))
        if not nodes:
            continue
        display.SetAnnotation(_MARK, "done")
        if min(nodes) == 1:
            display.SetRepresentationType("Slice")  # and no volume, which would be a haze
        else:
            # Only now: it takes a second.
            from paraview import servermanager

            from stsr_plugin.live import first_picture

            shown, look, where = map(servermanager._getPyProxy, (source, display, view))
            first_picture.dress(shown, look, where, first_picture.first_array(shown))
    return all(display.GetAnnotation(_MARK) == "done" for display in due)


def _nodes(information: Any) -> tuple[int, ...]:
    """Nodes along X, Y and Z; () where nothing is computed yet."""
    extent = information.GetExtent()
    arrays = information.GetPointDataInformation().GetNumberOfArrays()
    return tuple(extent[2 * i + 1] - extent[2 * i] + 1 for i in range(3)) if arrays else ()


def _source_of(display: Any) -> Any:
    """The source of this plugin that a display shows, None if it is another."""
    given = display.GetProperty("Input")
    source = given.GetProxy(0) if given is not None and given.GetNumberOfProxies() else None
    return source if source is not None and source.GetXMLName() in _OURS else None
