"""The encoder of SpatimeINR: a residual channel attention network in three dimensions, times as channels."""

from __future__ import annotations

import math

import torch
from torch import nn


class ChannelAttention(nn.Module):
    """Channels scaled by what two small layers make of their means over space."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        squeezed = channels // reduction
        self.squeeze = nn.Conv3d(channels, squeezed, 1)
        self.excite = nn.Conv3d(squeezed, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, Z, Y, X) → the same shape."""
        means = x.mean(dim=(2, 3, 4), keepdim=True)
        return x * torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))


def _convolution(n_in: int, n_out: int) -> nn.Conv3d:
    # Symmetric padding of one node repeats the last one; zeros would be darkness that no microscope saw.
    return nn.Conv3d(n_in, n_out, 3, padding=1, padding_mode="replicate")


class AttentionBlock(nn.Module):
    """x + attention(convolution(relu(convolution(x))))."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = _convolution(channels, channels)
        self.attention = ChannelAttention(channels, reduction)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, Z, Y, X) → the same shape."""
        return x + self.attention(self.second(torch.relu(self.first(x))))


class ResidualGroup(nn.Module):
    """x + convolution(blocks(x))."""

    def __init__(self, channels: int, n_blocks: int, reduction: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(AttentionBlock(channels, reduction) for _ in range(n_blocks)))
        self.last = _convolution(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, Z, Y, X) → the same shape."""
        return x + self.last(self.blocks(x))


class Encoder(nn.Module):
    """Kept frames → a latent vector at each node, with every entry in (−π, π).

    ::

        frames (B, T, Z, Y, X)
            │
        first: T → C ─┬─ groups[0] ─ … ─ groups[G−1] ─ last: C → C ─ + ─ head: C → d ─ π·tanh
                      └──────────────────────────────────────────────┘

    The frames are channels, so that a model belongs to their number. Convolutions are 3³, but for the head,
    which is 1³; beyond the border the last node is repeated.

    Parameters
    ----------
    n_frames : int
        T
    latent_length : int
        d
    channels, n_groups, n_blocks, reduction : int
        C, G, B and r; see :data:`~stsr_core.fields.spatime_inr.configuration.ENCODERS`.

    Notes
    -----
    Zhang et al., "Image super-resolution using very deep residual channel attention networks" (RCAN), without
    the upsampling.

    Examples
    --------
    Parameters for 15 frames and d = 128: 85,472 (tiny), 322,864 (default), 1,018,076 (rcan3d).
    """

    def __init__(
        self, n_frames: int, latent_length: int, channels: int, n_groups: int, n_blocks: int, reduction: int
    ) -> None:
        super().__init__()
        self.n_frames = n_frames
        self.first = _convolution(n_frames, channels)
        self.groups = nn.Sequential(*(ResidualGroup(channels, n_blocks, reduction) for _ in range(n_groups)))
        self.last = _convolution(channels, channels)
        self.head = nn.Conv3d(channels, latent_length, 1)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(B, T, Z, Y, X) → (B, d, Z, Y, X).

        Raises
        ------
        ValueError
            If there are more or fewer frames than the network was made for.
        """
        if frames.shape[1] != self.n_frames:
            raise ValueError(
                f"a SpatimeINR model belongs to its number of frames: it was made for {self.n_frames}, "
                f"got {frames.shape[1]}"
            )
        shallow = self.first(frames)
        return math.pi * torch.tanh(self.head(shallow + self.last(self.groups(shallow))))
