"""Steps for a window: a preview at once, all of it soon after, and the next ones before they are asked for.

::

    a view asks ──┬─ kept, or just decoded ───────────────────────────── all of it
                  └─ preview (child process, a fraction of a second) ─── preview
                                                                            │ child process goes on
    the window asks for news ── decoded meanwhile: "update" ──────────── all of it, by the next update
                             └─ nothing left to do: the steps that come next in the direction of play
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence

from stsr_core.interrupts import Stopped
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Decoded, Order, Performance
from stsr_filters.decoding.worker import AHEAD, FULL, PREVIEW, Job, Worker, shared_worker

#: Steps decoded ahead of time, and the share of the cache they may take.
_AHEAD, _SHARE = 3, 0.5
#: Seconds without a new request after which the child is idle enough for that.
_IDLE = 0.3
#: Longest wait for a preview: a child that says nothing for so long is no help.
_PATIENCE = 60.0

Report = Callable[[float, str], None]


class Scrubbing:
    """What one filter shows while its time is moved; it holds it as an attribute.

    Parameters
    ----------
    decoder : Decoder
    worker : Worker, optional
        By default that of the process.
    """

    def __init__(self, decoder: Decoder, worker: Worker | None = None) -> None:
        self._decoder = decoder
        self._worker = shared_worker() if worker is None else worker
        self._shown: tuple[Order, Decoded] | None = None  # the preview that stands
        self._job: Job | None = None  # what will replace it
        self._fresh: tuple[Order, Decoded] | None = None  # come, and not shown yet
        self._alone: Order | None = None  # what the child failed at: this process will say why
        self._ahead: Job | None = None
        self._next: list[Order] = []
        self._performance = Performance()
        self._last = 0.0

    def warm_up(self) -> None:
        """Let the child begin, so that it is there when the first step is wanted; returns at once."""
        self._worker.start()

    def answer(
        self,
        order: Order,
        performance: Performance,
        preview_will_do: bool,
        on_progress: Report,
        should_stop: Callable[[], bool],
    ) -> Decoded:
        """What an order is for, or its preview where that will do; raises as :meth:`Decoder.decode`."""
        self._last, self._performance = clock.monotonic(), performance
        if self._alone != order:
            self._alone = None
        # What no view asked for, the steps of a film or of a mean over time, leaves a preview its successor:
        # what was made of it will be made anew.
        if preview_will_do and self._shown is not None and self._shown[0] != order:
            self._leave()
        if self._fresh is not None and self._fresh[0] == order:
            found: Decoded | None = self._fresh[1]
        else:
            found = self._decoder.kept(order)
        self._fresh = None
        if found is None and preview_will_do and order != self._alone:
            found = self._preview(order, on_progress, should_stop)
        elif found is None and self._job is not None and self._job.order == order:
            found = self._finished(on_progress, should_stop)
        if found is None:
            found = self._decoder.decode(order, performance, on_progress, should_stop)
        if not found.preview and self._shown is not None and self._shown[0] == order:
            self._leave()
        return found

    def foresee(self, orders: Sequence[Order]) -> None:
        """What will be asked for next, the first one first; decoded while nothing else is to be done."""
        self._next = list(orders[:_AHEAD])
        if self._ahead is not None and self._ahead.order not in self._next:
            self._worker.drop(self._ahead)
            self._ahead = None

    @property
    def owes(self) -> bool:
        """Whether a preview stands where all of it should."""
        return self._shown is not None

    def news(self) -> bool:
        """Whether an update would now show something better; to be asked while the window is idle."""
        if self._shown is None:
            self._go_ahead()
            return False
        job = self._successor(self._shown[0])
        if not self._worker.look(job):
            return False
        self._settle(job)
        return True

    def finish(self, on_progress: Report, should_stop: Callable[[], bool]) -> bool:
        """Wait for what replaces the preview that stands; whether an update would show it."""
        if self._shown is None:
            return False
        job = self._successor(self._shown[0])
        self._wait(job, on_progress, should_stop)
        self._settle(job)
        return True

    def stop(self) -> None:
        """Nothing is wanted any more."""
        self._leave()
        self.foresee(())

    def _preview(self, order: Order, on_progress: Report, should_stop: Callable[[], bool]) -> Decoded | None:
        """A preview, or all of it where that is as quick; None if the child is of no help."""
        if self._shown is not None:  # of this order: answer() has left any other
            return self._shown[1]
        if not self._worker.start():
            return None
        self._decoder.make_room(order)
        if self._ahead is not None:
            self._worker.drop(self._ahead)
            self._ahead = None
        job = self._worker.ask(PREVIEW, order, self._performance)
        if not self._wait(job, on_progress, should_stop) or job.answer is None:
            return None
        if job.exact:
            self._decoder.keep(order, job.answer.values)
        else:
            self._shown = order, job.answer
            self._successor(order)
        return job.answer

    def _successor(self, order: Order) -> Job:
        """What will replace the preview of ``order``."""
        if self._job is None:
            self._job = self._worker.ask(FULL, order, self._performance)
        return self._job

    def _finished(self, on_progress: Report, should_stop: Callable[[], bool]) -> Decoded | None:
        job = self._job
        assert job is not None
        self._wait(job, on_progress, should_stop)
        self._settle(job)
        self._fresh = None
        return job.answer

    def _settle(self, job: Job) -> None:
        """Take the answer to a job; what stands is a preview no more."""
        if job.answer is None:
            self._alone = job.order
        else:
            self._decoder.keep(job.order, job.answer.values)
            self._fresh = job.order, job.answer
        self._shown = self._job = None

    def _wait(self, job: Job, on_progress: Report, should_stop: Callable[[], bool]) -> bool:
        """Wait for a job; False if nothing came of it."""
        start = told = clock.monotonic()
        while not self._worker.look(job):
            if should_stop():
                self._worker.drop(job)
                raise Stopped
            now = clock.monotonic()
            if job.kind == PREVIEW and now - start > _PATIENCE:
                self._worker.drop(job)
                return False
            if now - told > 0.2:
                told = now
                on_progress(0.0, "waiting for the first look" if job.kind == PREVIEW else "decoding")
            clock.sleep(0.002)
        return job.answer is not None

    def _leave(self) -> None:
        """Nothing is owed any more."""
        if self._job is not None:
            self._worker.drop(self._job)
        self._shown = self._job = None

    def _go_ahead(self) -> None:
        """Decode what comes next, step by step, as long as nothing else is wanted."""
        if self._ahead is not None:
            if not self._worker.look(self._ahead):
                return
            if self._ahead.answer is not None:
                self._decoder.keep(self._ahead.order, self._ahead.answer.values)
            elif self._ahead.error != "put off":
                self._next = []
            self._ahead = None
        if not self._worker.alive or clock.monotonic() - self._last < _IDLE:
            return
        self._next = [order for order in self._next if not self._decoder.has(order)]
        if self._next and self._fits(self._next[0]):
            self._ahead = self._worker.ask(AHEAD, self._next[0], self._performance)

    def _fits(self, order: Order) -> bool:
        """Whether steps ahead leave room for those that were visited."""
        return _AHEAD * self._decoder.size(order) <= _SHARE * self._decoder.capacity
