"""What a user does in ParaView's window with mouse and keyboard, in the words of its own GUI tests."""

from __future__ import annotations

import os
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

#: Pixels of the window: as high as the panel needs, and a narrow view, which is drawn in software.
SIZE = (800, 1000)
WINDOW = "pqClientMainWindow"
DOCK = f"{WINDOW}/propertiesDock/propertiesPanel"
PANEL = f"{DOCK}/scrollArea/qt_scrollarea_viewport/scrollAreaWidgetContents/PropertiesFrame/ProxyPanel"
CHOICE = f"{WINDOW}/SelectInputDialog"


class Clicks:
    """Events in the words of ParaView's own GUI tests."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def event(self, where: str, command: str, arguments: str = "", tag: str = "pqevent") -> Clicks:
        what = "property" if tag == "pqcheck" else "command"
        self.lines.append(
            f"<{tag} object={quoteattr(where)} {what}={quoteattr(command)} arguments={quoteattr(arguments)}/>"
        )
        return self

    def menu(self, name: str, action: str) -> Clicks:
        return self.event(f"{WINDOW}/menubar/{name}", "activate", action)

    def open(self, path: str) -> Clicks:
        return self.menu("menu_File", "actionFileOpen").event(
            f"{WINDOW}/FileOpenDialog", "filesSelected", path
        )

    def put(self, widget: str, value: str, command: str = "set_string") -> Clicks:
        return self.event(f"{PANEL}/{widget}", command, value)

    def model(self, path: str, name: str = "ModelFile") -> Clicks:
        return self.put(f"{name}/FileChooser/FileLineEdit", path)

    def apply(self) -> Clicks:
        return self.event(f"{DOCK}/Accept", "activate")

    def nothing_to_apply(self) -> Clicks:
        """Fail if Apply can be pressed."""
        return self.event(f"{DOCK}/Accept", "enabled", "false", tag="pqcheck")

    def advanced(self, on: bool) -> Clicks:
        return self.event(f"{DOCK}/SearchBox/AdvancedButton", "set_boolean", str(on).lower())

    def macro(self, name: str) -> Clicks:
        return self.menu("menu_Macros", name)

    def idle(self, n: int) -> Clicks:
        """Let the window do ``n`` times what it has to do; a long pause would hold it."""
        for _ in range(n):
            self.event(WINDOW, "pause", "1")
        return self

    def choose(self, place: str) -> Clicks:
        """Take what stands there in the browser of the dialog that asks for inputs, and close it."""
        for command, button in (("mousePress", 1), ("mouseRelease", 0)):
            self.event(f"{CHOICE}/pipelineView", command, f"1,{button},0,15,10,{place}")
        return self.event(f"{CHOICE}/buttonBox/1QPushButton0", "activate")

    def look(self) -> Clicks:
        return self.event(WINDOW, "pause", "300").menu("menu_Macros", "look")

    def write(self, path: Path) -> None:
        path.write_text('<?xml version="1.0"?>\n<pqevents>\n' + "\n".join(self.lines) + "\n</pqevents>\n")


def keep(screen: np.ndarray, name: str) -> None:
    """Save a screen into the folder STSR_KEEP_SCREENSHOT names, to look at it."""
    if os.environ.get("STSR_KEEP_SCREENSHOT"):
        from matplotlib.image import imsave

        imsave(Path(os.environ["STSR_KEEP_SCREENSHOT"]) / name, np.ascontiguousarray(screen))


def panel_ink(screen: np.ndarray) -> int:
    """Dark pixels of the properties panel: text and frames."""
    return int(np.count_nonzero(screen[200:900, :390].max(axis=2) < 100))
