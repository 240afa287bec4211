"""The stereo codec as one network: two images → latents → two images, and what they cost in bits."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn

from stsr_core.imagecodec.network.configuration import STRIDE, CodecConfig
from stsr_core.imagecodec.network.entropy_networks import EntropyNetworks, crossing
from stsr_core.imagecodec.network.laplace import Laplace, bits, noisy, quantised, straight_through
from stsr_core.imagecodec.network.stereo import Both, Each, Pair, convolution, doubling, slopes


class Latents(NamedTuple):
    """Of a pair of images, not quantised: y is 1/8 and z 1/32 of their size, M channels each."""

    y: Pair
    z: Pair

    def named(self) -> dict[str, torch.Tensor]:
        """By the names of :data:`.entropy_networks.LATENTS`."""
        return {"z_left": self.z[0], "z_right": self.z[1], "y_left": self.y[0], "y_right": self.y[1]}


class Coded(NamedTuple):
    """A pair as it comes back, and its estimated cost.

    Parameters
    ----------
    images : pair of Tensor
        (B, 3, H, W), about [0, 1], not clamped.
    bits : dict of str to Tensor
        Of each latent, summed over its symbols, (B,).
    """

    images: Pair
    bits: dict[str, torch.Tensor]

    def bits_per_pixel(self) -> torch.Tensor:
        """Mean over all images, y and z together.

        Examples
        --------
        One bit for each y symbol of 48 channels and nothing for z is 48/64 = 0.75.
        """
        n_pixels = 2 * self.images[0].shape[2] * self.images[0].shape[3]
        return torch.stack(list(self.bits.values())).sum(0).mean() / n_pixels


def image_decoder(config: CodecConfig) -> nn.Sequential:
    """ŷ of both images, (B, M, h, w) each, → the images, (B, 3, 8h, 8w) each, about [0, 1]."""
    n, m = config.channels, config.latents
    return nn.Sequential(
        Each(lambda: doubling(m, n)),
        Each(lambda: slopes(n)),
        *crossing(config, n),
        Each(lambda: doubling(n, n)),
        Each(lambda: slopes(n)),
        Each(lambda: doubling(n, n)),
        Each(lambda: slopes(n)),
        Each(lambda: nn.ConvTranspose2d(n, 3, 3, padding=1)),
    )


class DecodingNetworks(nn.Module):
    """The part of a :class:`StereoCodec` that decoding needs, by the same names.

    Parameters
    ----------
    config : CodecConfig

    Examples
    --------
    Of the 21,651,462 parameters of FCNR 13,645,254 are in it.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.entropy = EntropyNetworks(config)
        self.decoder = image_decoder(config)


class StereoCodec(nn.Module):
    """FCNR, ECSIC, their ablations or the plain stereo codec, as the configuration says.

    ::

        images ─ encoder ─┬─ y ─ hyper encoder ─ z
                          └─────────────┬────────┴─ entropy.walk ─ ŷ ─ decoder ─ images

    Source: Lu, Gu, Chen et al., FCNR (2024); Wödlinger et al., ECSIC (2024).

    Parameters
    ----------
    config : CodecConfig

    Examples
    --------
    The published size has 21,651,462 parameters as ``fcnr``, 25,742,502 as ``ecsic``.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        n, m = config.channels, config.latents

        def downwards(*widths: int) -> list[nn.Module]:
            layers: list[nn.Module] = []
            for a, b in pairwise(widths):
                if config.kind.context:
                    layers += [Both(convolution(a, b, stride=2)), Both(slopes(b))]
                else:
                    layers += [Each(partial(convolution, a, b, stride=2)), Each(partial(slopes, b))]
            return layers

        self.encoder = nn.Sequential(
            *downwards(3, n, n, n), *crossing(config, n), Each(lambda: convolution(n, m))
        )
        self.hyper_encoder = nn.Sequential(
            Each(lambda: convolution(m, n, stride=2)),
            Each(lambda: slopes(n)),
            Each(lambda: convolution(n, n, stride=2)),
            Each(lambda: slopes(n)),
            *crossing(config, n),
            Each(lambda: convolution(n, m)),
        )
        self.entropy = EntropyNetworks(config)
        self.decoder = image_decoder(config)

    def latents(self, images: Pair) -> Latents:
        """Of images (B, 3, H, W) in [0, 1], H and W multiples of 32.

        Raises
        ------
        ValueError
            If they are not; :func:`.padding.padded` makes them so.
        """
        height, width = images[0].shape[2:]
        if height % STRIDE or width % STRIDE or images[0].shape != images[1].shape:
            raise ValueError(
                f"images must be two of one size, height and width multiples of {STRIDE}, got "
                f"{tuple(images[0].shape[2:])} and {tuple(images[1].shape[2:])}"
            )
        y = self.encoder(images)
        return Latents(y, self.hyper_encoder(y))

    def forward(
        self, images: Pair, left: torch.Tensor, right: torch.Tensor, noise: torch.Generator | None = None
    ) -> Coded:
        """Code a pair without writing it.

        In training mode the cost is that of noisy symbols and gradients go straight through the rounding; in
        evaluation mode it is that of the symbols that would be written.

        Parameters
        ----------
        images : pair of Tensor
            (B, 3, H, W) in [0, 1].
        left, right : Tensor
            (B, 3), time and view of each image.
        noise : Generator, optional
            Of the noise in training mode.
        """
        found = self.latents(images)
        by_name = found.named()
        cost: dict[str, torch.Tensor] = {}

        def take(name: str, laplace: Laplace) -> torch.Tensor:
            symbols = by_name[name]
            rated = noisy(symbols, noise) if self.training else quantised(symbols, laplace.location)
            cost[name] = bits(rated, laplace, self.config.least_scale).sum((1, 2, 3))
            return straight_through(symbols, laplace.location)

        size = found.z[0].shape[2], found.z[0].shape[3]
        return Coded(self.decoder(self.entropy.walk(left, right, size, take)), cost)


def rate_distortion(
    bits_per_pixel: torch.Tensor, mean_squared_error: torch.Tensor, trade_off: float
) -> torch.Tensor:
    """(R + λ·D) / (1 + λ), with D on the scale 0 to 255.

    Parameters
    ----------
    bits_per_pixel : Tensor
        R, mean of both images, y and z together.
    mean_squared_error : Tensor
        D, mean of both images.
    trade_off : float
        λ; 0.01 in the paper. The larger, the better and the larger the images.

    Examples
    --------
    >>> rate_distortion(torch.tensor(1.0), torch.tensor(100.0), 0.01)
    tensor(1.9802)
    """
    return (bits_per_pixel + trade_off * mean_squared_error) / (1 + trade_off)
