"""The block partition of the heads: one local coordinate names one node in every block of a volume.

STSR-INR (Tang and Wang) gives its network k = 2^p outputs, one per block. The *coarse* volume is halved p
times, along x, y, z, x, …; an axis of odd length is first padded by one node at its low end. All blocks have
the same shape, and (t, z, y, x) local to a block is what the network sees::

    coarse axis  0 1 2 3 4     padded  . 0 1 2 3 4     blocks  (. 0 1) (2 3 4)
    full axis, scale 2         block 0 holds full nodes −2 … 3, block 1 full nodes 4 … 9
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from stsr_core.coordinates import VariableDomain

#: Local positions are rounded to this part of a node, so that equal ones in different blocks are seen as
#: equal although they come from float32 axes.
POSITION_STEP = 2.0**-12


@dataclass(frozen=True)
class AxisBlocks:
    """The equal blocks along one axis, in coarse nodes.

    Parameters
    ----------
    length : int
        Nodes per block, padding included.
    starts : tuple of int
        Coarse index of local node 0 of each block; what lies below ``firsts`` is padding.
    firsts : tuple of int
        Smallest coarse index that belongs to each block.
    """

    length: int
    starts: tuple[int, ...]
    firsts: tuple[int, ...]


def axis_blocks(n: int, n_splits: int) -> AxisBlocks:
    """Halve an axis of ``n`` nodes ``n_splits`` times.

    Examples
    --------
    >>> axis_blocks(5, 1)
    AxisBlocks(length=3, starts=(-1, 2), firsts=(0, 2))
    """
    length, blocks = n, [(0, 0)]
    for _ in range(n_splits):
        pad = length % 2
        length = (length + pad) // 2
        halves = []
        for start, first in blocks:
            middle = start - pad + length
            halves += [(start - pad, first), (middle, max(first, middle))]
        blocks = halves
    return AxisBlocks(length, tuple(s for s, _ in blocks), tuple(f for _, f in blocks))


@dataclass(frozen=True)
class BlockPartition:
    """The blocks of one variable's volume.

    Parameters
    ----------
    shape : tuple of int
        Coarse nodes (Z, Y, X).
    n_heads : int
        Number of blocks k, a power of two.
    scale : tuple of int
        Full-grid nodes per coarse node (z, y, x), each at least 1.

    Examples
    --------
    Odd sizes (the Tangaroa volume of the paper, x fastest there: 75×45×30, scale 4):

    >>> BlockPartition((30, 45, 75), 8, (4, 4, 4)).full_block
    (60, 92, 152)
    """

    shape: tuple[int, int, int]
    n_heads: int
    scale: tuple[int, int, int] = (1, 1, 1)

    def __post_init__(self) -> None:
        if self.n_heads < 1 or self.n_heads & (self.n_heads - 1):
            raise ValueError(f"heads must be a power of two, got {self.n_heads}")

    @classmethod
    def of(cls, variable: VariableDomain, n_heads: int) -> BlockPartition:
        """The partition of a variable; the scale follows from the spacings of its two grids.

        Raises
        ------
        ValueError
            If the coarse spacing is no whole multiple of the full one.
        """
        scale = []
        for coarse, full in zip(variable.grid.spacing, variable.full_grid.spacing, strict=True):
            ratio = coarse / full
            if round(ratio) < 1 or abs(ratio - round(ratio)) > 1e-3:
                raise ValueError(
                    f"{variable.name}: coarse spacing must be a whole multiple of the full spacing {full}, "
                    f"got {coarse}"
                )
            scale.append(round(ratio))
        return cls(variable.grid.shape, n_heads, tuple(scale))  # type: ignore[arg-type]

    @cached_property
    def axes(self) -> tuple[AxisBlocks, AxisBlocks, AxisBlocks]:
        """Blocks along z, y, x."""
        n_splits = self.n_heads.bit_length() - 1
        per_axis = (n_splits // 3, (n_splits + 1) // 3, (n_splits + 2) // 3)
        z, y, x = (axis_blocks(n, s) for n, s in zip(self.shape, per_axis, strict=True))
        return z, y, x

    @property
    def block(self) -> tuple[int, int, int]:
        """Coarse nodes of a block (Z, Y, X)."""
        z, y, x = (axis.length for axis in self.axes)
        return z, y, x

    @property
    def full_block(self) -> tuple[int, int, int]:
        """Full-grid nodes of a block (Z, Y, X)."""
        z, y, x = (n * s for n, s in zip(self.block, self.scale, strict=True))
        return z, y, x

    @cached_property
    def head_blocks(self) -> tuple[tuple[int, int, int], ...]:
        """Block numbers (z, y, x) of each head: every split turns a head into (low half, high half) in place.

        With 8 heads: head = 4·x + 2·y + z.
        """
        n_splits = self.n_heads.bit_length() - 1
        blocks = []
        for head in range(self.n_heads):
            xyz = [0, 0, 0]
            for split in range(n_splits):
                bit = head >> (n_splits - 1 - split) & 1
                xyz[split % 3] = 2 * xyz[split % 3] + bit
            blocks.append((xyz[2], xyz[1], xyz[0]))
        return tuple(blocks)

    def local_coordinate(self, axis: int, position: np.ndarray) -> np.ndarray:
        """2i/(b−1) − 1 for a position i inside a block of b full-grid nodes; 0 when b is 1."""
        length = self.full_block[axis]
        return 2.0 * position / (length - 1) - 1.0 if length > 1 else np.zeros_like(position)

    def locate(self, axis: int, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Block number and position inside the block of full-grid positions along an axis (0 = z).

        Between the last node of a block and the first of the next, the nearer block takes the position and
        its local coordinate runs slightly beyond ±1.

        Parameters
        ----------
        index : ndarray
            Full-grid indices, any real number, float64.

        Returns
        -------
        (ndarray, ndarray)
            Block numbers, and positions in full-grid nodes from the block's local node 0.
        """
        blocks, scale = self.axes[axis], self.scale[axis]
        borders = np.array(blocks.firsts[1:]) * scale - 0.5
        # Blocks that are nothing but padding end where the next one begins, so "right" skips them.
        number = np.searchsorted(borders, np.maximum(index, 0.0), side="right")
        position = index - np.array(blocks.starts)[number] * scale
        return number, np.round(position / POSITION_STEP) * POSITION_STEP


class BlockRows:
    """Training rows of one variable: row = one local coordinate at one time, with one target per head.

    Rows are numbered x fastest, then y, z and time; nothing of their number is stored.

    Parameters
    ----------
    partition : BlockPartition
    times : Tensor
        Normalised kept times (T,), float32.
    values : Tensor
        Normalised kept samples (T, Z, Y, X); the rows are served on its device.
    mask_padding : bool
        Mark padded nodes so that the loss leaves them out; else their target is 0.
    """

    def __init__(
        self, partition: BlockPartition, times: torch.Tensor, values: torch.Tensor, mask_padding: bool
    ) -> None:
        if tuple(values.shape) != (len(times), *partition.shape):
            raise ValueError(
                f"values must have shape (T, Z, Y, X) = {(len(times), *partition.shape)}, "
                f"got {tuple(values.shape)}"
            )
        device = values.device
        self._values = values.reshape(-1)
        self._shape = partition.shape
        self._block = partition.block
        self._times = times.to(device)
        self._coordinates, self._nodes, inside = [], [], []
        for axis, blocks in enumerate(partition.axes):
            local = np.arange(blocks.length)
            coordinates = partition.local_coordinate(axis, local * float(partition.scale[axis]))
            self._coordinates.append(torch.as_tensor(coordinates, dtype=torch.float32, device=device))
            numbers = [block[axis] for block in partition.head_blocks]
            nodes = np.array(blocks.starts)[numbers][None, :] + local[:, None]
            valid = nodes >= np.array(blocks.firsts)[numbers][None, :]
            # (nodes of the block, heads); padding reads node 0 and is blanked afterwards.
            self._nodes.append(torch.as_tensor(np.maximum(nodes, 0), device=device))
            inside.append(torch.as_tensor(valid, device=device))
        padded = not all(bool(valid.all()) for valid in inside)
        self._inside = inside if padded else None
        self._mask_padding = mask_padding

    def __len__(self) -> int:
        return len(self._times) * int(np.prod(self._block))

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Coordinates, targets and mask of the rows ``index`` (B,), int64.

        Returns
        -------
        coordinates : Tensor
            (B, 4) float32 in (t, z, y, x): time over the whole series, space local to the block.
        targets : Tensor
            (B, heads).
        mask : Tensor or None
            (B, heads), False for padding; None when every target counts.
        """
        n_z, n_y, n_x = self._block
        rest, x = index // n_x, index % n_x
        rest, y = rest // n_y, rest % n_y
        t, z = rest // n_z, rest % n_z
        local = (z, y, x)
        coordinates = [self._times[t]] + [c[i] for c, i in zip(self._coordinates, local, strict=True)]
        flat = t[:, None]
        for n, nodes, i in zip(self._shape, self._nodes, local, strict=True):
            flat = flat * n + nodes[i]
        targets = self._values[flat]
        if self._inside is None:
            return torch.stack(coordinates, 1), targets, None
        in_z, in_y, in_x = (valid[i] for valid, i in zip(self._inside, local, strict=True))
        mask = in_z & in_y & in_x
        targets = targets * mask
        return torch.stack(coordinates, 1), targets, mask if self._mask_padding else None
