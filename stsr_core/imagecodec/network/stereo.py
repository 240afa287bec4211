"""Layers of two streams: one layer for both, or one of its own for each; everything takes a pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import nn

#: Left and right, (B, C, H, W) each.
Pair: TypeAlias = tuple[torch.Tensor, torch.Tensor]


def convolution(n_in: int, n_out: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    """Keeps the size, or divides it by ``stride``."""
    return nn.Conv2d(n_in, n_out, size, stride, padding=size // 2)


def doubling(n_in: int, n_out: int) -> nn.ConvTranspose2d:
    """3×3 transposed convolution that doubles the size exactly."""
    return nn.ConvTranspose2d(n_in, n_out, 3, 2, padding=1, output_padding=1)


def slopes(channels: int) -> nn.PReLU:
    """PReLU with a slope for each channel, 0.2 at the start."""
    return nn.PReLU(channels, 0.2)


class Each(nn.Module):
    """A layer of its own for each stream."""

    def __init__(self, make: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.left, self.right = make(), make()

    def forward(self, pair: Pair) -> Pair:
        """Left by the left layer, right by the right one."""
        return self.left(pair[0]), self.right(pair[1])


class Both(nn.Module):
    """The same layer for both streams."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, pair: Pair) -> Pair:
        """Each by the one layer, in one batch."""
        left, right = self.layer(torch.cat(pair)).chunk(2)
        return left, right
