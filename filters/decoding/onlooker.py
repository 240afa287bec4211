"""Whether somebody looks on, who may be shown a preview first: a window that asks for news, and no script.

Nothing here knows ParaView: :mod:`stsr_plugin` says what its window is.
"""

from __future__ import annotations

import sys
import time as clock
from collections.abc import Hashable
from typing import Any, Protocol

#: A window that asked for news so many seconds ago will do so again.
_PATIENCE = 5.0


class Window(Protocol):
    """A program with views that asks its algorithms for news by ``GetNeedsUpdate`` while it is idle."""

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


_windows: list[Window] = []


def use(window: Window) -> None:
    """Name the window of this process; the last one named counts."""
    _windows.append(window)


class Onlooker:
    """What one algorithm knows of the window; the algorithm holds it as an attribute."""

    def __init__(self) -> None:
        self._asked = -float("inf")
        self._told = ""
        self.mark = Mark()

    def asks(self, algorithm: Any) -> None:
        """To be called when the window asks for news: its panel then shows the status as it is."""
        self._asked = clock.monotonic()
        status = algorithm.GetStatus()
        if _windows and status != self._told:
            self._told = status
            _windows[-1].refresh(algorithm)

    @property
    def sees(self) -> bool:
        """Whether there is a window that could take previews at all."""
        return bool(_windows) and _windows[-1].shows(None)

    def takes_previews(self, time: float | None) -> bool:
        """Whether the update that is going on is for a view at ``time`` that will ask again."""
        return (
            bool(_windows)
            and clock.monotonic() - self._asked < _PATIENCE
            and not _a_script_waits()
            and _windows[-1].shows(time)
            and not _windows[-1].saves()
        )

    def saves(self) -> bool:
        """Whether something is being written, which no preview may get into."""
        return bool(_windows) and _windows[-1].saves()


class Mark:
    """What the views say of one algorithm, which may be gone already."""

    def __init__(self) -> None:
        self._text = ""

    def say(self, text: str, algorithm: Any = None) -> None:
        """``text`` of ``algorithm`` in the views; "" for nothing to say."""
        if _windows and text != self._text:
            self._text = text
            _windows[-1].mark(self, text, algorithm)

    def clear(self) -> None:
        """Nothing to say any more."""
        self.say("")


def _a_script_waits() -> bool:
    """Whether Python stands below VTK's call: a script or a shell wants what it asked for, at once."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name != "ProcessRequest"
