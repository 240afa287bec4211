"""A window that looks on while nobody asks for an output: what it sees, and how it is told.

ParaView's window asks its live sources for news a few times a second, those of a remote server too; no script
does, nor does pvbatch. Nothing here knows ParaView: :mod:`stsr_plugin` says what its window is.
"""

from __future__ import annotations

import sys
import time as clock
from collections.abc import Hashable
from types import FrameType
from typing import Any, Protocol


class Window(Protocol):
    """A program with views that asks its algorithms for news by ``GetNeedsUpdate`` while it is idle."""

    def is_there(self) -> bool:
        """Whether this process has one, or may have; a remote server learns it by being asked for news."""
        ...

    def shows(self, time: float | None) -> bool:
        """Whether its views stand at ``time``, or None for any: only what asks for that is a view."""
        ...

    def saves(self) -> bool:
        """Whether something is being written: data, a picture, a film; a dialog that leads to it counts."""
        ...

    def mark(self, who: Hashable, text: str, algorithm: Any) -> None:
        """Show ``text`` in the views until ``who`` says another, "" for none, or its algorithm is gone."""
        ...

    def refresh(self, algorithm: Any) -> None:
        """Read anew what the panel tells of ``algorithm``."""
        ...

    def camera_direction(self, algorithm: Any) -> tuple[float, float, float] | None:
        """From what the camera looks at to the camera, in a view that does not show ``algorithm``.

        None if there is no such view.
        """
        ...


_windows: list[Window] = []
_asked = False  # whether any window ever asked for news


def use(window: Window) -> None:
    """Name the window of this process; the last one named counts."""
    _windows.append(window)


def window() -> Window | None:
    """The window of this process, if one was named."""
    return _windows[-1] if _windows else None


class Watch:
    """What a window has been told of one algorithm; the algorithm holds it as an attribute."""

    def __init__(self) -> None:
        self._asked = -float("inf")
        self._told = ""

    def asks(self, algorithm: Any) -> None:
        """To be called when the window asks ``algorithm`` for news: its panel shows the status then."""
        global _asked
        _asked, self._asked = True, clock.monotonic()
        status, there = algorithm.GetStatus(), window()
        if there is not None and status != self._told:
            self._told = status
            there.refresh(algorithm)

    def asked_within(self, seconds: float) -> bool:
        """Whether the window asked for news so lately."""
        return clock.monotonic() - self._asked < seconds


def a_script_waits() -> bool:
    """Whether Python stands below VTK's call: a script or a shell wants what it asked for, at once."""
    return not runs_only("vtkmodules", "stsr_filters")


def runs_only(*packages: str) -> bool:
    """Whether all Python code below and with the caller is of ``packages``: C++ called it, and no script."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in packages:
            return False
        frame = frame.f_back
    return True


def window_waits() -> bool:
    """Whether the update that is going on was asked for by a window, which will ask for news later."""
    there = window()
    return not a_script_waits() and (_asked or (there is not None and there.is_there()))
