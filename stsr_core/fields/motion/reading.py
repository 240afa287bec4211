"""Reading volumes at displaced positions, trilinearly; beyond the faces the value of the face holds."""

from __future__ import annotations

from collections.abc import Sequence

import torch

Periodic = tuple[bool, bool, bool]


def closed_axes(letters: str) -> Periodic:
    """Whether the axes z, y, x are among the letters.

    Examples
    --------
    >>> closed_axes("zx")
    (True, False, True)
    """
    z, y, x = (axis in letters for axis in "zyx")
    return z, y, x


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
    where = torch.empty((len(positions), *positions.shape[2:], 3), device=positions.device)
    first = torch.tensor(-1.0, device=positions.device)
    for i, axis in enumerate((2, 1, 0)):
        position, n = positions[:, axis], size[axis]
        if periodic[axis]:
            position = position.remainder(n)
            n += 1
        torch.add(first, position, alpha=2 / max(1, n - 1), out=where[..., i])  # one pass over the memory
    return torch.nn.functional.grid_sample(
        volumes, where, mode="bilinear", padding_mode="border", align_corners=True
    )


def read_product(
    volumes: torch.Tensor,
    axes: Sequence[torch.Tensor],
    periodic: Periodic = (False,) * 3,  # type: ignore[assignment]
) -> torch.Tensor:
    """As :func:`read`, on the product grid of positions (z,), (y,), (x,): an axis at a time, much faster.

    Examples
    --------
    >>> ramp, zero = torch.arange(3.0).view(1, 1, 1, 1, 3), torch.zeros(1)
    >>> read_product(ramp, (zero, zero, torch.tensor([1.25, 9.0]))).flatten().tolist()
    [1.25, 2.0]
    """
    # The fastest axis first: the passes over all of the memory are those that read whole rows.
    for axis in (2, 1, 0):
        n, position = volumes.shape[axis - 3], axes[axis]
        position = position.remainder(n) if periodic[axis] else position.clamp(0, n - 1)
        before = position.floor().long().clamp_(max=n - 1)  # the remainder of −1e-9 rounds to n
        after = (before + 1).remainder(n) if periodic[axis] else (before + 1).clamp_(max=n - 1)
        weight = (position - before).view([-1 if i == axis else 1 for i in range(3)])
        volumes = torch.lerp(
            volumes.index_select(axis - 3, before), volumes.index_select(axis - 3, after), weight
        )
    return volumes
