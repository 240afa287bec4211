"""MetaSR, LIIF, LTE and LIT: what NH-CSR is measured against, with its input, encoder and residual."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from stsr_core.homogenization.attention import HIDDEN, attend, multilayer
from stsr_core.homogenization.axes import cell_centres, cell_of
from stsr_core.homogenization.configuration import FEATURES
from stsr_core.homogenization.encodings import Sinusoid
from stsr_core.homogenization.targets import Targets, Windows

#: Features of the 3×3 cells around one.
_UNFOLDED = 9 * FEATURES


def corners(
    targets: Targets, size: int
) -> Iterator[tuple[np.ndarray, np.ndarray, torch.Tensor, torch.Tensor]]:
    """The four cells whose centres are around each target, with their weights: the local ensemble of LIIF.

    Yields
    ------
    ndarray, ndarray
        The cell along y and along x, (ny,) and (nx,).
    Tensor
        (B or 1, P, 2): the target less the cell's centre, in half cells, within [−1, 1] but at the border.
    Tensor
        (B or 1, P): the weight, the area opposite to that of the corner; the four add up to 1.
    """
    half = 1 / size
    sides = []
    for coordinates in (targets.y, targets.x):
        cells = [cell_of(coordinates + shift, size) for shift in (-half, half)]
        sides.append([(cell, (coordinates - cell_centres(size)[cell]) * size) for cell in cells])
    found = []
    for cell_y, relative_y in sides[0]:
        for cell_x, relative_x in sides[1]:
            relative = targets.pairs(relative_y, relative_x)
            found.append((cell_y, cell_x, relative, relative.prod(dim=-1).abs() + 1e-9))
    total = sum(area for *_, area in found)
    for k, (cell_y, cell_x, relative, _) in enumerate(found):
        yield cell_y, cell_x, relative, found[3 - k][3] / total


class MetaSR(nn.Module):
    """The features of 3×3 cells, weighted by an MLP of the place in the cell and of the scale (Hu 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Sequential(nn.Linear(3, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, _UNFOLDED))

    def maps(self, features: torch.Tensor) -> torch.Tensor:
        """(B, 576, S, S)."""
        unfolded = F.unfold(features, 3, padding=1).unflatten(-1, features.shape[-2:])
        return unfolded.contiguous(memory_format=torch.channels_last)

    def forward(self, maps: torch.Tensor, targets: Targets) -> torch.Tensor:
        """(B, P)."""
        size = maps.shape[-1]
        windows = Windows(targets, size, 0)
        places = windows.offsets[:, 0] * 2  # (U, 2)
        scale = places.new_full((len(places), 1), size / targets.nodes)
        weights = self.weights(torch.cat([places, scale], dim=-1))[windows.kind]  # (B or 1, G or 1, m, 576)
        cells = windows.gather(maps)  # (B, G, 1, 576)
        return windows.ungrouped((weights * cells).sum(dim=-1, keepdim=True))[..., 0]


class LIIF(nn.Module):
    """An MLP of the features of 3×3 cells, the place and the size of a target cell (Chen 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.function = multilayer(_UNFOLDED + 4, 1, nn.ReLU)

    @property
    def _first(self) -> nn.Linear:
        layer = self.function[0]
        assert isinstance(layer, nn.Linear)
        return layer

    def maps(self, features: torch.Tensor) -> torch.Tensor:
        """The part of the first layer that knows no target, (B, 256, S, S): a convolution."""
        kernel = self._first.weight[:, :_UNFOLDED].unflatten(1, (FEATURES, 3, 3))
        return F.conv2d(features, kernel, padding=1)

    def forward(self, maps: torch.Tensor, targets: Targets) -> torch.Tensor:
        """(B, P)."""
        size = maps.shape[-1]
        first = self._first
        of_place, of_cell = first.weight[:, _UNFOLDED:].split(2, dim=1)
        constant = first.bias + of_cell.sum(dim=1) * (2 / targets.nodes * size)
        total = maps.new_zeros(())
        for cell_y, cell_x, relative, weight in corners(targets, size):
            hidden = targets.take(maps, cell_y, cell_x) + F.linear(relative, of_place, constant)
            total = total + weight * self.function[1:](hidden)[..., 0]
        return total


class LTE(nn.Module):
    """Waves of learnt amplitude, frequency and phase, and an MLP of them (Lee and Jin 2022)."""

    def __init__(self) -> None:
        super().__init__()
        self.amplitude = nn.Conv2d(FEATURES, HIDDEN, 3, padding=1)
        self.frequency = nn.Conv2d(FEATURES, HIDDEN, 3, padding=1)
        self.phase = nn.Linear(2, HIDDEN // 2, bias=False)
        self.function = multilayer(HIDDEN, 1, nn.ReLU, hidden=3)

    def maps(self, features: torch.Tensor) -> torch.Tensor:
        """Amplitudes and frequencies, (B, 512, S, S)."""
        return torch.cat([self.amplitude(features), self.frequency(features)], dim=1)

    def forward(self, maps: torch.Tensor, targets: Targets) -> torch.Tensor:
        """(B, P)."""
        size = maps.shape[-1]
        phase = self.phase(maps.new_full((2,), 2 / targets.nodes * size))
        total = maps.new_zeros(())
        for cell_y, cell_x, relative, weight in corners(targets, size):
            amplitude, frequency = targets.take(maps, cell_y, cell_x).split(HIDDEN, dim=-1)
            turns = (frequency.unflatten(-1, (2, -1)) * relative[..., None]).sum(dim=-2) + phase
            waves = torch.cat([torch.cos(math.pi * turns), torch.sin(math.pi * turns)], dim=-1)
            total = total + weight * self.function(amplitude * waves)[..., 0]
        return total


class LIT(nn.Module):
    """Local attention with sinusoid codes; an MLP takes all 49 weighted values and the cell (Chen 2023)."""

    heads = 8

    def __init__(self, radius: int) -> None:
        super().__init__()
        self.radius = radius
        self.entry = nn.Conv2d(FEATURES, HIDDEN, 3, padding=1)
        self.query, self.key, self.value = (nn.Conv2d(HIDDEN, HIDDEN, 3, padding=1) for _ in range(3))
        self.code = Sinusoid(64)
        self.bias = nn.Linear(64, self.heads)
        self.function = multilayer((2 * radius + 1) ** 2 * HIDDEN + 2, 1, nn.GELU)

    def maps(self, features: torch.Tensor) -> torch.Tensor:
        """Queries, keys and values, (B, 768, S, S)."""
        entry = self.entry(features)
        maps = torch.cat([self.query(entry), self.key(entry), self.value(entry)], dim=1)
        return maps.contiguous(memory_format=torch.channels_last)

    def forward(self, maps: torch.Tensor, targets: Targets) -> torch.Tensor:
        """(B, P)."""
        size = maps.shape[-1]
        windows = Windows(targets, size, self.radius)
        bias = self.bias(self.code(windows.offsets / (self.radius + 0.5)))[windows.kind].permute(
            0, 1, 4, 2, 3
        )
        queries = windows.grouped(targets.sample(maps[:, :HIDDEN]))
        keys, values = windows.gather(maps)[..., HIDDEN:].split(HIDDEN, dim=-1)
        queries, keys, values = (
            part.unflatten(-1, (self.heads, -1)).transpose(2, 3) for part in (queries, keys, values)
        )
        _, weights = attend(queries, keys, values, bias)
        weighted = weights[..., None] * values[..., None, :, :]  # (B, G, H, m, W, d)
        flat = windows.ungrouped(weighted.permute(0, 1, 3, 4, 2, 5).flatten(3))
        cell = flat.new_full((*flat.shape[:-1], 2), 2 / targets.nodes * size)
        return self.function(torch.cat([flat, cell], dim=-1))[..., 0]
