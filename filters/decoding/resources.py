"""What this Python and this machine can give: packages, cores, memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

from stsr_core.grid import Grid
from stsr_core.io import required_bytes
from stsr_core.memory import available_memory, total_memory
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


def cache_capacity() -> int:
    """Most bytes that decoded steps may take by default: an eighth of this machine's memory, shared among the
    MPI ranks."""
    return (total_memory() or 2**33) // 8 // process_count()


def largest_factor(grid: Grid, dtypes: Mapping[str, str]) -> float:
    """The factor at which one refined step fills a quarter of the free memory, between 1 and 16.

    Parameters
    ----------
    dtypes : mapping of str to str
        Type by array.
    """
    free = available_memory() or 2**32
    axes = max(1, sum(n > 1 for n in grid.shape))
    return float(min(16.0, max(1.0, (free / 4 / required_bytes(grid, 1, dtypes)) ** (1 / axes))))
