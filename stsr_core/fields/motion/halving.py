"""Every second node of frames, where an axis has enough of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from stsr_core import scratch
from stsr_core.fields.motion.reading import Periodic

#: An axis with fewer nodes has no coarser level.
_SHORTEST = 4


def halved(shape: Sequence[int], periodic: Periodic) -> tuple[int, ...]:
    """What the spacing of each axis is multiplied by: short axes stay, and periodic ones of odd length.

    Examples
    --------
    >>> halved((3, 8, 9), (False, True, True))
    (1, 2, 1)
    """
    return tuple(
        1 if n < _SHORTEST or (around and n % 2) else 2 for n, around in zip(shape, periodic, strict=True)
    )


def halved_shape(shape: Sequence[int], periodic: Periodic) -> tuple[int, ...]:
    """Number of nodes of each axis that :func:`every_second` leaves.

    Examples
    --------
    >>> halved_shape((3, 8, 9), (False, True, False))
    (3, 4, 5)
    """
    return tuple(-(-n // by) for n, by in zip(shape, halved(shape, periodic), strict=True))


def every_second(frames: torch.Tensor, periodic: Periodic) -> torch.Tensor:
    """Frames (T, C, Z, Y, X) at every second node, averaged ¼, ½, ¼ before, frame by frame."""
    shape = frames.shape[-3:]
    size = (*frames.shape[:2], *halved_shape(shape, periodic))
    coarse = scratch.empty(size, device=frames.device)
    for t, out in enumerate(coarse):
        frame = frames[t]
        for axis, by, around in zip((-3, -2, -1), halved(shape, periodic), periodic, strict=True):
            if by > 1:
                frame = _averaged(frame, axis, around)
        out.copy_(frame)
    return coarse


def _averaged(frame: torch.Tensor, axis: int, around: bool) -> torch.Tensor:
    along = frame.movedim(axis, -1)
    first, last = (along[..., -1:], along[..., :1]) if around else (along[..., :1], along[..., -1:])
    padded = torch.cat([first, along, last], -1)
    mean = 0.25 * padded[..., :-2] + 0.5 * padded[..., 1:-1] + 0.25 * padded[..., 2:]
    return mean[..., ::2].movedim(-1, axis)
