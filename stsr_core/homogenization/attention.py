"""Local attention of targets to the cells around them, and the implicit branch of NH-CSR made of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import nn

from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.encodings import encoding
from stsr_core.homogenization.targets import Targets, Windows
from stsr_core.precision import products

#: Width of the hidden layers of every implicit function here.
HIDDEN = 256


class Maps(NamedTuple):
    """What of a branch is computed once for each map: queries, and keys beside values."""

    queries: torch.Tensor  # (B, D, S, S)
    keys_values: torch.Tensor  # (B, 2·D, S, S)


def attend(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bias: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Softmax attention of the m targets of a group to its W cells, for each head.

    Parameters
    ----------
    queries : Tensor
        (…, H, m, d).
    keys, values : Tensor
        (…, H, W, d).
    bias : Tensor
        (…, H, m, W), of the positions.

    Returns
    -------
    Tensor, Tensor
        Σ_j w_j·v_j (…, H, m, d), and the weights w = softmax(q·k/√d + bias), (…, H, m, W).

    Examples
    --------
    >>> one = [torch.tensor(v)[None, :, None] for v in ([1.0], [0.0, 1, 2], [1.0, 2, 4])]
    >>> round(attend(*one, torch.tensor([[[0.0, 0, -1]]]))[0].item(), 5)
    2.68928
    """
    queries = queries / math.sqrt(queries.shape[-1])
    if queries.shape[-2] == 1:  # products of so small matrices cost more than what they multiply
        weights = ((queries * keys).sum(dim=-1) + bias[..., 0, :]).softmax(dim=-1)
        return (weights[..., None] * values).sum(dim=-2, keepdim=True), weights[..., None, :]
    weights = (queries @ keys.transpose(-1, -2) + bias).softmax(dim=-1)
    return weights @ values, weights


class Branch(nn.Module):
    """Features at any target: attention to the cells around it, biased by codes of their offsets, and an MLP.

    ::

        map ─ query ─ bilinear at the target ─┐
            ├ key ─── 49 cells ───────────────┼─ attention ─┬─ MLP ─ 256
            └ value ─ 49 cells ───────────────┤             │
        offsets ─ code ─ bias ────────────────┘             │
                    └── of the nearest cell ────────────────┘

    Parameters
    ----------
    inputs : int
        Channels of the map.
    configuration : Configuration
        Its width, heads, radius, encoding and aggregate: "flatten" gives all 49 weighted values to the MLP,
        as LIT does, and not their sum.
    """

    def __init__(self, inputs: int, configuration: Configuration) -> None:
        super().__init__()
        c = configuration
        self.width, self.heads, self.radius = c.width, c.heads, c.radius
        self.flatten = c.aggregate == "flatten"
        self.query, self.key, self.value = (nn.Conv2d(inputs, c.width, 3, padding=1) for _ in range(3))
        self.code = encoding(c)
        self.bias = nn.Linear(c.width, c.heads)
        cells = (2 * c.radius + 1) ** 2 if self.flatten else 1
        self.function = multilayer(cells * c.width + c.width, HIDDEN, nn.GELU)
        self.rounds = False  # whether its hidden layers multiply in bfloat16

    def maps(self, features: torch.Tensor) -> Maps:
        """Of feature maps (B, inputs, S, S)."""
        keys_values = torch.cat([self.key(features), self.value(features)], dim=1)
        # What belongs to a cell lies together, for whole cells are gathered.
        return Maps(self.query(features), keys_values.contiguous(memory_format=torch.channels_last))

    def forward(self, maps: Maps, targets: Targets) -> torch.Tensor:
        """The hidden layers at the targets, (B, P, 256); :attr:`function` without its last layer."""
        windows = Windows(targets, maps.queries.shape[-1], self.radius)
        codes = self.code(windows.offsets / (self.radius + 0.5))  # (U, W, D)
        nearest = codes[:, codes.shape[1] // 2]
        bias = self.bias(codes)[windows.kind].permute(0, 1, 4, 2, 3)  # (B or 1, G or 1, H, m, W)
        queries = self._by_head(windows.grouped(targets.sample(maps.queries)))
        cells = windows.gather(maps.keys_values)
        keys, values = (self._by_head(part) for part in cells.split(self.width, dim=-1))
        attended, weights = attend(queries, keys, values, bias)
        if self.flatten:
            # (B, G, H, m, W, d) → (B, G, m, W·H·d)
            attended = (weights[..., None] * values[..., None, :, :]).permute(0, 1, 3, 4, 2, 5).flatten(3)
        else:
            attended = attended.transpose(2, 3).flatten(3)
        places = nearest[windows.kind].expand(*attended.shape[:-1], -1)
        values_in = windows.ungrouped(torch.cat([attended, places], dim=-1))
        with products(values_in.device, self.rounds):
            return self.function[:-1](values_in).float()

    def _by_head(self, values: torch.Tensor) -> torch.Tensor:
        """(B, G, n, D) → (B, G, H, n, d)."""
        return values.unflatten(-1, (self.heads, -1)).transpose(2, 3)


def multilayer(inputs: int, outputs: int, activation: type[nn.Module], hidden: int = 4) -> nn.Sequential:
    """Hidden layers of 256, and a linear one; every second entry is a linear layer."""
    layers: list[nn.Module] = []
    for width in (inputs, *[HIDDEN] * (hidden - 1)):
        layers += [nn.Linear(width, HIDDEN), activation()]
    return nn.Sequential(*layers, nn.Linear(HIDDEN, outputs))
