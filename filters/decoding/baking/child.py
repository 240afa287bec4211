"""The process that bakes beside ParaView; see :mod:`stsr_filters.pipeline.beside_child`."""

from __future__ import annotations

import sys
from collections.abc import Callable

from stsr_core.model.claim import claimed
from stsr_core.threads import bounded_threads
from stsr_core.words import readable_bytes
from stsr_filters.decoding.baking.what import Bake
from stsr_filters.pipeline.beside_child import Report, serve

#: The outcome of one that was stopped.
STOPPED = "stopped; no steps were baked"


def _bake(order: Bake, report: Report, should_stop: Callable[[], bool]) -> str:
    from stsr_core.inference.device import usable_device
    from stsr_core.interrupts import Stopped
    from stsr_core.training.baking import bake

    device, _ = usable_device(order.device)
    path = order.file
    with claimed(path), bounded_threads(order.threads):
        try:
            bake(
                order.model[0],
                path,
                times=order.times,
                grid=order.grid,
                variables=order.variables or None,
                blend=dict(order.weights) or None,
                interpolation=order.interpolation,
                device=str(device),
                overwrite=True,  # what stands there could not be read, or another filter was as quick
                on_progress=report,
                should_stop=should_stop,
            )
        except Stopped:
            return STOPPED
    return f"wrote {path} ({readable_bytes(path.stat().st_size)})"


if __name__ == "__main__":
    sys.exit(serve(Bake.read, _bake, STOPPED))
