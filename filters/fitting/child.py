"""The process that learns beside ParaView; see :mod:`stsr_filters.pipeline.beside_child`."""

from __future__ import annotations

import sys
from collections.abc import Callable

from stsr_core.kept import KeptSeries
from stsr_core.threads import bounded_threads
from stsr_filters.fitting import handover
from stsr_filters.fitting.fit_run import Report, learn
from stsr_filters.pipeline.beside_child import serve


def _learn(order: tuple[handover.Order, KeptSeries], report: Report, should_stop: Callable[[], bool]) -> str:
    with bounded_threads(order[0].threads):
        return learn(*order, report, should_stop)


if __name__ == "__main__":
    sys.exit(serve(handover.read, _learn, handover.NOT_BEGUN))
