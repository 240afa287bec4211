"""What has become of one filter's runs: one is done, one failed, or one goes on in the background."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable

from stsr_core.kept import KeptSeries
from stsr_core.threads import bounded_threads
from stsr_filters.decoding.resources import require_torch
from stsr_filters.fitting import background
from stsr_filters.fitting.fit_run import Report, learn
from stsr_filters.fitting.handover import Order
from stsr_filters.pipeline.beside import Beside
from stsr_filters.pipeline.vtk_compat import process_count

#: A window has so many times as long for its user as it takes to show what is new.
_REST = 5.0


class Learning:
    """The runs of one filter, told apart by what their model depends on, their ``identity``.

    What a failure depends on besides is its ``circumstances``: until they change, the same would go wrong.
    """

    def __init__(self) -> None:
        self._done: tuple[Hashable, str] | None = None
        self._failed: tuple[Hashable, Hashable, Exception] | None = None
        self._run: Beside | None = None
        self._run_is: Hashable = None
        self._amount = self._model_file = ""
        self._seen: tuple[int, int] | None = None
        self._ended = False
        self._showing: float | None = None
        self._rest = 0.0

    @property
    def running(self) -> bool:
        """Whether something goes on in the background."""
        return self._run is not None and self._run.running

    def forget(self) -> None:
        """What was done or went wrong counts no more."""
        self._done = self._failed = None

    def done(self, identity: Hashable, outcome: str) -> None:
        """A run has ended well."""
        self._done, self._failed = (identity, outcome), None

    def failed(self, identity: Hashable, circumstances: Hashable, error: Exception) -> None:
        """A run has ended otherwise."""
        self._failed = identity, circumstances, error

    def outcome(self, identity: Hashable) -> str:
        """What was done for ``identity``, "" if nothing was."""
        return self._done[1] if self._done is not None and self._done[0] == identity else ""

    def failure(self, identity: Hashable, circumstances: Hashable) -> Exception | None:
        """What went wrong, and would again."""
        if self._failed is None or self._failed[:2] != (identity, circumstances):
            return None
        return self._failed[2]

    def goes_on(self, identity: Hashable) -> bool:
        """Whether the background is busy with just this."""
        return self._run is not None and self._run_is == identity

    def learn(
        self,
        identity: Hashable,
        amount: str,
        order: Order,
        series: KeptSeries,
        report: Report,
        should_stop: Callable[[], bool],
    ) -> None:
        """Learn now."""
        require_torch()
        with bounded_threads(order.threads, process_count()):
            outcome = learn(order, series, report, should_stop)
        self.done(identity, f"{amount}: {outcome}")

    def start(self, identity: Hashable, amount: str, order: Order, series: KeptSeries) -> None:
        """Learn in the background."""
        self._run = background.begin(order, series)
        self._run_is, self._amount = identity, amount
        self._model_file = order.settings.model_file
        self._seen = self._written()

    def stop(self) -> None:
        """Have the background save what it has and end, soon."""
        if self._run is not None:
            self._run.stop()

    def wait(
        self,
        pulse: float | None = None,
        report: Report = lambda fraction, text: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wait until the background has ended; every ``pulse`` seconds, report and ask whether to stop it."""
        while self._run is not None and not self._run.join(pulse):
            report(self._run.fraction, self._run.text)
            if should_stop():
                self._run.stop()

    def drop(self) -> None:
        """End what goes on in the background, and wait for it; its outcome does not matter."""
        self.stop()
        self.wait()
        self._run = None

    def settle(self, circumstances: Callable[[], Hashable]) -> None:
        """Make what the background has ended with done or failed."""
        run = self._run
        if run is None or not run.ended():
            return
        self._run, self._ended = None, True
        if run.error is None:
            self.done(self._run_is, f"{self._amount}: {run.outcome}")
        else:
            self.failed(self._run_is, circumstances(), run.error)

    def said(self) -> str:
        """How far the background is."""
        run = self._run
        return "" if run is None else f"learning, {run.fraction:.0%}: {run.text}; from {self._amount}"

    def shows_more(self) -> bool:
        """Whether the model file was written since this was last asked, or the run has ended.

        Asked by a window a few times a second: it did not ask while it was showing what was new, and then it
        has a rest from it.
        """
        now = time.monotonic()
        if self._showing is not None:
            self._rest, self._showing = now + _REST * (now - self._showing), None
        if not self._ended and (self._run is None or now < self._rest or self._written() == self._seen):
            return False
        self._ended, self._seen, self._showing = False, self._written(), now
        return True

    def _written(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._model_file)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
