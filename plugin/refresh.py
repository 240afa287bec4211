"""The panel of an algorithm in ParaView's window, as seen from the algorithm; nothing on a remote server.

ParaView reads the properties that only inform, Status among them, after an Apply and when a filter is
selected. Read again here, the panel shows them at once.
"""

from __future__ import annotations

from typing import Any


def refresh(algorithm: Any) -> None:
    """Read the information properties of ``algorithm`` again, if this process knows its proxy."""
    try:
        from paraview.modules.vtkRemotingServerManager import vtkSMProxyManager
    except ImportError:  # plain VTK
        return
    if not vtkSMProxyManager.IsInitialized():
        return
    manager = vtkSMProxyManager.GetProxyManager().GetActiveSessionProxyManager()
    for i in range(manager.GetNumberOfProxies("sources") if manager else 0):
        proxy = manager.GetProxy("sources", manager.GetProxyName("sources", i))
        if proxy is not None and proxy.GetClientSideObject() is algorithm:
            proxy.UpdatePropertyInformation()


def is_client() -> bool:
    """Whether this is a client of ParaView: its window, or pvpython."""
    try:
        from paraview.modules.vtkRemotingCore import vtkProcessModule
    except ImportError:
        return False
    return vtkProcessModule.GetProcessType() == vtkProcessModule.PROCESS_CLIENT
