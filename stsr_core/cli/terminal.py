"""What the program shows while it works."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any, TextIO

from stsr_core.words import duration

if TYPE_CHECKING:
    from tqdm import tqdm

USUAL_COLUMNS, USUAL_ROWS = 80, 24


class ProgressLine:
    """A bar on a terminal, by tqdm; nothing at all elsewhere (a log file, a batch job, a pipe).

    Parameters
    ----------
    stream : text stream, optional
        Standard error by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self._bar: tqdm[Any] | None = None
        self._begun = time.monotonic()

    def tell(self, fraction: float, text: str) -> None:
        """:meth:`show`, with the time that the rest will take, for work that begins with this line."""
        self.show(with_time_left(text, fraction, time.monotonic() - self._begun), fraction)

    def show(self, text: str, fraction: float | None = None) -> None:
        """Say what is being done and, where it is known, how much of it is done, in [0, 1]."""
        if not self.stream.isatty():
            return
        if self._bar is None:
            from tqdm import tqdm

            size = {"ncols": _columns(self.stream), "nrows": USUAL_ROWS}
            self._bar = tqdm(total=1.0, file=self.stream, bar_format="{desc}", **size)
        self._bar.ncols = _columns(self.stream)
        if fraction is not None:
            self._bar.bar_format = "{percentage:3.0f}% |{bar:20}| {desc}"
            self._bar.n = min(max(fraction, 0.0), 1.0)
        self._bar.set_description_str(text)

    def close(self) -> None:
        """Leave the last text standing and go to the next line."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def _columns(stream: TextIO) -> int:
    """Width of a terminal; tqdm would draw nothing on one that does not know its own."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    except OSError:
        return USUAL_COLUMNS


def with_time_left(text: str, done: float, seconds: float) -> str:
    """What is being done, and about how long the rest takes, once so much is done that this can be told.

    Examples
    --------
    >>> with_time_left("step 2", 0.25, 10.0), with_time_left("step 1", 0.0, 1.0)
    ('step 2, about 30 s left', 'step 1')
    """
    return f"{text}, about {duration(seconds * (1 - done) / done)} left" if done > 0.005 else text


def next_steps(options: Namespace, *commands: str) -> None:
    """Print what to do next, and put it into the results that ``--json`` prints."""
    options.result["next"] = list(commands)
    for command in commands:
        print(f"next: {command}")


def say(text: str) -> None:
    """A message on standard error, above a bar where there is one."""
    from tqdm import tqdm

    tqdm.write(text, file=sys.stderr)
