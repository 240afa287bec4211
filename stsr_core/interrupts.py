"""The wish to stop long work: Ctrl-C that is taken for one, and what is raised where work ended by it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(Exception):
    """The caller asked to stop; the text, if any, says what is left."""


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
