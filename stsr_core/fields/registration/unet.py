"""A U-Net for frames of any size: VoxelMorph's, which the refinement of UVI-Net varies."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

#: Slope of the activations for negative numbers.
SLOPE = 0.2


class UNet(nn.Module):
    """Convolutions of 3×3×3 down to few nodes and back, where what was seen on the way down enters again.

    ::

        input ─ down[0] ─ down[1] ─ … ─ down[n−1]
                   │         │              │
                  [·]  ◄─── [·] ◄── … ◄── up[0]        [·]: nodes doubled, joined with the way down
                   └─ up[n−1], [·] with the input ─ last[0] ─ last[1] ─ … ─ output

    A layer takes every second node, of an axis of one node that one, so that nothing is padded: an axis of n
    nodes has ⌈n/2⌉ after it, and what is doubled on the way back is cut to what was there.

    Parameters
    ----------
    n_in : int
        Channels of the input.
    down : sequence of int
        Channels of the layers down.
    back : sequence of int
        Channels of the layers up, then of those after them.
    coarse : bool
        End on the nodes of the first layer, without the input.
    first_stride : int
        Nodes that the first layer takes one of: 2, or 1.
    beside : sequence of int, optional
        Channels that join the output of each layer down.

    Examples
    --------
    Parameters with VoxelMorph's channels (16, 32, 32, 32) and (32, 32, 32, 32, 32, 16, 16): 323,792.
    """

    def __init__(
        self,
        n_in: int,
        down: Sequence[int],
        back: Sequence[int],
        *,
        coarse: bool = False,
        first_stride: int = 2,
        beside: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self._strides = [first_stride, *[2] * (len(down) - 1)]
        self.down, self.up, self.last = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        widths = [n_in]
        for width, stride, more in zip(down, self._strides, beside or [0] * len(down), strict=True):
            self.down.append(nn.Conv3d(widths[-1], width, 3, stride, 1))
            widths.append(width + more)
        n_up = len(down) - int(coarse)
        here = widths.pop()
        for width in back[:n_up]:
            self.up.append(nn.Conv3d(here, width, 3, 1, 1))
            here = width + widths.pop()
        for width in back[n_up:]:
            self.last.append(nn.Conv3d(here, width, 3, 1, 1))
            here = width
        self.n_out = here

    def forward(self, frames: torch.Tensor, beside: Sequence[Sequence[torch.Tensor]] = ()) -> torch.Tensor:
        """(B, n_in, Z, Y, X) → (B, n_out, Z, Y, X), or ⌈Z/2⌉ and so on where it ends coarse.

        ``beside`` are the tensors that join each layer down.
        """
        found = [frames]
        for i, layer in enumerate(self.down):
            seen = _active(layer(found[-1]))
            found.append(torch.cat([seen, *beside[i]], 1) if beside else seen)
        h = found.pop()
        for layer, stride in zip(self.up, reversed(self._strides), strict=False):
            h, seen = _active(layer(h)), found.pop()
            if stride == 2:
                z, y, x = seen.shape[2:]
                h = nn.functional.interpolate(h, scale_factor=2)[..., :z, :y, :x]
            h = torch.cat([h, seen], 1)
        for layer in self.last:
            h = _active(layer(h))
        return h


def _active(h: torch.Tensor) -> torch.Tensor:
    return nn.functional.leaky_relu(h, SLOPE)
