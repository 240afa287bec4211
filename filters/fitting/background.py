"""A training run in a process of its own: started, asked how far it is, stopped; it ends with its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import suppress

from stsr_core.kept import KeptSeries
from stsr_filters.fitting import handover
from stsr_filters.pipeline.interpreter import environment_of, interpreter

#: Longest time that the start waits for the kept samples to be sent, in seconds.
_SENDING = 1.0
#: How long the thread is let in when it is looked after, in seconds.
_LOOK = 0.005


class Background:
    """A child process that learns, and a thread that attends to it.

    It stops when it is asked to, or when this process ends, however that happens: it then saves a model that
    can be used and resumed.

    ParaView's window holds Python's lock while it is idle, so that the thread gets on only when
    :meth:`look` lets it.

    Parameters
    ----------
    order : Order
    series : KeptSeries
        Sent through a pipe, so that nothing is left lying anywhere; not held on to.

    Attributes
    ----------
    fraction, text : float, str
        How far it is, in [0, 1], and what is being done.
    outcome : str
        What was done, once it has ended well.
    error : Exception or None
        What went wrong, once it has ended otherwise.

    Raises
    ------
    FileNotFoundError
        If no Python is found to run it with.
    """

    def __init__(self, order: handover.Order, series: KeptSeries) -> None:
        self.fraction, self.text = 0.0, "starting"
        self.outcome = ""
        self.error: Exception | None = None
        self._model_file = order.settings.model_file
        program = interpreter()
        self._child = subprocess.Popen(
            [program, "-m", "stsr_filters.fitting.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment_of(program),
            start_new_session=True,  # a Ctrl-C in the terminal is for ParaView; its end is noticed anyway
        )
        self._lock = threading.Lock()
        self._sent, self._stopped = threading.Event(), False
        self._thread = threading.Thread(target=self._attend, args=(order, series), daemon=True)
        self._thread.start()
        self._sent.wait(_SENDING)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def stop(self) -> None:
        """Ask it to save what it has and to end; returns at once."""
        with self._lock:
            self._stopped = True
            if self._sent.is_set():
                self._close()
            else:
                self._child.kill()  # it has nothing yet that it could save

    def look(self) -> None:
        """Let it be heard what the child has said."""
        self.join(_LOOK)

    def join(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        self._thread.join(seconds)
        return not self.running

    def _close(self) -> None:
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()

    def _attend(self, order: handover.Order, series: KeptSeries) -> None:
        assert self._child.stdin is not None and self._child.stdout is not None
        with suppress(OSError):  # it ended before it had read all: its exit code says more
            handover.write(self._child.stdin, order, series)
        del order, series
        with self._lock:
            self._sent.set()
            begun = not self._stopped
        failed = ""
        with self._child.stdout as answers:
            for line in answers:
                said = json.loads(line)
                failed, self.outcome = said.get("error", ""), said.get("done", "")
                self.fraction = said.get("fraction", self.fraction)
                self.text = said.get("text", self.text)
        code = self._child.wait()
        self._close()
        if failed:
            self.error = ValueError(failed)
        elif not begun:
            self.outcome = handover.NOT_BEGUN
        elif not self.outcome:
            self.error = ChildProcessError(self._end(code))

    def _end(self, code: int) -> str:
        how = f"exit code {code}"
        if code < 0:
            with suppress(ValueError):
                how = signal.Signals(-code).name
        left = "; press Continue Learning to go on from its last checkpoint"
        return (
            f"{self._model_file}: the process that was learning ended too early ({how})"
            f"{left if os.path.exists(self._model_file) else ''}"
        )
