"""The modulated sine network of STSR-INR: coordinates and a latent vector → one value per head."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import torch


class Layer(torch.nn.Module):
    """y = sin(ω0·(W x + b)), or relu(W x + b).

    Sine weights start uniform in ±√(6/n_in)/ω0, first layers too; ReLU weights and all biases at the
    framework's default.

    Parameters
    ----------
    n_in, n_out : int
    omega : float
        Frequency factor ω0.
    activation : {"sine", "relu"}
    """

    def __init__(self, n_in: int, n_out: int, omega: float, activation: str = "sine") -> None:
        super().__init__()
        self.linear = torch.nn.Linear(n_in, n_out)
        self.omega = omega
        self.activation = activation
        if activation == "sine":
            bound = math.sqrt(6 / n_in) / omega
            torch.nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, n_in) → (…, n_out)."""
        if self.activation == "relu":
            return torch.relu(self.linear(x))
        return torch.sin(self.omega * self.linear(x))


class ResidualBlock(torch.nn.Module):
    """x ↦ ½·(x + S2(S1(x))); stays in [−1, 1] with sine layers and such an input."""

    def __init__(self, width: int, omega: float, activation: str = "sine") -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            Layer(width, width, omega, activation), Layer(width, width, omega, activation)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, width) → (…, width)."""
        return 0.5 * (x + self.layers(x))


def _body(
    n_in: int, widths: tuple[int, int, int], depth: int, omegas: tuple[float, float], activation: str
) -> torch.nn.ModuleList:
    first, deep = omegas
    sizes = (n_in, *widths)
    stages: list[torch.nn.Module] = [Layer(a, b, first, activation) for a, b in pairwise(sizes)]
    stages += [ResidualBlock(widths[-1], deep, activation) for _ in range(depth)]
    return torch.nn.ModuleList(stages)


def _head_stages(widths: tuple[int, int, int], omega: float, activation: str) -> torch.nn.ModuleList:
    narrow, middle, wide = widths
    return torch.nn.ModuleList(
        [
            ResidualBlock(wide, omega, activation),
            Layer(wide, middle, omega, activation),
            Layer(middle, narrow, omega, activation),
        ]
    )


class Head(torch.nn.Module):
    """Three more stages of both bodies and the output of one block, (…, 256) → (…)."""

    def __init__(self, widths: tuple[int, int, int], omega: float, activation: str, final: str) -> None:
        super().__init__()
        self.synthesis = _head_stages(widths, omega, "sine")
        self.modulator = _head_stages(widths, omega, activation)
        self.final = final
        # A sine output is the same linear map with the sine layers' start and factor.
        self.last = Layer(widths[0], 1, omega) if final == "sine" else torch.nn.Linear(widths[0], 1)

    def forward(self, features: torch.Tensor, modulations: Sequence[torch.Tensor]) -> torch.Tensor:
        """``modulations``: the body's last one, then one per stage."""
        for stage, modulation in zip(self.synthesis, modulations, strict=False):
            features = stage(features * modulation)
        value = self.last(features * modulations[-1])
        return (value if self.final == "sine" else torch.tanh(value)).squeeze(-1)


class Modulations(NamedTuple):
    """What depends on the latent vector alone; each tensor is (…, width)."""

    body: list[torch.Tensor]
    heads: list[list[torch.Tensor]]


class StsrNetwork(torch.nn.Module):
    """Synthesis network over (t, z, y, x), its activations multiplied by those of a modulator over Φ::

        Φ ──► modulator.0 ─► modulator.1 ─► … ─► modulator.7 ──► heads.h.modulator.0 ─► .1 ─► .2
                   │⊙             │⊙                  │⊙                │⊙            │⊙     │⊙
        txyz► synthesis.0 ─► synthesis.1 ─► … ─► synthesis.7 ──► heads.h.synthesis.0 ─► .1 ─► .2 ─► last, tanh
               4→64           64→128  128→256  5 × residual          residual   256→128 128→64  64→1

    Parameters
    ----------
    n_heads : int
        Number of outputs k.
    latent_length : int
        Length L of Φ.
    widths : three ints
        Widths of the first three stages, (64, 128, 256) in the paper; heads go back down through them.
    depth : int
        Number of residual blocks d of each body.
    omegas : (float, float)
        ω0 of the first three stages, and of all residual blocks and heads.
    modulator_activation : {"sine", "relu"}
    final : {"tanh", "sine"}

    Notes
    -----
    STSR-INR (Tang and Wang), figure 2, with the factors of the authors' program. With 8 heads it has
    4,179,592 parameters: 715,712 + 699,584 in the bodies and 345,537 in each head.
    """

    def __init__(
        self,
        n_heads: int = 8,
        latent_length: int = 256,
        widths: tuple[int, int, int] = (64, 128, 256),
        depth: int = 5,
        omegas: tuple[float, float] = (5.0, 30.0),
        modulator_activation: str = "sine",
        final: str = "tanh",
    ) -> None:
        super().__init__()
        self.modulator = _body(latent_length, widths, depth, omegas, modulator_activation)
        self.synthesis = _body(4, widths, depth, omegas, "sine")
        self.heads = torch.nn.ModuleList(
            Head(widths, omegas[1], modulator_activation, final) for _ in range(n_heads)
        )

    def modulations(self, latent: torch.Tensor) -> Modulations:
        """All modulator activations for latent vectors (…, L)."""
        body = _activations(self.modulator, latent)
        heads = cast("Iterable[Head]", self.heads)
        return Modulations(body, [[body[-1], *_activations(head.modulator, body[-1])] for head in heads])

    def features(self, coordinates: torch.Tensor, body: list[torch.Tensor]) -> torch.Tensor:
        """Coordinates (…, 4) → activations (…, width) that all heads share."""
        h = self.synthesis[0](coordinates)
        for stage, modulation in zip(self.synthesis[1:], body, strict=False):
            h = stage(h * modulation)
        return h

    def forward(self, coordinates: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        """Coordinates (N, 4) and latent vectors (N, L) or (L,) → values (N, k), each below 1 in size."""
        modulations = self.modulations(latent)
        h = self.features(coordinates, modulations.body)
        values = [head(h, m) for head, m in zip(self.heads, modulations.heads, strict=True)]
        return torch.stack(values, -1)


def _activations(stages: torch.nn.ModuleList, x: torch.Tensor) -> list[torch.Tensor]:
    activations = []
    for stage in stages:
        x = stage(x)
        activations.append(x)
    return activations
