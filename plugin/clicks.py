"""Whether ParaView's own code is at work, as after a click, or a script."""

from __future__ import annotations

import sys
from types import FrameType


def called_by_a_click() -> bool:
    """True where no Python code is below the caller but imports and this package: ParaView acts by itself."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in ("importlib", "stsr_plugin"):
            return False
        frame = frame.f_back
    return True
