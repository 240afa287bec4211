"""Lines of JSON from one process to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any


def write_line(stream: IO[bytes], said: Mapping[str, Any]) -> None:
    """Write plain values as one line."""
    stream.write(json.dumps(said).encode() + b"\n")


def read_line(stream: IO[bytes], what: str) -> dict[str, Any]:
    """What :func:`write_line` wrote.

    Raises
    ------
    EOFError
        If the line is not whole: who was writing is gone; says that ``what`` ended too early.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError(f"{what} ended too early")
    return json.loads(line)
