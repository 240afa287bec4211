"""Make the screenshot of the README: the ParaView GUI under Xvfb, the plugin applied, at an unseen time.

    python docs/make_screenshot.py MODEL.stsr COARSE.pvd docs/paraview.png

Needs ParaView, Xvfb and xvfb-run. Xvfb keeps its screen in a file, which is read when the scene stands.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

PLAYER = Path(__file__).with_name("play_scene.py")
SCENE = Path(__file__).with_name("screenshot_scene.py")
#: Of the window and its screen, in pixels.
SIZE = (1600, 1000)


def read_xwd(path: Path) -> np.ndarray:
    """The screen in an X window dump of 32-bit pixels: (rows, columns, 3) uint8, red first.

    The header is 32-bit big-endian words: 0 its size, 4 width, 5 height, 12 bytes per row, 19 colours,
    each colour entry of 12 bytes following the header.
    """
    data = path.read_bytes()
    words = np.frombuffer(data, ">u4", 25)
    start = int(words[0]) + 12 * int(words[19])
    height, stride = int(words[5]), int(words[12])
    rows = np.frombuffer(data, np.uint8, height * stride, start).reshape(height, stride)
    pixels = rows[:, : 4 * int(words[4])].reshape(height, -1, 4)
    little = int(words[7]) == 0
    return pixels[..., 2::-1] if little else pixels[..., 1:]


def screenshot(
    task: dict,
    seconds: float = 600.0,
    folder: Path | None = None,
    scene: Path = SCENE,
    size: tuple[int, int] = SIZE,
) -> np.ndarray:
    """Start the GUI, wait until the scene has run and the screen has come to rest, and return the screen.

    Parameters
    ----------
    task : dict
        For the scene, as JSON in ``STSR_SCREENSHOT``; "done" comes in the file ``finished`` in it.
    seconds : float
        The longest that all of it may take.
    folder : Path, optional
        See :func:`gui`; by default one of its own.
    scene : Path
        A file with a function ``scene(task)``, run in the GUI.
    size : tuple of int
        See :func:`gui`.

    Raises
    ------
    RuntimeError
        If the scene failed or did not finish in time; the log is in the message.
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as temporary:
            return screenshot(task, seconds, Path(temporary), scene, size)
    finished = folder / "finished"
    finished.unlink(missing_ok=True)
    end = time.monotonic() + seconds
    told = json.dumps({**task, "scene": str(scene), "finished": str(finished)})
    with gui(folder, f"--script={PLAYER}", size=size, STSR_SCREENSHOT=told) as process:
        while not finished.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.5)
        result = finished.read_text() if finished.exists() else "the scene did not finish"
        log = (folder / "log").read_text(errors="replace")
        if result != "done" or "ERROR" in log:
            raise RuntimeError(f"{result}\n{log}")
        return _at_rest(folder / "Xvfb_screen0", end)


@contextmanager
def gui(
    folder: Path, *arguments: str, size: tuple[int, int] = SIZE, **variables: str
) -> Iterator[subprocess.Popen]:
    """The ParaView GUI with the plugin, ended on leaving.

    Parameters
    ----------
    folder : Path
        Its settings, made if they are not there; its screen ``Xvfb_screen0`` and its ``log``.
    arguments : str
        Handed on to ParaView.
    size : tuple of int
        Width and height of the window and its screen; always the same in one folder. Most of the time of a
        software renderer goes into the view's pixels.
    variables : str
        For its environment.
    """
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment["XDG_CONFIG_HOME"] = str(folder)  # and not the user's own settings
    environment["QT_FONT_DPI"] = "84"  # text small enough for the panel to fit its column
    environment.update(variables)
    if not list((folder / "ParaView").glob("*.ini")):
        _write_settings(folder, environment, size)
    width, height = size
    server = f"-screen 0 {width}x{height}x24 -fbdir {folder} -nocursor"
    launcher = [sys.executable, "-m", "stsr_plugin.launch", "run", "--prefix", f"{folder}/installed"]
    with open(folder / "log", "w") as stream:
        # The launcher sees the display of this xvfb-run and starts none of its own.
        process = subprocess.Popen(
            ["xvfb-run", "-a", "-s", server, *launcher, "paraview", *arguments],
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)


def _write_settings(folder: Path, environment: dict[str, str], size: tuple[int, int]) -> None:
    """Settings for a window as large as the screen, with room for the panel, and no welcome.

    ParaView is started and left once, so that it writes the names of its own panels; then the left
    column is made wider and the panel in it higher.
    """
    width, height = size
    text = f"""[General]
GeneralSettings.ShowWelcomeDialog=false

[MainWindow]
Size=@Size({width} {height})
Position=@Point(0 0)
"""
    (folder / "ParaView").mkdir(exist_ok=True)
    screen = f"-screen 0 {width}x{height}x24"
    paraview = ["xvfb-run", "-a", "-s", screen, "paraview"]
    how = {"env": environment, "check": True, "capture_output": True, "text": True, "timeout": 600}
    said = subprocess.run([*paraview, "--version"], **how).stdout
    version = re.search(r"paraview version (\d+\.\d+\.\d+)", said)[1]
    (folder / f"ParaView/ParaView{version}.ini").write_text(text)
    nothing = folder / "nothing.xml"
    nothing.write_text('<?xml version="1.0" ?><pqevents></pqevents>')
    subprocess.run([*paraview, f"--test-script={nothing}", "--exit"], **how)
    for settings in (folder / "ParaView").glob("*.ini"):
        settings.write_text(re.sub(r'(?<=Layout="@ByteArray\().*(?=\)")', _roomier, settings.read_text()))


def _roomier(layout: re.Match) -> str:
    """Qt's window state with a left column of 400 pixels and a pipeline browser of 120."""
    one = {"0": 0, "a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
    state = bytearray(
        int(m[1], 16) if m[1] else one[m[2]] if m[2] else ord(m[3])
        for m in re.finditer(r"\\x([0-9a-f]{1,2})|\\(.)|([^\\])", layout[0])
    )
    column = state.index(b"\xfd") + 9  # marker, number of columns, position of the first; then its width
    struct.pack_into(">I", state, column, 400)
    browser = state.index("pipelineBrowserDock".encode("utf-16-be")) + 39  # after the name: top, height
    _, height = struct.unpack_from(">II", state, browser)
    struct.pack_into(">I", state, browser + 4, 120)
    panel = state.index(b"\xfc", browser + 8) + 1
    panel_top, panel_height = struct.unpack_from(">II", state, panel)
    struct.pack_into(">II", state, panel, panel_top - height + 120, panel_height + height - 120)
    return "".join(f"\\x{byte:x}" for byte in state)


def _at_rest(screen: Path, end: float) -> np.ndarray:
    """The screen once it has not changed for two seconds."""
    before, still = None, 0
    while time.monotonic() < end:
        time.sleep(1.0)
        now = read_xwd(screen)
        still = still + 1 if before is not None and np.array_equal(now, before) else 0
        if still >= 2:
            return now
        before = now
    raise RuntimeError("the screen did not come to rest")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("series")
    parser.add_argument("output")
    parser.add_argument("--time", type=float, help="default: between the two middle steps of the series")
    parser.add_argument("--factor", type=float, default=3.0)
    options = parser.parse_args()
    task = {
        "model": str(Path(options.model).resolve()),
        "series": str(Path(options.series).resolve()),
        "time": options.time,
        "factor": options.factor,
    }
    from matplotlib.image import imsave

    imsave(options.output, np.ascontiguousarray(screenshot(task)))


if __name__ == "__main__":
    main()
