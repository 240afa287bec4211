"""The encoder of all methods: a residual dense network (Zhang et al. 2018) without its upsampling."""

from __future__ import annotations

import torch
from torch import nn

from stsr_core.homogenization.configuration import FEATURES, Size


class ResidualDenseNetwork(nn.Module):
    """Features (B, 64, S, S) of images (B, inputs, S, S). ::

        x ── shallow ─┬─ shallower ── block ─ block ─ … ── fusion ── + ── features
                      │                 └───────┴── all of them ──┘  │
                      └──────────────────────────────────────────────┘

    Parameters
    ----------
    inputs : int
    size : Size
    """

    def __init__(self, inputs: int, size: Size) -> None:
        super().__init__()
        self.shallow = nn.Conv2d(inputs, FEATURES, 3, padding=1)
        self.shallower = nn.Conv2d(FEATURES, FEATURES, 3, padding=1)
        self.blocks = nn.ModuleList(DenseBlock(size.layers, size.growth) for _ in range(size.blocks))
        self.fusion = nn.Sequential(
            nn.Conv2d(size.blocks * FEATURES, FEATURES, 1), nn.Conv2d(FEATURES, FEATURES, 3, padding=1)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(B, inputs, S, S) → (B, 64, S, S)."""
        shallow = self.shallow(images)
        features, found = self.shallower(shallow), []
        for block in self.blocks:
            features = block(features)
            found.append(features)
        return self.fusion(torch.cat(found, dim=1)) + shallow


class DenseBlock(nn.Module):
    """Convolutions each of which sees all before it; their fusion is added to what came in."""

    def __init__(self, layers: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(FEATURES + i * growth, growth, 3, padding=1) for i in range(layers)
        )
        self.fusion = nn.Conv2d(FEATURES + layers * growth, FEATURES, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, 64, S, S) → the same."""
        dense = features
        for layer in self.layers:
            dense = torch.cat([dense, layer(dense).relu()], dim=1)
        return self.fusion(dense) + features
