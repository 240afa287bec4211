"""Series that take minutes to compute are computed once and kept in the user's cache folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/stsr``, by default ``~/.cache/stsr``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stsr"


def cached_steps(
    name: str, shape: tuple[int, ...], compute: Callable[[], Iterator[np.ndarray]]
) -> np.ndarray:
    """Steps (T, Z, Y, X), float32, from the cache, or computed and put there.

    Parameters
    ----------
    name : str
        Of the file, without suffix; everything that the values depend on stands in it.
    shape : tuple of int
        (T, Z, Y, X)
    compute : callable
        Yields the T steps (Z, Y, X).

    Returns
    -------
    ndarray
        Mapped from the file, read when an element is.
    """
    path = cache_folder() / f"{name}.npy"
    if path.is_file():
        try:
            steps = np.load(path, mmap_mode="r", allow_pickle=False)
            if steps.shape == shape and steps.dtype == np.float32:
                return steps
        except (ValueError, OSError):
            pass  # damaged: computed again
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps two writers apart.
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as stream:
            np.lib.format.write_array_header_1_0(
                stream, {"descr": "<f4", "fortran_order": False, "shape": shape}
            )
            for step in compute():
                stream.write(np.ascontiguousarray(step, dtype="<f4").data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return np.load(path, mmap_mode="r", allow_pickle=False)
