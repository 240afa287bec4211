"""Noticing that a VTK algorithm goes, at once and in whatever program."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import Any

from stsr_filters.pipeline.vtk_compat import vtkWeakReference

_watched: list[Any] = []  # weak references to what algorithms own


def on_deletion(algorithm: Any, call: Callable[[], None]) -> None:
    """Have ``call`` called when ``algorithm`` goes, but not with the program; it must not hold the algorithm.

    In ParaView the Python object of an algorithm comes and goes while VTK's stays, so that Python's own ways
    to notice (``__del__``, ``weakref``) say nothing; and the algorithm's own DeleteEvent would bring the
    Python object back while it is on its way out. So its information object is watched, which VTK's object
    alone owns. (A key of its own in there would end the program with a segmentation fault in VTK 9.7.)
    """
    information = algorithm.GetInformation()
    information.AddObserver("DeleteEvent", lambda *_: call())
    reference: Any = vtkWeakReference()
    reference.Set(information)
    _watched[:] = [other for other in _watched if other.Get() is not None]
    _watched.append(reference)


@atexit.register
def _watch_no_more() -> None:
    """VTK's objects outlive Python: what goes after its end has nobody to call."""
    for reference in _watched:
        if (information := reference.Get()) is not None:
            information.RemoveAllObservers()
