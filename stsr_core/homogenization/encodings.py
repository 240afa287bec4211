"""Codes of a target's offset from a cell: what an implicit branch knows of the place.

All take offsets in [−1, 1]², a cell being 1/(r+½) wide, and give 64 numbers.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from stsr_core.homogenization.configuration import Configuration

#: Frequencies along each axis of the sinusoid code, 2^s − 1 for s from 0 to 10.
_FREQUENCIES, _OCTAVES = 16, 10.0


def encoding(configuration: Configuration) -> nn.Module:
    """The code of a configuration, offsets (…, 2) → (…, width).

    "gabor" is two Gabor layers, "plain" two layers with GELU, "sinusoid" sines and cosines of fixed
    frequencies, "ipe" the same integrated over a cell (Mip-NeRF), and "lte" has learnt frequencies and
    amplitudes, as LTE.

    Parameters
    ----------
    configuration : Configuration
        Its encoding, width (64 with fixed frequencies), radius, omega, sigma and trainable.
    """
    c = configuration
    if c.encoding == "gabor":
        wavelet = (c.omega, c.sigma, c.trainable)
        return nn.Sequential(Gabor(2, c.width, *wavelet), Gabor(c.width, c.width, *wavelet))
    if c.encoding == "plain":
        return nn.Sequential(nn.Linear(2, c.width), nn.GELU(), nn.Linear(c.width, c.width))
    if c.encoding == "lte":
        return Learnt(c.width)
    # A cell's variance along an axis is its width squared over 12.
    return Sinusoid(c.width, 1 / (12 * (c.radius + 0.5) ** 2) if c.encoding == "ipe" else 0.0)


def gabor(values: torch.Tensor, omega: float | torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
    """cos(ω·a)·exp(−(s·a)²), the real Gabor wavelet (WIRE, Saragadam et al. 2023).

    Examples
    --------
    >>> gabor(torch.tensor([0.0, 0.1]), 10.0, 10.0)
    tensor([1.0000, 0.1988])
    """
    return torch.cos(omega * values) * torch.exp(-((sigma * values) ** 2))


class Gabor(nn.Module):
    """A linear layer and the Gabor wavelet of what it gives.

    WIRE's real layer has two linear maps, one for the cosine and one for the Gaussian; the formula of NH-CSR
    has one.
    """

    omega: torch.Tensor
    sigma: torch.Tensor

    def __init__(self, inputs: int, outputs: int, omega: float, sigma: float, trainable: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        for name, value in (("omega", omega), ("sigma", sigma)):
            tensor = torch.tensor(float(value))
            if trainable:
                self.register_parameter(name, nn.Parameter(tensor))
            else:
                self.register_buffer(name, tensor)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """(…, inputs) → (…, outputs)."""
        return gabor(self.linear(values), self.omega, self.sigma)


class Sinusoid(nn.Module):
    """Sines and cosines of π·f·y and π·f·x with 16 frequencies f = 2^s − 1, as in LIT: 64 numbers.

    Parameters
    ----------
    width : int
        64.
    variance : float
        Of the place along an axis: a wave of frequency f is damped by exp(−½·(π·f)²·variance).
    """

    waves: torch.Tensor
    damping: torch.Tensor

    def __init__(self, width: int, variance: float = 0.0) -> None:
        super().__init__()
        if width != 4 * _FREQUENCIES:
            raise ValueError(f"width must be {4 * _FREQUENCIES} with a sinusoid encoding, got {width}")
        waves = math.pi * (2 ** torch.linspace(0, _OCTAVES, _FREQUENCIES) - 1)
        self.register_buffer("waves", waves, persistent=False)
        self.register_buffer("damping", torch.exp(-0.5 * waves**2 * variance), persistent=False)

    def forward(self, offsets: torch.Tensor) -> torch.Tensor:
        """(…, 2) → (…, 64)."""
        phase = offsets[..., None] * self.waves
        return (torch.cat([phase.sin(), phase.cos()], dim=-1) * self.damping.repeat(2)).flatten(-2)


class Learnt(nn.Module):
    """Sines and cosines of learnt frequencies, each with an amplitude, as LTE has them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.frequency = nn.Linear(2, width // 2, bias=False)
        self.amplitude = nn.Parameter(torch.ones(width))

    def forward(self, offsets: torch.Tensor) -> torch.Tensor:
        """(…, 2) → (…, width)."""
        phase = math.pi * self.frequency(offsets)
        return torch.cat([phase.cos(), phase.sin()], dim=-1) * self.amplitude
