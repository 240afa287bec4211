"""A training run in a process of its own."""

from __future__ import annotations

import os

from stsr_core.kept import KeptSeries
from stsr_filters.fitting import handover
from stsr_filters.pipeline.beside import Beside


def begin(order: handover.Order, series: KeptSeries) -> Beside:
    """Let a child process learn; stopped, it saves a model that can be used and resumed.

    Raises
    ------
    FileNotFoundError
        If no Python is found to run it with.
    """
    path = order.settings.model_file

    def ended(how: str) -> str:
        left = "; press Continue Learning to go on from its last checkpoint" if os.path.exists(path) else ""
        return f"{path}: the process that was learning ended too early ({how}){left}"

    return Beside(
        "stsr_filters.fitting.child",
        lambda stream: handover.write(stream, order, series),
        handover.NOT_BEGUN,
        ended,
    )
