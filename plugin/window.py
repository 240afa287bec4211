"""ParaView's window, as :mod:`stsr_filters.pipeline.live` asks for it: where client and server are one.

On a server of its own nothing is known of the client's views and of what it saves: there the window is shown
no previews. ParaView's modules are imported when it is asked, for the launcher has none.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

from stsr_filters.pipeline import live
from stsr_plugin.proxies import in_group

#: Proxies that write, as the names of their classes tell: data, pictures, films, scenes, extracts.
_WRITERS = ("Writer", "SaveScreenshot", "SaveAnimation", "Exporter")


def called_by_a_click() -> bool:
    """Whether ParaView acts by itself, as after a click: only imports and this package stand below."""
    return live.runs_only("importlib", "stsr_plugin")


class ParaViewWindow:
    """The window of this process, if it has one."""

    def __init__(self) -> None:
        self._labels: dict[Any, Any] = {}  # view → its label

    def is_there(self) -> bool:
        """Whether this is a client of ParaView: its window, or pvpython."""
        try:
            from paraview.modules.vtkRemotingCore import vtkProcessModule
        except ImportError:
            return False
        return vtkProcessModule.GetProcessType() == vtkProcessModule.PROCESS_CLIENT

    def shows(self, time: float | None) -> bool:
        """Whether the animation stands at ``time``."""
        from paraview.modules.vtkRemotingServerManager import vtkSMPropertyHelper

        manager = _manager()
        keeper = manager and manager.FindProxy("timekeeper", "misc", "TimeKeeper")
        return bool(keeper) and (time is None or time == vtkSMPropertyHelper(keeper, "Time").GetAsDouble())

    def saves(self) -> bool:
        """Whether a proxy that writes is there, be it only for its dialog; a prototype has no VTK objects."""
        from stsr_filters.pipeline.vtk_compat import vtkCollection

        manager = _manager()
        if not manager:
            return True
        everything = vtkCollection()
        manager.GetSession().GetAllRemoteObjects(everything)
        for i in range(everything.GetNumberOfItems()):
            proxy: Any = everything.GetItemAsObject(i)
            if any(word in proxy.GetClassName() for word in _WRITERS) and proxy.GetObjectsCreated():
                return True
        return False

    def mark(self, who: Hashable, text: str, algorithm: Any) -> None:
        """Write ``text`` into all render views, in the lower left corner."""
        from stsr_filters.live.label import Label

        proxy = _proxy_of(algorithm) if text else None
        number = proxy.GetGlobalID() if proxy is not None else 0
        for view in _render_views():
            if text and view not in self._labels:
                self._labels[view] = Label(view.GetNonCompositedRenderer())
            if view in self._labels:
                self._labels[view].say(who, text, partial(_is_listed, number))

    def refresh(self, algorithm: Any) -> None:
        """Read the information properties of ``algorithm`` again: ParaView does after an Apply only."""
        proxy = _proxy_of(algorithm)
        if proxy is not None:
            proxy.UpdatePropertyInformation()

    def camera_direction(self, algorithm: Any) -> tuple[float, float, float] | None:
        """Of the active view if that is one, else of the first."""
        source = _proxy_of(algorithm)
        active = _manager() and _manager().GetSelectionModel("ActiveView").GetCurrentProxy()
        views = sorted(
            _listed("views"), key=lambda view: view is not active
        )  # which keeps the others in order
        for view in views:
            inside = view.GetClientSideObject()
            if inside is None or not inside.IsA("vtkPVRenderView") or _shows(view, source):
                continue
            camera = inside.GetActiveCamera()
            x, y, z = (p - f for p, f in zip(camera.GetPosition(), camera.GetFocalPoint(), strict=True))
            return x, y, z
        return None


def _shows(view: Any, source: Any) -> bool:
    """Whether a view shows a source."""
    from paraview.modules.vtkRemotingServerManager import vtkSMPropertyHelper

    listed = view.GetProperty("Representations")
    displays = [listed.GetProxy(i) for i in range(listed.GetNumberOfProxies())]
    shown = [
        d for d in displays if d.GetProperty("Input") and vtkSMPropertyHelper(d, "Visibility").GetAsInt()
    ]
    return source is not None and any(d.GetProperty("Input").GetProxy(0) is source for d in shown)


def _listed(group: str) -> list[Any]:
    """The proxies of a group; those of "sources" are what the pipeline browser has."""
    manager = _manager()
    return in_group(manager, group) if manager else []


def _proxy_of(algorithm: Any) -> Any:
    return next((proxy for proxy in _listed("sources") if proxy.GetClientSideObject() is algorithm), None)


def _is_listed(number: int) -> bool:
    """Whether the pipeline browser has the proxy of that number still: ParaView lets go of it later."""
    return any(proxy.GetGlobalID() == number for proxy in _listed("sources"))


def _manager() -> Any:
    """The proxies of the session whose server this process is as well; None elsewhere."""
    try:
        from paraview.modules import vtkRemotingViews  # noqa: F401  (the classes of views and of films)
        from paraview.modules.vtkRemotingServerManager import vtkSMProxyManager
    except ImportError:  # plain VTK
        return None
    if not vtkSMProxyManager.IsInitialized():
        return None
    manager = vtkSMProxyManager.GetProxyManager().GetActiveSessionProxyManager()
    return manager if manager and manager.GetSession().GetClassName() == "vtkSMSession" else None


def _render_views() -> list[Any]:
    views = (proxy.GetClientSideObject() for proxy in _listed("views"))
    return [view for view in views if view is not None and view.IsA("vtkPVRenderView")]
