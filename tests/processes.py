"""Waiting for what other processes do, as long as a busy machine may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for ``condition``; fail with ``what`` if it never holds."""
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def gone(pid: int) -> None:
    """Wait until a process has ended, whether or not anyone asks for its exit code."""

    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    until(ended, f"process {pid} still runs")
