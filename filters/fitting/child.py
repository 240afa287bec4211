"""The process that learns beside ParaView: its order comes by stdin, and it tells how far it is by stdout.

It has a Python and an OpenMP of its own, and no VTK. As long as stdin stays open somebody waits for it; when
that is closed, by Stop or because ParaView is gone, it saves what it has and ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback

from stsr_core.threads import bounded_threads
from stsr_filters.fitting import handover
from stsr_filters.fitting.fit_run import learn
from stsr_filters.pipeline.sentence import EXPECTED, sentence

#: How much it steps back behind ParaView's window where the cores are few, as Unix counts.
NICENESS = 5


def main() -> int:
    """Read the order, learn, and tell how it went; the exit code."""
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
        order, series = handover.read(sys.stdin.buffer)
    except EOFError:
        return 1

    def watch() -> None:
        # Returns when stdin is closed; nothing more is ever said. Not through Python's stream: a thread that
        # waits in there holds its lock when the program ends.
        os.read(sys.stdin.fileno(), 1)
        stop.set()
        if not begun.is_set():
            tell(done=handover.NOT_BEGUN)
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    try:
        import torch  # noqa: F401  (it takes seconds)

        begun.set()
        with bounded_threads(order.threads):
            done = learn(
                order, series, lambda fraction, text: tell(fraction=fraction, text=text), stop.is_set
            )
        tell(done=done)
    except Exception as error:
        if not isinstance(error, EXPECTED):
            traceback.print_exc()
        tell(error=sentence(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
