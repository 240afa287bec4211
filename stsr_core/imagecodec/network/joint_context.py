"""Joint context transfer (JCTM): what one image knows of the other, at a cost linear in the pixels."""

from __future__ import annotations

import torch
from torch import nn

from stsr_core.imagecodec.network.configuration import JOINT_HEADS
from stsr_core.imagecodec.network.stereo import Pair, convolution


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions, each with a leaky ReLU (0.01), beside the identity or a 1×1 convolution."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(n_in, n_out), nn.LeakyReLU(0.01), convolution(n_out, n_out), nn.LeakyReLU(0.01)
        )
        self.skip = nn.Identity() if n_in == n_out else convolution(n_in, n_out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, n_in, H, W) → (B, n_out, H, W)."""
        return self.body(x) + self.skip(x)


class EfficientAttention(nn.Module):
    """Attention through a context of a few channels per head (Shen et al. 2021); no (H·W)² anywhere.

    ::

        source ─ keys   ─ softmax over positions ─┐
        source ─ values ──────────────────────────┴─ context (c × c) ─┐
        target ─ queries ─ softmax over a head's channels ────────────┴─ 1×1 convolution

    Keys, queries and values have C // 6 channels together; there are 2 heads.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 6
        self.keys = convolution(channels, inner, 1)
        self.queries = convolution(channels, inner, 1)
        self.values = convolution(channels, inner, 1)
        self.last = convolution(inner, channels, 1)

    def weights(self, target: torch.Tensor, source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys sum to 1 over positions, queries over a head's channels; (B, heads, c, H·W) each."""
        keys = self.keys(source).flatten(2).unflatten(1, (JOINT_HEADS, -1)).softmax(dim=3)
        queries = self.queries(target).flatten(2).unflatten(1, (JOINT_HEADS, -1)).softmax(dim=2)
        return keys, queries

    def forward(self, target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """What ``target`` asks of ``source``, (B, C, H, W)."""
        keys, queries = self.weights(target, source)
        values = self.values(source).flatten(2).unflatten(1, (JOINT_HEADS, -1))
        context = keys @ values.transpose(2, 3)
        found = context.transpose(2, 3) @ queries
        return self.last(found.flatten(1, 2).unflatten(2, target.shape[2:]))


class JointContextTransfer(nn.Module):
    """Each stream receives what the other has to say of it; swapped inputs give swapped outputs.

    ::

        left  ─ features ─┬─ attention to the right ─┐
                          └──────────────────────────┴─ [·, ·] ─ merge ─ + left      and alike for the right

    Source: Lei, Guo, Ma et al., LDMIC (2023); with C // 6 channels inside as in FCNR.

    Examples
    --------
    192 channels: 663,936·2 + 24,864 + 1,733,568 = 3,086,304 parameters.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(ResidualBlock(channels, channels), ResidualBlock(channels, channels))
        self.attention = EfficientAttention(channels)
        self.merge = nn.Sequential(ResidualBlock(2 * channels, channels), ResidualBlock(channels, channels))

    def forward(self, pair: Pair) -> Pair:
        """Both streams in one batch: their weights are the same."""
        both = torch.cat(pair)
        features = self.features(both)
        left, right = features.chunk(2)
        heard = self.attention(features, torch.cat([right, left]))
        new_left, new_right = (both + self.merge(torch.cat([heard, features], 1))).chunk(2)
        return new_left, new_right
