"""Neural spatiotemporal super-resolution of scientific volumes.

>>> import stsr_core as stsr
>>> series = stsr.open_series("run01/*.vti")            # doctest: +SKIP
>>> field = stsr.fit(series, "vf.stsr", minutes=3)      # doctest: +SKIP
>>> values = stsr.evaluate(field, grid, times, "run01") # doctest: +SKIP

Names are imported on first use, so that ``import stsr_core`` brings neither torch nor scipy.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

#: Public name → module: the whole public surface.
_EXPORTS = {
    "Grid": "stsr_core.grid",
    "Variable": "stsr_core.series",
    "VolumeSeries": "stsr_core.series",
    "refined_times": "stsr_core.series",
    "open_series": "stsr_core.io",
    "write_series": "stsr_core.io",
    "tornado": "stsr_core.datasets",
    "subsample": "stsr_core.kept",
    "fit": "stsr_core.training",
    "resume": "stsr_core.training",
    "evaluate": "stsr_core.inference",
    "load": "stsr_core.model.checkpoint",
    "read_header": "stsr_core.model.checkpoint",
    "CheckpointError": "stsr_core.model.checkpoint",
    "psnr": "stsr_core.metrics",
}

__all__ = ["__version__", *_EXPORTS]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'stsr_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
