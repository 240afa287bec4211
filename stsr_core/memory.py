"""What fits in memory: asked before a large array is made, so that no program is killed half-way."""

from __future__ import annotations

import os
from pathlib import Path

from stsr_core.words import readable_bytes


def available_memory() -> int | None:
    """Bytes that new arrays can take without swapping; None where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def total_memory() -> int | None:
    """Bytes of memory this machine has; None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def fits(needed: int, share: float) -> bool:
    """Whether ``needed`` bytes are at most ``share`` of the available memory; True where it is not known."""
    free = available_memory()
    return free is None or needed <= share * free


def check_memory(needed: int, what: str) -> None:
    """Refuse what would not fit.

    Parameters
    ----------
    needed : int
        Bytes.
    what : str
        What they are for; the message begins with it.

    Raises
    ------
    MemoryError
        If more is needed than is available; names both sizes.
    """
    free = available_memory()
    if free is not None and needed > free:
        raise MemoryError(f"{what} needs {readable_bytes(needed)} of memory, {readable_bytes(free)} are free")
