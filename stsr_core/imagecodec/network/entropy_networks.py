"""Everything that says how probable a symbol is: priors, contexts and the hyper decoder.

Encoder and decoder of a bit stream go through them in one order, :meth:`EntropyNetworks.walk`: each latent is
taken (quantised, written or read) from the distribution that the ones before it give.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import nn

from stsr_core.imagecodec.network.configuration import CodecConfig
from stsr_core.imagecodec.network.cross_attention import CrossAttention
from stsr_core.imagecodec.network.joint_context import JointContextTransfer
from stsr_core.imagecodec.network.laplace import Laplace
from stsr_core.imagecodec.network.priors import ConstantPrior, PositionPrior
from stsr_core.imagecodec.network.stereo import Each, Pair, convolution, doubling, slopes

#: Latents in the order of the bit stream.
LATENTS = ("z_left", "z_right", "y_left", "y_right")
#: Name of a latent and its distributions, one for each symbol → the quantised latent.
Take: TypeAlias = Callable[[str, Laplace], torch.Tensor]


def crossing(config: CodecConfig, channels: int) -> list[nn.Module]:
    """What passes between the streams, and the slopes behind it; nothing where there is no such module."""
    if not config.kind.cross:
        return []
    module = JointContextTransfer if config.kind.cross == "joint" else CrossAttention
    return [module(channels), Each(lambda: slopes(channels))]


class HyperContext(nn.Module):
    """Left hyper latents and the right prior → distributions of the right hyper latents (scales ≥ 0)."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        n, m = config.channels, config.latents
        self.layers = nn.Sequential(
            convolution(3 * m, n), slopes(n), convolution(n, n), slopes(n), convolution(n, 2 * m)
        )

    def forward(self, left: torch.Tensor, prior: Laplace) -> Laplace:
        """(B, M, h, w) and a prior over it."""
        location, scale = Laplace.of(self.layers(torch.cat([*prior.over(left.shape), left], 1)))
        return Laplace(location, scale.relu())


class LatentContext(nn.Module):
    """Left latents and the right features of the hyper decoder → distributions of the right latents.

    ::

        ŷ left   ─ M → N ─ slopes ─┐
                                   ├─ cross module ─ [·, ·] ─ slopes ─ 2N → 2M
        features ─ N → N ─ slopes ─┘
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        n, m = config.channels, config.latents
        self.of_left = nn.Sequential(convolution(m, n), slopes(n))
        self.of_features = nn.Sequential(convolution(n, n), slopes(n))
        self.cross = crossing(config, n)[0]
        self.last = nn.Sequential(slopes(2 * n), convolution(2 * n, 2 * m))

    def forward(self, left: torch.Tensor, features: torch.Tensor) -> Laplace:
        """(B, M, h, w) and (B, N, h, w)."""
        crossed = self.cross((self.of_left(left), self.of_features(features)))
        return Laplace.of(self.last(torch.cat(crossed, 1)))


class EntropyNetworks(nn.Module):
    """The distributions of all symbols of a pair.

    ::

        prior(p_l) ────────────── z_left ─┬────────────────┐
        prior(p_r) ─ hyper context(z_left) ─ z_right ──────┴─ hyper decoder ─┬─ head ─ y_left ─┐
                                                                             └─ head ─ latent context(y_left)
                                                                                              └─ y_right
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        n, m = config.channels, config.latents
        self.prior = PositionPrior(config) if config.kind.positions else ConstantPrior(config)
        self.hyper_decoder = nn.Sequential(
            Each(lambda: doubling(m, n)),
            Each(lambda: slopes(n)),
            *crossing(config, n),
            Each(lambda: doubling(n, n)),
            Each(lambda: slopes(n)),
        )
        self.head_left = convolution(n, 2 * m)
        self.head_right = convolution(n, n if config.kind.context else 2 * m)
        self.hyper_context = HyperContext(config) if config.kind.context else None
        self.latent_context = LatentContext(config) if config.kind.context else None

    def walk(self, left: torch.Tensor, right: torch.Tensor, size: tuple[int, int], take: Take) -> Pair:
        """Take all latents of a pair in the order of the bit stream.

        Parameters
        ----------
        left, right : Tensor
            (B, 3), time and view of the images as of :func:`.positional.parameters_of`.
        size : (int, int)
            Height and width of the hyper latents, 1/32 of the images'.
        take : callable
            Called with each name of :data:`LATENTS` and the distributions of its symbols, (B, M, h, w).

        Returns
        -------
        pair of Tensor
            ŷ, left and right, (B, M, 4h, 4w).
        """
        prior_left, prior_right = self.prior(left, right)
        shape = torch.Size([len(left), prior_left.location.shape[1], *size])
        z_left = take("z_left", prior_left.over(shape))
        if self.hyper_context is not None:
            prior_right = self.hyper_context(z_left, prior_right)
        z_right = take("z_right", prior_right.over(shape))
        of_left, of_right = self.hyper_decoder((z_left, z_right))
        y_left = take("y_left", Laplace.of(self.head_left(of_left)))
        features = self.head_right(of_right)
        if self.latent_context is not None:
            return y_left, take("y_right", self.latent_context(y_left, features))
        return y_left, take("y_right", Laplace.of(features))
