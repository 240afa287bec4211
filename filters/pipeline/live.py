"""What changes while nobody asks for an output: who watches it, and how that one is told.

ParaView's window asks its live sources for news a few times a second, those of a remote server too; no script
does, nor does pvbatch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

#: Called with an algorithm whose status has changed.
listeners: list[Callable[[Any], None]] = []
#: Called for whether this process may have a window of its own; a remote server learns it by being asked.
windows: list[Callable[[], bool]] = []
_asked = False


class Watch:
    """What is shown of one algorithm's status; the algorithm holds it as an attribute."""

    def __init__(self) -> None:
        self._shown = ""

    def asked(self, algorithm: Any) -> None:
        """To be called when a window asks ``algorithm`` for news: its status is shown if it is another."""
        global _asked
        _asked = True
        status = algorithm.GetStatus()
        if status != self._shown:
            self._shown = status
            for listener in listeners:
                listener(algorithm)


def window_waits() -> bool:
    """Whether the update that is going on was asked for by a window, which will ask for news later.

    A script, a macro and the shell in the window want what they asked for when the update is over: below
    their call stands a frame of Python that is not VTK's.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name == "ProcessRequest" and (_asked or any(there() for there in windows))
