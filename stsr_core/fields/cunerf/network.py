"""The network of CuNeRF, with the layer that its program never uses."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

#: The layer in whose place the input enters again.
SKIP = 4


class CubeNetwork(nn.Module):
    """ReLU layers over a place and its sines and cosines → colour in [0, 1] and density >= 0.

    ::

        γ (69) ─┬─ layers[0] ─ … ─ layers[3] ─┬─ layers[5] ─ layers[6] ─ layers[7] ─ output: 256 → 2
                └─────────────────────────────┘

    In the published program the input is joined *in place* of ``layers[4]``, which is stored and never used.

    Parameters
    ----------
    width : int
        Neurons per layer.
    frequencies : int
        Sines and cosines of 2^k times a coordinate (without π), k < ``frequencies``.
    calm : bool
        Softplus in place of ReLU for the density, He's initial weights and small ones of the output: as
        published most runs collapse to black.

    Examples
    --------
    Parameters with 256 neurons and 11 frequencies: 496,642.
    """

    def __init__(self, width: int = 256, frequencies: int = 11, calm: bool = False) -> None:
        super().__init__()
        self.calm = calm
        self.frequencies = frequencies
        n_in = 3 * (1 + 2 * frequencies)
        widths = {0: n_in, SKIP + 1: width + n_in}
        self.layers = nn.ModuleList(nn.Linear(widths.get(i, width), width) for i in range(8))
        self.output = nn.Linear(width, 2)
        if calm:
            with torch.no_grad():
                for layer in self.layers:  # torch's own weights hand on a third of the variance
                    nn.init.kaiming_uniform_(cast("nn.Linear", layer).weight, nonlinearity="relu")
                self.output.weight *= 0.1
                self.output.bias[1] = 1.0

    def encoded(self, places: torch.Tensor) -> torch.Tensor:
        """The places (…, 3), then for each k their sines and cosines: (…, 3 + 6 · frequencies)."""
        octaves = 2.0 ** torch.arange(self.frequencies, device=places.device)
        angles = octaves[:, None] * places[..., None, :]
        waves = torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(-2)
        return torch.cat([places, waves], dim=-1)

    def forward(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Colours and densities (…) at places (…, 3) in [−π, π]."""
        given = self.encoded(places)
        h = given
        for i, layer in enumerate(self.layers):
            h = torch.cat([given, h], dim=-1) if i == SKIP else torch.relu(layer(h))
        colour, density = self.output(h).unbind(-1)
        return torch.sigmoid(colour), nn.functional.softplus(density) if self.calm else torch.relu(density)
