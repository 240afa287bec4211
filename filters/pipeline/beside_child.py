"""The process beside ParaView's: its order comes by stdin, and it tells how far it is by stdout.

It has a Python and an OpenMP of its own, and no VTK. As long as stdin stays open somebody waits for it; when
that is closed, because it is stopped or ParaView is gone, it saves what it has and ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import IO, Any

from stsr_filters.pipeline.sentence import EXPECTED, sentence

#: How much it steps back behind ParaView's window where the cores are few, as Unix counts.
NICENESS = 5

#: Called with the fraction done and a text.
Report = Callable[[float, str], None]


def serve(
    read: Callable[[IO[bytes]], Any],
    do: Callable[[Any, Report, Callable[[], bool]], str],
    not_begun: str,
) -> int:
    """Read one order, do it, and tell how it went; the exit code.

    Parameters
    ----------
    read : callable
        The order of a stream; EOFError if it ends too early.
    do : callable
        Does an order; it is given a report and what says whether to stop, and returns what was done.
    not_begun : str
        The outcome of one that was stopped before it began.
    """
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    stop, begun = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if hasattr(os, "nice"):
        os.nice(NICENESS)

    def tell(**words: object) -> None:
        try:
            answers.write(json.dumps(words).encode() + b"\n")
        except OSError:
            stop.set()  # nobody listens any more

    try:
        order = read(sys.stdin.buffer)
    except EOFError:
        return 1

    def watch() -> None:
        # Returns when stdin is closed; nothing more is ever said. Not through Python's stream: a thread that
        # waits in there holds its lock when the program ends.
        os.read(sys.stdin.fileno(), 1)
        stop.set()
        if not begun.is_set():
            tell(done=not_begun)
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    try:
        import torch  # noqa: F401  (it takes seconds)

        begun.set()
        tell(done=do(order, lambda fraction, text: tell(fraction=fraction, text=text), stop.is_set))
    except Exception as error:
        if not isinstance(error, EXPECTED):
            traceback.print_exc()
        tell(error=sentence(error))
        return 1
    return 0
