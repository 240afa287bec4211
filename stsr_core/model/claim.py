"""One run at a time writes a model file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Within it no other run, of this process or another of this machine, can claim ``path``.

    A file beside it is locked, which the system undoes however the process ends; one that is left lying by
    a killed process does not stand in the way. Where nothing can be written nothing is claimed: a model that
    is there already can be found to be the right one.

    Raises
    ------
    BlockingIOError
        If another run holds it.
    """
    if not os.access(path.parent, os.W_OK):
        yield
        return
    beside = path.with_name(f".{path.name}.lock")
    stream = _locked(beside)
    while stream is not None and not _is_there(beside, stream):
        # Who held it took it away before we had it: it is locked, and nobody will look at it.
        stream.close()
        stream = _locked(beside)
    if stream is None:
        raise BlockingIOError(
            f"{path} is being written by another run; wait for its end, stop it, or choose another file"
        )
    try:
        yield
    finally:
        with suppress(OSError):  # Windows deletes no open file; it may lie there
            beside.unlink()
        stream.close()


def _locked(path: Path) -> IO[bytes] | None:
    """The open and locked file, None if another has it."""
    stream = open(path, "ab")  # noqa: SIM115 (closing it gives the lock back)
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        stream.close()
        return None
    except OSError:
        pass  # a file system without locks: nothing can be said of others
    return stream


def _is_there(path: Path, stream: IO[bytes]) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False
