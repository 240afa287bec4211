"""In the process of ParaView's window or script: the panel tells the truth, and a picture comes into view.

ParaView reads the properties that only inform, Status among them, after an Apply and when a filter is
selected. Here they are read again after every update, that of a time step too, and as soon as a model file
is chosen, before Apply: variables, times and grid then come from that file. The picture of Compare to GT is
shown when there is one. On a remote server this module is not in the window's process, and all is as
ParaView does it.
"""

from __future__ import annotations

from typing import Any

from paraview.modules.vtkRemotingServerManager import vtkSMProxyManager, vtkSMUncheckedPropertyHelper

from stsr_plugin.proxies import in_group

_MODEL_FILES = ("ModelFile", "FileName")
_SHOWN = "stsr picture"  # an annotation of the proxy: its picture was shown once, and may have been closed
_NO_PICTURE = 4  # pixels
#: Global ids: the proxies themselves must not be held, or else they would outlive being deleted.
_watched: set[str] = set()


def watch() -> None:
    """Begin, once per process; nothing on a server, which has no proxies."""
    if vtkSMProxyManager.IsInitialized():
        vtkSMProxyManager.GetProxyManager().AddObserver("RegisterEvent", _registered)


def _proxies() -> list[Any]:
    """Those of this plugin in the pipeline."""
    session = vtkSMProxyManager.GetProxyManager().GetActiveSessionProxyManager()
    listed = [] if session is None else in_group(session, "sources")
    return [proxy for proxy in listed if (proxy.GetVTKClassName() or "").startswith("stsr_plugin.")]


def _registered(manager: Any, event: str) -> None:
    for proxy in _proxies():
        key = proxy.GetGlobalIDAsString()
        if key in _watched:
            continue
        _watched.add(key)
        proxy.AddObserver("UpdateDataEvent", _updated)
        for chosen in filter(None, map(proxy.GetProperty, _MODEL_FILES)):
            chosen.AddObserver("UncheckedPropertyModifiedEvent", _chosen)
        if proxy.GetXMLName() == "CompareToGT" and proxy.GetClientSideObject() is not None:
            proxy.GetClientSideObject().AddObserver("UserEvent", _idle)


def _updated(proxy: Any, event: str) -> None:
    proxy.UpdatePropertyInformation()


def _chosen(chosen: Any, event: str) -> None:
    """A file was chosen and not applied yet: the algorithm looks into it; Apply sends the same again."""
    proxy = chosen.GetParent()
    algorithm = proxy.GetClientSideObject()
    if algorithm is not None:
        getattr(algorithm, chosen.GetCommand())(vtkSMUncheckedPropertyHelper(chosen).GetAsString(0))
        algorithm.UpdateInformation()
        proxy.UpdatePropertyInformation()


def _idle(algorithm: Any, event: str) -> None:
    """The window has nothing to do: show the picture if it is a new one."""
    proxy = next((p for p in _proxies() if p.GetClientSideObject() is algorithm), None)
    picture = algorithm.GetOutputDataObject(2)
    if proxy is None or picture is None:
        return
    if picture.GetNumberOfPoints() <= _NO_PICTURE:
        proxy.RemoveAnnotation(_SHOWN)
    elif not proxy.HasAnnotation(_SHOWN):
        proxy.SetAnnotation(_SHOWN, "1")
        # Only now: it takes a second.
        from paraview import servermanager

        from stsr_plugin.live.picture import is_shown, show_picture

        compare = servermanager._getPyProxy(proxy)
        if not is_shown(compare):
            show_picture(compare)
