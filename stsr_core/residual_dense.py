"""A residual dense network (Zhang et al. 2018) without its upsampling, in two or three dimensions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


class ResidualDenseNetwork(nn.Module):
    """Features (B, F, …) of images (B, inputs, …) of the same size. ::

        x ── shallow ─┬─ shallower ── block ─ block ─ … ── fusion ── + ── features
                      │                 └───────┴── all of them ──┘  │
                      └──────────────────────────────────────────────┘

    Parameters
    ----------
    inputs, features : int
        Channels of the images and, F, of what comes out.
    blocks, layers, growth : int
        D blocks of C layers, each of which adds G channels.
    convolution : callable
        ``torch.nn.Conv2d`` or ``torch.nn.Conv3d``, of images or volumes.
    padding_mode : str
        What lies beyond the border, as of torch's convolutions.
    """

    def __init__(
        self,
        inputs: int,
        features: int,
        blocks: int,
        layers: int,
        growth: int,
        convolution: Callable[..., nn.Module] = nn.Conv2d,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()

        def wide(n_in: int, n_out: int) -> nn.Module:
            return convolution(n_in, n_out, 3, padding=1, padding_mode=padding_mode)

        self.shallow = wide(inputs, features)
        self.shallower = wide(features, features)
        self.blocks = nn.ModuleList(
            DenseBlock(
                [wide(features + i * growth, growth) for i in range(layers)],
                convolution(features + layers * growth, features, 1),
            )
            for _ in range(blocks)
        )
        self.fusion = nn.Sequential(convolution(blocks * features, features, 1), wide(features, features))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(B, inputs, …) → (B, F, …)."""
        shallow = self.shallow(images)
        features, found = self.shallower(shallow), []
        for block in self.blocks:
            features = block(features)
            found.append(features)
        return self.fusion(torch.cat(found, dim=1)) + shallow


class DenseBlock(nn.Module):
    """Convolutions each of which sees all before it; their fusion is added to what came in."""

    def __init__(self, layers: list[nn.Module], fusion: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.fusion = fusion

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, F, …) → the same."""
        dense = features
        for layer in self.layers:
            dense = torch.cat([dense, layer(dense).relu()], dim=1)
        return self.fusion(dense) + features
