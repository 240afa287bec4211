"""An output cut into tiles: small enough for the memory and for a report, outer axes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from stsr_core.fields.base import Field
from stsr_core.fields.kinds import kind_of
from stsr_core.memory import available_memory

#: Largest tile on a CPU in samples: activations of such a tile stay in the caches.
CPU_TILE = 1 << 15
#: Largest tile of an interpolation in samples, and what a tile may take in bytes.
WHOLE_STEP = 1 << 24
TILE_BYTES = 1 << 30
#: A long evaluation reports at least this often.
MIN_REPORTS = 24


def default_tile(field: Field, device: torch.device, total: int) -> int:
    """Samples per network call: what fits a quarter of the free memory, small enough to report often."""
    row = kind_of(field.kind)
    room = min((available_memory() or 2**32) // 4, TILE_BYTES)
    if row.is_interpolation:
        # It holds no activations: a whole step at once, or thick slabs of it, is several times faster.
        return max(1, min(WHOLE_STEP, room // field.bytes_per_sample()))
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        largest = int(free // 4 // field.bytes_per_sample())
    else:
        largest = room // field.bytes_per_sample() if row.reads_frames else CPU_TILE
    return max(1, min(largest, -(-total // MIN_REPORTS)))


def tiles(
    shape: tuple[int, ...], tile: int, within: Sequence[slice] | None = None
) -> Iterator[tuple[slice, ...]]:
    """Cut an array of ``shape`` into boxes of at most ``tile`` elements, outer axes first.

    ``within`` shifts the boxes by the start of the given slices.

    Examples
    --------
    >>> [s[0] for s in tiles((4, 2), 4)]
    [slice(0, 2, None), slice(2, 4, None)]
    """
    offsets = [s.start for s in within] if within is not None else [0] * len(shape)
    inner = [int(np.prod(shape[i + 1 :], dtype=np.int64)) for i in range(len(shape))]
    steps = [max(1, min(n, tile // max(1, i))) for n, i in zip(shape, inner, strict=True)]
    # Only one axis is cut into runs longer than 1; those outside it go node by node.
    counts = [-(-n // s) for n, s in zip(shape, steps, strict=True)]
    for index in np.ndindex(*counts):
        yield tuple(
            slice(o + i * s, o + min(n, (i + 1) * s))
            for o, i, s, n in zip(offsets, index, steps, shape, strict=True)
        )
