"""Networks that are a database: (t, θ, φ) → image. Nothing is stored but their weights."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from stsr_core.imagecodec.network.configuration import STRIDE
from stsr_core.imagecodec.network.positional import N_PARAMETERS, encoded
from stsr_core.imagecodec.network.stereo import convolution
from stsr_core.imagecodec.padding import padded_size

#: Frequencies of the positional encoding, and their base.
FREQUENCIES, BASE = 24, 1.25


def _widths(width: int) -> tuple[int, ...]:
    """Channels before and after each of the five doublings."""
    return (width, width, width, width // 2, width // 2, width // 2)


class ImageNetwork(nn.Module):
    """NeRV: time and view → one image.

    ::

        (t, θ, φ) ─ sines and cosines ─ linear 4w ─ GELU ─ linear ─ GELU ─ (w, H/32, W/32)
                  ─ 5 × [3×3 convolution, pixel shuffle ×2, GELU]: w, w, w/2, w/2, w/2 ─ 1×1 ─ sigmoid

    Source: Chen, He, Wang et al., NeRV (2021), with time and view in place of the frame's number, as FCNR's
    authors extend E-NeRV.

    Parameters
    ----------
    width : int
        w, even.
    size : (int, int)
        Height and width of the images; multiples of 32 are made and cropped.
    """

    def __init__(self, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        height, across = (n // STRIDE for n in padded_size(*size))
        self.stem = nn.Sequential(
            nn.Linear(2 * N_PARAMETERS * FREQUENCIES, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width * height * across),
            nn.GELU(),
            nn.Unflatten(1, (width, height, across)),
        )
        blocks: list[nn.Module] = []
        for n_in, n_out in pairwise(_widths(width)):
            blocks += [convolution(n_in, 4 * n_out), nn.PixelShuffle(2), nn.GELU()]
        self.blocks = nn.Sequential(*blocks, convolution(_widths(width)[-1], 3, 1), nn.Sigmoid())

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """(B, 3) → (B, 3, H', W') in [0, 1]."""
        return self.blocks(self.stem(encoded(places, FREQUENCIES, BASE)))


class ModulatedBlock(nn.Module):
    """3×3 convolution, pixel shuffle ×2, instance norm whose scale and shift the index gives, GELU."""

    def __init__(self, n_in: int, n_out: int, n_index: int) -> None:
        super().__init__()
        self.doubled = nn.Sequential(
            convolution(n_in, 4 * n_out), nn.PixelShuffle(2), nn.InstanceNorm2d(n_out)
        )
        self.of_index = nn.Linear(n_index, 2 * n_out)

    def forward(self, features: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        """(B, n_in, h, w) and (B, n_index) → (B, n_out, 2h, 2w)."""
        scale, shift = self.of_index(index)[:, :, None, None].chunk(2, dim=1)
        return nn.functional.gelu(self.doubled(features) * (1 + scale) + shift)


class DisentangledNetwork(nn.Module):
    """E-NeRV: what depends on the place in the image, and what depends on time and view, apart at first.

    ::

        grid (H/32 × W/32) ─ sines and cosines ─ linear w ─ GELU ─ attention ─ ×  ─ 5 modulated blocks ─ 1×1
        (t, θ, φ) ─ sines and cosines ─ linear 2w ─ GELU ─ linear w ─ GELU ────┴──────────┘           sigmoid

    The large layer of NeRV, from an index to a whole grid, is not there, so that as many bytes make it
    wider. Source: Li, Wang, Pi et al., E-NeRV (2022), with time and view in place of the frame's number.

    Parameters
    ----------
    width, size
        As of :class:`ImageNetwork`.
    """

    grid: torch.Tensor

    def __init__(self, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.shape = tuple(n // STRIDE for n in padded_size(*size))
        axes = [(torch.arange(n) + 0.5) / n for n in self.shape]
        places = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=2).flatten(0, 1)
        self.register_buffer("grid", encoded(places, FREQUENCIES, BASE), persistent=False)
        self.of_grid = nn.Sequential(
            nn.Linear(2 * 2 * FREQUENCIES, width),
            nn.GELU(),
            nn.TransformerEncoderLayer(width, 2, 2 * width, 0.0, "gelu", batch_first=True),
        )
        self.of_index = nn.Sequential(
            nn.Linear(2 * N_PARAMETERS * FREQUENCIES, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
            nn.GELU(),
        )
        widths = _widths(width)
        self.blocks = nn.ModuleList(ModulatedBlock(a, b, width) for a, b in pairwise(widths))
        self.last = nn.Sequential(convolution(widths[-1], 3, 1), nn.Sigmoid())

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """(B, 3) → (B, 3, H', W') in [0, 1]."""
        index = self.of_index(encoded(places, FREQUENCIES, BASE))
        features = self.of_grid(self.grid[None]).transpose(1, 2).unflatten(2, self.shape)
        features = features * index[:, :, None, None]
        for block in self.blocks:
            features = block(features, index)
        return self.last(features)
