"""Samples of a four-dimensional cube about a place: one in each of its n⁴ parts.

Offsets are in spacings of the grid that is asked for, in [−½, ½] on each axis. A regular lattice must not be
taken: with n = 2 all of its 16 points lie at the same distance, between which Equation 8 has no interval.
"""

from __future__ import annotations

import torch

#: Of the pattern that evaluation uses at every place.
_SEED = 4


def stratified(n_places: int, per_axis: int, draw: torch.Generator) -> torch.Tensor:
    """One uniform sample in each sub-cell, for each of some places.

    Parameters
    ----------
    n_places, per_axis : int
    draw : torch.Generator
        On the device of the result.

    Returns
    -------
    Tensor
        Offsets (n_places, per_axis⁴, 4), in [−½, ½], the nearest to the centre first.
    """
    ticks = torch.arange(per_axis, dtype=torch.float32, device=draw.device)
    corners = torch.cartesian_prod(ticks, ticks, ticks, ticks)
    inside = torch.rand((n_places, *corners.shape), generator=draw, device=draw.device)
    offsets = (corners + inside) / per_axis - 0.5
    return by_radius(offsets)


def pattern(per_axis: int, device: torch.device | str = "cpu") -> torch.Tensor:
    """The samples (per_axis⁴, 4) of evaluation: a draw of :func:`stratified` that is always the same."""
    return stratified(1, per_axis, torch.Generator().manual_seed(_SEED))[0].to(device)


def radii(offsets: torch.Tensor) -> torch.Tensor:
    """Distances (…, M) of offsets (…, M, 4) from the centre: at most 1, half the diagonal of the 4-cube.

    Examples
    --------
    >>> radii(torch.full((1, 4), 0.5)).item()
    1.0
    """
    return offsets.norm(dim=-1)


def by_radius(offsets: torch.Tensor) -> torch.Tensor:
    """Offsets (…, M, 4) in the order of their distance from the centre, as rendering needs them."""
    order = radii(offsets).argsort(dim=-1)
    return offsets.gather(-2, order[..., None].expand_as(offsets))


def towards_weight(
    radius: torch.Tensor, weight: torch.Tensor, n_samples: int, draw: torch.Generator | None
) -> torch.Tensor:
    """Samples of a second stage, where the first one has its weight.

    Radii follow the piecewise linear distribution of the weights between neighbouring radii, directions are
    uniform on the 3-sphere (CuNeRF's importance sampling, in four dimensions).

    Parameters
    ----------
    radius, weight : Tensor
        (N, M), radii increasing, weights >= 0.
    n_samples : int
    draw : torch.Generator or None
        None: always the same numbers, at all places.

    Returns
    -------
    Tensor
        Offsets (N, n_samples, 4).
    """
    n_places, device = len(radius), radius.device
    fixed = torch.Generator().manual_seed(_SEED)
    if draw is None:
        levels = torch.rand(n_samples, generator=fixed).to(device).expand(n_places, -1)
        directions = torch.randn(n_samples, 4, generator=fixed).to(device).expand(n_places, -1, -1)
    else:
        levels = torch.rand(n_places, n_samples, generator=draw, device=device)
        directions = torch.randn(n_places, n_samples, 4, generator=draw, device=device)
    mass = 0.5 * (weight[:, 1:] + weight[:, :-1]) + 1e-5
    share = (mass / mass.sum(-1, keepdim=True)).cumsum(-1)
    share = torch.cat([torch.zeros_like(share[:, :1]), share], dim=-1)
    above = torch.searchsorted(share, levels.contiguous(), right=True).clamp(1, share.shape[1] - 1)
    low, high = share.gather(1, above - 1), share.gather(1, above)
    part = ((levels - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
    found = torch.lerp(radius.gather(1, above - 1), radius.gather(1, above), part)
    return torch.nn.functional.normalize(directions, dim=-1) * found[..., None]
