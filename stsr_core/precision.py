"""Products of bfloat16 matrices: where they are faster than those of float32, and taking them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

import torch

#: What Linux calls the instructions of x86 processors that multiply bfloat16.
_INSTRUCTIONS = frozenset({"amx_bf16", "avx512_bf16"})


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether a device has instructions for it, a GPU its tensor cores; elsewhere bfloat16 is slower."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device.type == "cpu" and bool(_INSTRUCTIONS & processor_flags())


def products(device: torch.device, rounded: bool) -> AbstractContextManager[object]:
    """Inside, products of matrices and convolutions are taken in bfloat16 where ``rounded`` is set."""
    return torch.autocast(device.type, torch.bfloat16) if rounded else nullcontext()


@cache
def processor_flags(path: str = "/proc/cpuinfo") -> frozenset[str]:
    """What the processor can do, in the words of Linux; nothing where that is not told."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line for line in lines if line.startswith("flags")), "").split())
