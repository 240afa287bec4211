"""What this Python and this machine can give: packages, cores, memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from stsr_core import memory
from stsr_core.grid import Grid
from stsr_core.io.vtk import vtk_storable
from stsr_core.words import node_count
from stsr_filters.pipeline.vtk_compat import process_count


def missing_packages() -> str:
    """What decoding needs and this Python lacks, with the remedy; "" if nothing."""
    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if not missing:
        return ""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"{' and '.join(missing)} cannot be imported by this Python {version}: install stsr into an "
        "environment of the same Python version and start ParaView with `stsr-paraview run`; "
        "`stsr-paraview doctor` says more"
    )


def require_torch() -> None:
    """Raise ImportError in words if decoding is impossible here."""
    missing = missing_packages()
    if missing:
        raise ImportError(missing)


def default_threads() -> int:
    """The cores this process may use, shared among the MPI ranks; at least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, cores // process_count())


def check_memory(grid: Grid, dtypes: Sequence[str]) -> None:
    """Refuse one output step that would not fit in memory, before anything is computed.

    Raises
    ------
    MemoryError
        With the size needed and the size free.
    """
    memory.check_memory(
        step_bytes(grid, dtypes), f"an output of {node_count(grid)} nodes and {len(dtypes)} variables"
    )


def step_bytes(grid: Grid, dtypes: Sequence[str]) -> int:
    """Bytes of one output step.

    Examples
    --------
    >>> step_bytes(Grid((10, 10, 10)), ["float32", "float64"])
    12000
    """
    return grid.size * sum(vtk_storable(np.dtype(d)).itemsize for d in dtypes)


def largest_factor(grid: Grid, dtypes: Sequence[str]) -> float:
    """The factor at which one refined step fills a quarter of the free memory, between 1 and 16."""
    free = memory.available_memory() or 2**32
    axes = max(1, sum(n > 1 for n in grid.shape))
    return float(min(16.0, max(1.0, (free / 4 / step_bytes(grid, dtypes)) ** (1 / axes))))
