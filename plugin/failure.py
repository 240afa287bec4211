"""A filter that failed stops a script: ParaView alone would go on with an empty output."""

from __future__ import annotations

from typing import Any


class FilterFailed(RuntimeError):
    """A filter's own sentence about what went wrong."""


def check(proxy: Any, time: float | None = None) -> Any:
    """Update one of this plugin's sources or filters and raise if that failed; return the proxy.

    Works the same on a remote server: the sentence is asked for through the proxy's LastError.

    Parameters
    ----------
    proxy : paraview.servermanager.SourceProxy
        Any with the property LastError, which all five have.
    time : float, optional
        The time to update to.

    Raises
    ------
    FilterFailed
        With the filter's sentence.
    """
    if time is None:
        proxy.UpdatePipeline()
    else:
        proxy.UpdatePipeline(time)
    proxy.UpdatePropertyInformation()
    error = proxy.GetProperty("LastError").GetData()
    if error:
        raise FilterFailed(error)
    return proxy
