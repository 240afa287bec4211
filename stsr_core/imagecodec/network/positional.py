"""Time and view as numbers that a network takes: sines and cosines of growing frequency."""

from __future__ import annotations

import math

import torch

#: t, θ and φ.
N_PARAMETERS = 3


def parameters_of(order: int, n_times: int, theta: float, phi: float) -> tuple[float, float, float]:
    """Time, elevation and azimuth in (0, 1], [0, 1] and [0, 1].

    Parameters
    ----------
    order : int
        Of the time among all times, from 1 on.
    n_times : int
    theta, phi : float
        Elevation in [−90, 90] and azimuth in [−180, 180], degrees.

    Examples
    --------
    >>> parameters_of(15, 30, -45.0, 90.0)
    (0.5, 0.25, 0.75)
    """
    return order / n_times, 0.5 * (theta / 90 + 1), 0.5 * (phi / 180 + 1)


def encoded(parameters: torch.Tensor, n_frequencies: int = 8, base: float = 1.25) -> torch.Tensor:
    """Positional encoding (B, n) → (B, n · 2 · n_frequencies): sin and cos of baseⁱ·π·u, i = 0, 1, …

    All of the first parameter, then of the second, …; of each frequency the sine, then the cosine. Source:
    Lu, Gu, Chen et al., FCNR, eq. 7.

    Examples
    --------
    >>> encoded(torch.tensor([[0.5]]), 2)
    tensor([[ 1.0000e+00, -4.3711e-08,  9.2388e-01, -3.8268e-01]])
    """
    powers = torch.arange(n_frequencies, dtype=parameters.dtype, device=parameters.device)
    angles = parameters[:, :, None] * (math.pi * base**powers)
    return torch.stack([angles.sin(), angles.cos()], dim=3).flatten(1)


def released_order(n_parameters: int = N_PARAMETERS, n_frequencies: int = 8) -> torch.Tensor:
    """Where the entries of the authors' program stand in ours: theirs is ``encoded(p)[:, order]``.

    There each frequency has the sines of all parameters, then their cosines.

    Examples
    --------
    >>> released_order(2, 2).tolist()
    [0, 4, 1, 5, 2, 6, 3, 7]
    """
    places = torch.arange(n_parameters * n_frequencies * 2)
    return places.view(n_parameters, n_frequencies, 2).permute(1, 2, 0).flatten()
