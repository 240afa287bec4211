"""Tensors too large for the memory lie in a file without a name, which ends with them."""

from __future__ import annotations

import math
import mmap
import os
import shutil
import tempfile
from collections.abc import Sequence

import torch

from stsr_core import memory
from stsr_core.words import readable_bytes

#: A tensor that takes a larger share of the free memory than this lies in a file.
SHARE = 0.25


def empty(
    shape: Sequence[int], dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> torch.Tensor:
    """A tensor of any content, in memory where it fits easily, else in a scratch file.

    The file is mapped: the system keeps in memory what is in use, and writes the rest to the disk. It has no
    name from the beginning (on Windows it is deleted when it is closed), so that nothing is left of it
    however the program ends. It lies in the folder ``TMPDIR``, by default in ``/var/tmp``.

    Parameters
    ----------
    shape : sequence of int
    dtype, device
        Only on the CPU a tensor can lie in a file.

    Raises
    ------
    MemoryError
        If there is not enough room on the disk either.
    """
    needed = math.prod(shape) * dtype.itemsize
    if torch.device(device).type != "cpu" or memory.fits(needed, SHARE):
        return torch.empty(tuple(shape), dtype=dtype, device=device)
    folder = scratch_folder()
    room = shutil.disk_usage(folder).free
    if needed > room:
        raise MemoryError(
            f"values of {readable_bytes(needed)} fit neither in memory nor in {folder}, where "
            f"{readable_bytes(room)} are free; set TMPDIR to a folder with more room"
        )
    with tempfile.TemporaryFile(dir=folder) as stream:
        if hasattr(os, "posix_fallocate"):
            # Writing to a page that has no place on the disk would end the program without a word.
            os.posix_fallocate(stream.fileno(), 0, needed)
        else:
            stream.truncate(needed)
        return torch.frombuffer(mmap.mmap(stream.fileno(), needed), dtype=dtype).view(tuple(shape))


def scratch_folder() -> str:
    """``TMPDIR``, else ``/var/tmp``: it is on a disk, where ``/tmp`` is often in memory itself."""
    if "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK):
        return "/var/tmp"
    return tempfile.gettempdir()
