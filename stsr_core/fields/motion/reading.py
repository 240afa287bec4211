"""Reading volumes at displaced positions, trilinearly; beyond the faces the value of the face holds."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Periodic = tuple[bool, bool, bool]


def node_positions(shape: Sequence[int], device: torch.device | None = None) -> torch.Tensor:
    """Index positions (1, 3, Z, Y, X) of all nodes, float32."""
    axes = [torch.arange(n, dtype=torch.float32, device=device) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))[None]


def read(volumes: torch.Tensor, positions: torch.Tensor, periodic: Periodic = (False,) * 3) -> torch.Tensor:  # type: ignore[assignment]
    """Values (n, C, z, y, x) of volumes (n, C, Z, Y, X) at index positions (n, 3, z, y, x).

    On a periodic axis of n nodes the period is n: the node after the last one is the first.

    Examples
    --------
    >>> ramp = torch.arange(3.0).view(1, 1, 1, 1, 3)
    >>> read(ramp, torch.tensor([0.0, 0.0, 1.25]).view(1, 3, 1, 1, 1)).item()
    1.25
    """
    size = volumes.shape[-3:]
    if any(periodic):
        volumes = torch.nn.functional.pad(
            volumes.flatten(0, 1)[None],
            [pad for p in reversed(periodic) for pad in (0, int(p))],
            mode="circular",
        ).view(*volumes.shape[:2], *[n + int(p) for n, p in zip(size, periodic, strict=True)])
    where = []
    for axis in (2, 1, 0):
        position, n = positions[:, axis], size[axis]
        if periodic[axis]:
            position = position.remainder(n)
            n += 1
        where.append(position * (2 / max(1, n - 1)) - 1)
    return torch.nn.functional.grid_sample(
        volumes, torch.stack(where, -1), mode="bilinear", padding_mode="border", align_corners=True
    )
