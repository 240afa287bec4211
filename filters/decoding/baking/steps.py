"""The baked steps of one filter: wanted, made beside it once, shown from then on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from stsr_core.interrupts import Stopped
from stsr_core.model.checkpoint import CheckpointError, read_header
from stsr_core.model.summary import baked_texts
from stsr_filters.decoding.baking.child import STOPPED
from stsr_filters.decoding.baking.what import Bake
from stsr_filters.decoding.order import ModelKey, Order, model_key
from stsr_filters.pipeline.beside import Beside
from stsr_filters.pipeline.ranks import together
from stsr_filters.pipeline.vtk_compat import process_rank

#: Seconds between two moments at which a wait can be stopped.
_PULSE = 0.2


class BakedSteps:
    """What one filter bakes of its model; the filter holds it as an attribute.

    ::

        want ──┬─ the file is there ─────────────── ready
               └─ a process begins ── news: update ─┴─ or failed, told until something else is wanted
    """

    def __init__(self) -> None:
        self._wanted: Bake | None = None
        self._run: Beside | None = None
        self._ready: tuple[ModelKey, str] | None = None  # the baked model, and how near it is
        self._failed = ""
        self._ended = False

    def have(
        self,
        bake: Bake,
        meanwhile: bool,
        report: Callable[[float, str], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Have ``bake`` made, of several MPI ranks by the first, unless it is there.

        Parameters
        ----------
        bake : Bake
        meanwhile : bool
            Return at once, and go on with the model itself meanwhile.
        report, should_stop : callable
            Called while this waits.

        Raises
        ------
        Stopped
            If ``should_stop`` returned True.
        ValueError
            If it cannot be made; one sentence. Meanwhile, that is only told.
        """
        with together():
            if process_rank() == 0:
                self._want(bake)
                if not meanwhile:
                    self._wait(report, should_stop)
        if process_rank() > 0:
            self._want(bake)

    def refuse(self, why: str) -> None:
        """Nothing can be baked of what is wanted."""
        self.stop()
        self._failed = why

    def _want(self, bake: Bake) -> None:
        if self._ready is not None and not _is_there(self._ready[0]):
            self._wanted = None  # removed, or replaced by another
        if bake == self._wanted:
            self.settle()
            return
        self.stop()
        self._wanted = bake
        if self._take():
            return
        self._run = Beside(
            "stsr_filters.decoding.baking.child",
            bake.write,
            STOPPED,
            lambda how: f"the process that was baking ended too early ({how})",
        )

    def _wait(self, report: Callable[[float, str], None], should_stop: Callable[[], bool]) -> None:
        while self._run is not None and not self._run.join(_PULSE):
            report(self._run.fraction, f"baking {self._run.text}")
            if should_stop():
                self.stop()
                raise Stopped
        self.settle()
        if self._failed:
            raise ValueError(self._failed)

    def settle(self) -> None:
        """Take what the process has made, if it has ended."""
        run = self._run
        if run is None or not run.ended():
            return
        self._run, self._ended = None, True
        if run.error is not None:
            self._failed = str(run.error)
        elif not self._take():
            self._failed = run.outcome

    def news(self) -> bool:
        """Whether the process has ended since this was last asked."""
        self.settle()
        ended, self._ended = self._ended, False
        return ended

    def order(self, order: Order) -> Order:
        """What shows ``order`` the fastest: the baked model if it is ready, ``order`` itself until then."""
        if self._ready is None or self._wanted is None:
            return order
        return self._wanted.order(order, self._ready[0])

    @property
    def said(self) -> str:
        """How far it is, how near the baked steps are to the model, or why there are none; "" for neither."""
        if self._run is not None:
            return f"baking, {self._run.fraction:.0%}: {self._run.text}"
        if self._failed:
            return f"not baked: {self._failed}"
        return "" if self._ready is None else self._ready[1]

    def stop(self) -> None:
        """Nothing is wanted any more."""
        if self._run is not None:
            self._run.stop()
        self._run = self._ready = self._wanted = None
        self._failed = ""

    def _take(self) -> bool:
        """Whether what is wanted lies in its file."""
        assert self._wanted is not None
        path = self._wanted.file
        with suppress(CheckpointError):
            self._ready = model_key(str(path)), f"baked {baked_texts(read_header(path))[-1]}"
            return True
        return False


def _is_there(key: ModelKey) -> bool:
    try:
        return model_key(key[0]) == key
    except CheckpointError:
        return False
