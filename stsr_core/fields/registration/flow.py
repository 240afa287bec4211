"""Flows between two frames, both ways, and frames warped along them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from stsr_core.fields.motion.reading import node_positions, read_product
from stsr_core.fields.registration.unet import UNet


def warped(volumes: torch.Tensor, displacement: torch.Tensor) -> torch.Tensor:
    """Volumes read at x + u(x), trilinearly; beyond the faces the value of the face holds.

    Parameters
    ----------
    volumes : Tensor
        (B, C, Z, Y, X)
    displacement : Tensor
        (B, 3, Z, Y, X) u in nodes along z, y, x.

    Returns
    -------
    Tensor
        (B, C, Z, Y, X)

    Examples
    --------
    >>> line = torch.tensor([0.0, 1.0, 4.0]).view(1, 1, 1, 1, 3)
    >>> along_x = torch.tensor([0.0, 0.0, 0.5]).view(1, 3, 1, 1, 1).expand(1, 3, 1, 1, 3)
    >>> warped(line, along_x).flatten().tolist()
    [0.5, 2.5, 4.0]
    """
    size = volumes.shape[2:]
    positions = node_positions(size, volumes.device) + displacement
    # 0 … n − 1 as −1 … 1, x first.
    where = [2 * positions[:, i] / max(1, size[i] - 1) - 1 for i in (2, 1, 0)]
    return nn.functional.grid_sample(
        volumes, torch.stack(where, -1), mode="bilinear", padding_mode="border", align_corners=True
    )


def doubled(values: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Values (B, C, ⌈Z/2⌉, ⌈Y/2⌉, ⌈X/2⌉) on every second node, linearly on all (B, C, Z, Y, X).

    Examples
    --------
    >>> doubled(torch.tensor([0.0, 2.0]).view(1, 1, 1, 1, 2), (1, 1, 4)).flatten().tolist()
    [0.0, 1.0, 2.0, 2.0]
    """
    return read_product(values, [torch.arange(n, device=values.device) / 2 for n in size])


class FlowNetwork(nn.Module):
    """Two frames → the flow that turns the first into the second, and the one back.

    ::

        (I₀, I₁) ─ U-Net ─ convolution: → 6 ─ (read between, where it ends on every second node) ─ φ₀₁, φ₁₀

    I₀ read at x + φ₀₁(x) is to be I₁(x), and I₁ read at x + φ₁₀(x) is to be I₀(x).

    Parameters
    ----------
    encoder, decoder : sequence of int
        Channels of the :class:`~stsr_core.fields.registration.unet.UNet`.
    step : int
        Nodes from one vector of the flow to the next: 1 or 2.
    """

    def __init__(self, encoder: Sequence[int], decoder: Sequence[int], step: int) -> None:
        super().__init__()
        self.step = step
        #: Channels that are held at once, per node of a frame: the widest joint of layers, and flows.
        self.channels = 2 * max((*encoder, *decoder)) // step**3 + 2 * 6
        self.unet = UNet(2, encoder, decoder, coarse=step == 2)
        self.head = nn.Conv3d(self.unet.n_out, 6, 3, 1, 1)
        nn.init.normal_(self.head.weight, std=1e-5)  # nothing moves at first
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        """Pairs of frames (B, 2, Z, Y, X) in [0, 1] → φ₀₁ and φ₁₀ (B, 6, Z, Y, X), in nodes along z, y, x.

        There is no motion along an axis of one node.
        """
        size = pairs.shape[2:]
        flows = self.head(self.unet(pairs))
        if self.step == 2:
            flows = doubled(flows, size)
        alive = torch.tensor([float(n > 1) for n in size] * 2, device=flows.device)
        return flows * alive.view(1, 6, 1, 1, 1)
