"""Stereo cross attention (SCAM): each row of an image attends to the same row of the other."""

from __future__ import annotations

import math

import torch
from torch import nn

from stsr_core.imagecodec.network.configuration import ATTENTION_HEADS
from stsr_core.imagecodec.network.stereo import Pair


class RowAttention(nn.Module):
    """What the rows of one stream find in the same rows of the other.

    Queries and keys have 2·C channels per head, values C // 4; all come of convolutions of three along the
    row.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = 2 * channels * ATTENTION_HEADS
        self.queries = nn.Conv1d(channels, wide, 3, padding=1)
        self.keys = nn.Conv1d(channels, wide, 3, padding=1)
        self.values = nn.Conv1d(channels, channels, 3, padding=1)
        self.last = nn.Linear(channels, channels)

    def forward(self, asking: torch.Tensor, asked: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
        """Rows (B·H, W, C): normalised ones that ask and are asked, and those that the values are of."""
        queries, keys, values = (
            layer(rows.transpose(1, 2)).unflatten(1, (ATTENTION_HEADS, -1)).transpose(2, 3)
            for layer, rows in ((self.queries, asking), (self.keys, asked), (self.values, said))
        )
        likeness = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[3])
        found = likeness.softmax(dim=3) @ values
        return self.last(found.transpose(1, 2).flatten(2))


class CrossAttention(nn.Module):
    """Left and right each add what they find in the other, then a linear map of the sum.

    Source: Wödlinger, Kotera, Keglevic, Xu and Sablatnig, ECSIC (2024), without masks and positions.

    Examples
    --------
    192 channels: 3,915,648 parameters.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm_left, self.norm_right = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.to_left, self.to_right = RowAttention(channels), RowAttention(channels)
        self.last_left, self.last_right = nn.Linear(channels, channels), nn.Linear(channels, channels)

    def forward(self, pair: Pair) -> Pair:
        """(B, C, H, W) each; a row of the output depends on that row of the inputs alone."""
        batch, _, height, _ = pair[0].shape
        left, right = (x.permute(0, 2, 3, 1).flatten(0, 1) for x in pair)
        calm_left, calm_right = self.norm_left(left), self.norm_right(right)
        left, right = (
            left + self.to_left(calm_left, calm_right, right),
            right + self.to_right(calm_right, calm_left, left),
        )
        left, right = left + self.last_left(left), right + self.last_right(right)
        new_left, new_right = (x.unflatten(0, (batch, height)).permute(0, 3, 1, 2) for x in (left, right))
        return new_left, new_right
