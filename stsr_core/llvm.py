"""Two copies of LLVM in one process: a software renderer's, and the one inside torch's compiler package."""

from __future__ import annotations

import sys
from pathlib import Path

_MAPS = Path("/proc/self/maps")


def keep_triton_out() -> None:
    """Keep torch from loading ``triton`` where a renderer has brought an LLVM of its own.

    Mesa's software OpenGL loads libLLVM; loading triton after it ends the process with a segmentation fault,
    and torch loads triton at the first optimizer step and for torchvision. Inside ParaView rendering comes
    first. Without triton torch computes the same; only ``torch.compile`` for a GPU needs it. To be called
    before torch trains and before lpips is imported; does nothing where no such renderer is loaded, or
    triton is already.
    """
    if "triton" in sys.modules or not _MAPS.exists():
        return
    if "libLLVM" in _MAPS.read_text(errors="replace"):
        sys.modules["triton"] = None  # type: ignore[assignment]  # Python's own way to say: not importable
