"""What is known of the hyper latents before anything is decoded: from time and view, or the same for all."""

from __future__ import annotations

import torch
from torch import nn

from stsr_core.imagecodec.network.configuration import CodecConfig
from stsr_core.imagecodec.network.laplace import Laplace
from stsr_core.imagecodec.network.positional import N_PARAMETERS, encoded


class PositionPrior(nn.Module):
    """Time and view of each image → location and scale of each channel, by an MLP for each stream.

    ::

        (t, θ, φ) ─ sines and cosines (48) ─ linear N ─ leaky ReLU ─ linear 2·M ─ location, scale
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.n_frequencies, self.base = config.frequencies, config.frequency_base
        self.left, self.right = (
            nn.Sequential(
                nn.Linear(2 * N_PARAMETERS * config.frequencies, config.channels),
                nn.LeakyReLU(0.01),
                nn.Linear(config.channels, 2 * config.latents),
            )
            for _ in range(2)
        )

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[Laplace, Laplace]:
        """Parameters (B, 3) of the left and the right image → distributions (B, M, 1, 1)."""
        found = []
        for network, parameters in ((self.left, left), (self.right, right)):
            values = network(encoded(parameters, self.n_frequencies, self.base))
            found.append(Laplace.of(values[:, :, None, None]))
        return found[0], found[1]


class ConstantPrior(nn.Module):
    """Trained location and scale of each channel, whatever the image."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        shape = (1, config.latents, 1, 1)
        self.location_left, self.location_right = (nn.Parameter(torch.randn(shape)) for _ in range(2))
        self.scale_left, self.scale_right = (nn.Parameter(1 + torch.rand(shape) / 2) for _ in range(2))

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> tuple[Laplace, Laplace]:
        """Of time and view (B, 3) nothing is used but how many there are."""
        shape = torch.Size([len(left), *self.location_left.shape[1:]])
        return (
            Laplace(self.location_left, self.scale_left).over(shape),
            Laplace(self.location_right, self.scale_right).over(shape),
        )
