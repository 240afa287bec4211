"""The proxies that a session of ParaView lists."""

from __future__ import annotations

from typing import Any


def in_group(session: Any, group: str) -> list[Any]:
    """Those of a group, such as "sources", "representations" or "views".

    Parameters
    ----------
    session : vtkSMSessionProxyManager
    group : str
    """
    # ParaView is looked for when it is asked, for the launcher has none.
    from paraview.modules.vtkRemotingServerManager import vtkSMProxyIterator

    iterator = vtkSMProxyIterator()
    iterator.SetSessionProxyManager(session)
    iterator.SetModeToOneGroup()
    found = []
    iterator.Begin(group)
    while not iterator.IsAtEnd():
        found.append(iterator.GetProxy())
        iterator.Next()
    return found
