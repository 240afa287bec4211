"""What the program shows while it works, and how it listens to Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

#: Seconds between two lines where the output is no terminal (a log file, a batch job).
SPARSE_SECONDS = 30.0


class ProgressLine:
    """One line that is rewritten on a terminal; elsewhere a new line every half minute and at the end.

    Parameters
    ----------
    stream : text stream, optional
        Standard error by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.rewrites = self.stream.isatty()
        self._last = ""
        self._shown = time.monotonic()

    def show(self, text: str) -> None:
        """Replace the line."""
        self._last = text
        if self.rewrites:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r" + text[:width].ljust(width))
            self.stream.flush()
        elif time.monotonic() - self._shown >= SPARSE_SECONDS:
            self.stream.write(text + "\n")
            self.stream.flush()
            self._shown, self._last = time.monotonic(), ""

    def close(self) -> None:
        """Leave the last text standing and go to the next line."""
        if self._last:
            self.stream.write("\n" if self.rewrites else self._last + "\n")
            self.stream.flush()
        self._last = ""


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Collect Ctrl-C instead of dying of it; a second one raises KeyboardInterrupt.

    Yields
    ------
    list of int
        Empty until the first interrupt: ``should_stop=lambda: bool(caught)``.
    """
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, previous)
