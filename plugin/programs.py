"""Where ParaView's programs are, and what they need to start without a display."""

from __future__ import annotations

import os
import shutil
import sys

PROGRAMS = ("paraview", "pvpython", "pvbatch", "pvserver", "pvdataserver", "pvrenderserver")
_SCREEN = "-screen 0 1280x1024x24 -noreset"


def find_program(name: str, folder: str | None = None) -> str | None:
    """Path of a program of ParaView: in ``folder``, else in $PARAVIEW_BIN, else on PATH; None if absent."""
    folder = folder or os.environ.get("PARAVIEW_BIN")
    if folder and os.sep not in name:
        return shutil.which(name, path=os.path.expanduser(folder))
    return shutil.which(name)


def display_prefix() -> list[str]:
    """`xvfb-run` where X11 programs have no display and it is installed, else nothing.

    The server stays up when its last window is closed: by default it starts anew then, and a program that
    opens the next window in this moment is aborted.
    """
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return []
    return ["xvfb-run", "-a", "-s", _SCREEN] if shutil.which("xvfb-run") else []
