"""Threads that are good neighbours: as many as the process may use, asleep while they wait.

Nothing here imports torch before it is used.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_WAITING = "OMP_WAIT_POLICY"
_NUMBER = "OMP_NUM_THREADS"
_late = False  # torch, and OpenMP with it, was there before the policy could be set
_told = False
#: Whether a caller has bounded the threads already: what it chose is left alone.
_bounded: ContextVar[bool] = ContextVar("bounded", default=False)


def wait_passively() -> None:
    """Let idle OpenMP threads sleep, unless the environment says otherwise; before torch is imported.

    They spin by default, and on a machine that has other work take the cores from those that they wait for:
    evaluating 64³ values takes ten times as long then.
    """
    global _late
    if _WAITING not in os.environ:
        _late = "torch" in sys.modules
        os.environ[_WAITING] = "PASSIVE"


def usable_cores(root: str | Path = "/sys/fs/cgroup") -> int:
    """Cores that this process may use: its affinity, or what its control group is granted; at least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        cores = os.cpu_count() or 1
    granted = _granted(Path(root))
    return cores if granted is None else max(1, min(cores, round(granted)))


def _granted(root: Path) -> float | None:
    """Cores that the control group's quota allows, version 2 or 1 as a container sees it; None without."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = ((root / "cpu" / f"cpu.cfs_{k}_us").read_text() for k in ("quota", "period"))
        except OSError:
            return None
    try:
        return float(quota) / float(period) if float(quota) > 0 else None
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return None


@contextmanager
def bounded_threads(wanted: int = 0, processes: int = 1) -> Iterator[None]:
    """Within it torch uses so many CPU threads; the number it had comes back at the end.

    Nested in another one it changes nothing, unless it is given a number.

    Parameters
    ----------
    wanted : int
        0 for the usable cores, shared among ``processes``; fewer where torch was told to take fewer. What
        OMP_NUM_THREADS says is left alone.
    processes : int
        That share the machine.

    Warns
    -----
    UserWarning
        Once, where torch was imported too early for :func:`wait_passively`.
    """
    import torch

    before = torch.get_num_threads()
    number = wanted or before
    if not wanted and not _bounded.get() and _NUMBER not in os.environ:
        number = min(before, max(1, usable_cores() // processes))
    _tell(number)
    inside = _bounded.set(True)
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _bounded.reset(inside)


def _tell(number: int) -> None:
    global _told
    if _late and not _told and number > 1:
        _told = True
        warnings.warn(
            "torch was imported before stsr_core: its idle threads spin, which slows down a machine that has "
            f"other work up to ten times; import stsr_core first, or set {_WAITING}=PASSIVE",
            stacklevel=5,
        )
