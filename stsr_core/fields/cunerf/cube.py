"""Cubes about places: where CuNeRF takes its samples, and what they look like from the centre."""

from __future__ import annotations

import math

import torch

_SEED = 4


def lattice(n_places: int, per_axis: int, draw: torch.Generator | None, device: torch.device) -> torch.Tensor:
    """Samples (n_places, per_axis³, 3) of a cube with half edges of 1.

    They are {1/n, 2/n, …, 1}³ of the cube's edges, which is off its centre; while learning each coordinate is
    multiplied by a uniform number in [0, 1], which leans to the lower corner. Both are as published.
    """
    ticks = torch.arange(1, per_axis + 1, dtype=torch.float32, device=device) / per_axis
    shares = torch.cartesian_prod(ticks, ticks, ticks).expand(n_places, -1, -1)
    if draw is not None:
        shares = shares * torch.rand(shares.shape, generator=draw, device=device)
    return 2 * shares - 1


def towards_weight(
    radius: torch.Tensor, weight: torch.Tensor, n_samples: int, draw: torch.Generator | None
) -> torch.Tensor:
    """Samples (N, n_samples, 3) of the second stage, where the first one, (N, M) by radius, has its weight.

    Azimuths are uniform, and so are polar angles: the directions crowd at the poles, as published.
    """
    shape, device = (len(radius), n_samples), radius.device
    if draw is None:
        fixed = torch.Generator().manual_seed(_SEED)
        uniform = torch.rand((3, 1, n_samples), generator=fixed).to(device).expand(3, *shape)
    else:
        uniform = torch.rand((3, *shape), generator=draw, device=device)
    mass = 0.5 * (weight[:, 1:] + weight[:, :-1]) + 1e-5
    share = (mass / mass.sum(-1, keepdim=True)).cumsum(-1)
    share = torch.cat([torch.zeros_like(share[:, :1]), share], dim=-1)
    above = torch.searchsorted(share, uniform[0].contiguous(), right=True).clamp(1, share.shape[1] - 1)
    low, high = share.gather(1, above - 1), share.gather(1, above)
    part = ((uniform[0] - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
    found = torch.lerp(radius.gather(1, above - 1), radius.gather(1, above), part)
    polar, azimuth = math.pi * uniform[1], 2 * math.pi * uniform[2]
    direction = [polar.cos(), polar.sin() * azimuth.sin(), polar.sin() * azimuth.cos()]
    return torch.stack(direction, dim=-1) * found[..., None]


def weights(radius: torch.Tensor, density: torch.Tensor, half_diagonal: float) -> torch.Tensor:
    """Weights (…, M) of samples by radius: 4πρ²(1 − e^{−σΔ}) · exp(−Σ_{j<i} 4πρ_j²σ_jΔ_j).

    ρ is the radius over half the diagonal of the cube, Δ the distance to the next radius itself, the last one
    repeated.

    Examples
    --------
    >>> radius, density = torch.tensor([0.5, 1.0]), torch.tensor([1.0, 1.0])
    >>> [round(w, 4) for w in weights(radius, density, 1.0).tolist()]     # π(1 − e^−½), 4π(1 − e^−½) e^{−π/2}
    [1.2361, 1.0279]
    """
    gaps = radius.diff(dim=-1)
    gaps = torch.cat([gaps, gaps[..., -1:]], dim=-1)
    sphere = 4 * math.pi * (radius / half_diagonal) ** 2
    depth = sphere * density * gaps
    return sphere * -torch.expm1(-density * gaps) * torch.exp(depth - depth.cumsum(-1))
