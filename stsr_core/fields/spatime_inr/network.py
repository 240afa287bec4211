"""The network of SpatimeINR: a place and its latent vector → colour and density."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import nn

from stsr_core.fields.spatime_inr.configuration import SpatimeInrConfig
from stsr_core.fields.spatime_inr.encoding import encoded

#: Factor on the output weights at a calm start.
_SMALL = 0.1


class ColourNetwork(nn.Module):
    """ReLU layers over encoded coordinates and the latent vector, which enter again half-way.

    ::

        γ(t, z, y, x) (80) ─┬─ layers[0] ─ … ─ layers[3] ─┬─ layers[4] ─ … ─ layers[7] ─ output: 256 → 2
        latent (128) ───────┴─────────────────────────────┘                              colour, density

    Colours are sigmoids of the first output, in [0, 1]; densities ReLU, or softplus, of the second.

    Parameters
    ----------
    config : SpatimeInrConfig

    Examples
    --------
    Parameters of the published sizes: 567,810; without latent vectors 502,274.
    """

    def __init__(self, config: SpatimeInrConfig) -> None:
        super().__init__()
        self.config = config
        n_in = 8 * config.frequencies + (config.latent_length if config.latent else 0)
        self.skip = config.depth // 2  # the layer that is given the input again; 0: none
        widths = [n_in] + [config.width] * (config.depth - 1)
        self.layers = nn.ModuleList(
            nn.Linear(width + (n_in if i == self.skip and i else 0), config.width)
            for i, width in enumerate(widths)
        )
        self.output = nn.Linear(config.width, 2)
        with torch.no_grad():
            self.output.bias[1] = 1.0  # some density, so that the first picture is not black

    def start_from(self, mean: float) -> None:
        """Give every place about the same colour, ``mean`` in (0, 1), and layers that hand on what comes in.

        torch's own initial weights, which the published programs have, make each of the ReLU layers hand on
        a third of the variance: eight of them tell no place from another, and the network collapses to one
        colour, mostly black, where nothing has a gradient. He's initial weights keep the variance.
        """
        mean = min(max(mean, 1e-3), 1 - 1e-3)
        with torch.no_grad():
            for layer in self.layers:
                nn.init.kaiming_uniform_(cast("nn.Linear", layer).weight, nonlinearity="relu")
                nn.init.zeros_(cast("nn.Linear", layer).bias)
            self.output.weight *= _SMALL
            self.output.bias[0] = math.log(mean / (1 - mean))

    def forward(self, places: torch.Tensor, latent: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Colours and densities (…) at normalised places (…, 4) with latent vectors (…, d)."""
        given = encoded(places, self.config.frequencies, self.config.coordinate_scale)
        if latent is not None:
            given = torch.cat([given, latent], dim=-1)
        h = given
        for i, layer in enumerate(self.layers):
            h = torch.relu(layer(torch.cat([h, given], dim=-1) if i == self.skip and i else h))
        colour, density = self.output(h).unbind(-1)
        activation = torch.relu if self.config.density == "relu" else nn.functional.softplus
        return torch.sigmoid(colour), activation(density)
