"""Long work in a process of its own: started, asked how far it is, stopped; it ends with its parent."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from stsr_filters.pipeline.interpreter import environment_of, interpreter

#: Longest time that the start waits for the order to be sent, in seconds.
_SENDING = 1.0
#: How long the thread is let in when it is looked after, in seconds.
_LOOK = 0.005


class Beside:
    """A child process that does one order, and a thread that attends to it.

    It stops when it is asked to, or when this process ends, however that happens:
    :mod:`stsr_filters.pipeline.beside_child` is its other half.

    ParaView's window holds Python's lock while it is idle, so that the thread gets on only when
    :meth:`ended` lets it.

    Parameters
    ----------
    module : str
        What the child runs, as ``python -m`` does.
    send : callable
        Writes the order to the child's stdin, so that nothing is left lying anywhere; not held on to.
    not_begun : str
        The outcome of one that was stopped before it began.
    ended : callable
        What to say of a child that has ended too early, given how it did.

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

    def __init__(
        self, module: str, send: Callable[[IO[bytes]], None], not_begun: str, ended: Callable[[str], str]
    ) -> None:
        self.fraction, self.text = 0.0, "starting"
        self.outcome = ""
        self.error: Exception | None = None
        self._not_begun, self._ended = not_begun, ended
        program = interpreter()
        self._child = subprocess.Popen(
            [program, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment_of(program),
            start_new_session=True,  # a Ctrl-C in the terminal is for ParaView; its end is noticed anyway
        )
        self._lock = threading.Lock()
        self._sent, self._stopped = threading.Event(), False
        self._thread = threading.Thread(target=self._attend, args=(send,), daemon=True)
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

    def ended(self) -> bool:
        """Let it be heard what the child has said; whether it has ended."""
        return self.join(_LOOK)

    def join(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        self._thread.join(seconds)
        return not self.running

    def _close(self) -> None:
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()

    def _attend(self, send: Callable[[IO[bytes]], None]) -> None:
        assert self._child.stdin is not None and self._child.stdout is not None
        with suppress(OSError):  # it ended before it had read all: its exit code says more
            send(self._child.stdin)
        del send
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
            self.outcome = self._not_begun
        elif not self.outcome:
            self.error = ChildProcessError(self._ended(_how(code)))


def _how(code: int) -> str:
    """How a process ended, by its exit code.

    Examples
    --------
    >>> _how(3), _how(-9)
    ('exit code 3', 'SIGKILL')
    """
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
