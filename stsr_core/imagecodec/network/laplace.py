"""Laplace distributions of symbols: quantisation about their locations, and what a symbol costs."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

#: Smallest probability of a symbol.
LEAST_LIKELIHOOD = 1e-9


class Laplace(NamedTuple):
    """Location and scale of each symbol, or of each channel (B, M, 1, 1), as the network says them."""

    location: torch.Tensor
    scale: torch.Tensor

    @classmethod
    def of(cls, channels: torch.Tensor) -> Laplace:
        """Of 2·M channels: the locations, then the scales."""
        location, scale = channels.chunk(2, dim=1)
        return cls(location, scale)

    def over(self, shape: torch.Size) -> Laplace:
        """One for every symbol of ``shape``."""
        return Laplace(self.location.expand(shape), self.scale.expand(shape))


class _Bound(torch.autograd.Function):
    """max(x, bound), whose gradient passes where x is above the bound or would be raised by it."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, bound: float) -> torch.Tensor:
        ctx.save_for_backward(x)
        ctx.bound = bound
        return x.clamp_min(bound)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:  # type: ignore[override]
        (x,) = ctx.saved_tensors
        return gradient * ((x >= ctx.bound) | (gradient < 0)), None


def at_least(x: torch.Tensor, bound: float) -> torch.Tensor:
    """max(x, bound); what lies below the bound still learns to rise.

    Examples
    --------
    >>> x = torch.tensor([0.05], requires_grad=True)
    >>> at_least(x, 0.1).backward(torch.tensor([-1.0]))
    >>> x.grad
    tensor([-1.])
    """
    return _Bound.apply(x, bound)


def quantised(symbols: torch.Tensor, location: torch.Tensor) -> torch.Tensor:
    """round(s − μ) + μ; halves to the even number.

    Examples
    --------
    >>> quantised(torch.tensor([0.2, 1.7, -0.6]), torch.tensor([0.1, 0.4, -0.3]))
    tensor([ 0.1000,  1.4000, -0.3000])
    """
    return (symbols - location).round() + location


def straight_through(symbols: torch.Tensor, location: torch.Tensor) -> torch.Tensor:
    """The value of :func:`quantised`, and the gradient of the identity in ``symbols``."""
    return symbols + (quantised(symbols, location) - symbols).detach()


def noisy(symbols: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Symbols plus noise of U(−½, ½), which stands for quantisation where its cost is learned."""
    noise = torch.rand(symbols.shape, generator=generator, device=symbols.device, dtype=symbols.dtype)
    return symbols + noise - 0.5


def bits(symbols: torch.Tensor, laplace: Laplace, least_scale: float = 0.1) -> torch.Tensor:
    """Bits of each symbol: −log₂ of the probability of the interval of length 1 around it.

    Parameters
    ----------
    symbols : Tensor
        ŝ, quantised or noisy.
    laplace : Laplace
        Of each.
    least_scale : float
        Scales are taken to be this at least.

    Examples
    --------
    One that is where it is expected, with scale 1, has the probability 1 − e^(−½) = 0.393469:

    >>> bits(torch.zeros(1), Laplace(torch.zeros(1), torch.ones(1)))
    tensor([1.3457])
    """
    away = (symbols - laplace.location).abs()
    scale = at_least(laplace.scale, least_scale)
    likelihood = _cumulative((0.5 - away) / scale) - _cumulative((-0.5 - away) / scale)
    return -at_least(likelihood, LEAST_LIKELIHOOD).log2()


def _cumulative(x: torch.Tensor) -> torch.Tensor:
    """Of the standard Laplace distribution."""
    return 0.5 - 0.5 * x.sign() * torch.expm1(-x.abs())
