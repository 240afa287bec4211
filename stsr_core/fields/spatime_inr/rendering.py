"""What a hypercube looks like from its centre: samples in the order of their distance → one value.

With M samples at radii r_i, densities σ_i and colours c_i, Δ_i = r_{i+1} − r_i (the last repeated),
α_i = 1 − exp(−σ_i Δ_i), τ_i = ω r_i³ σ_i Δ_i and ω = 2π², the area of the unit 3-sphere, the value is
Σ w_i c_i, where the paper writes the weights in more than one way::

    eq8             w_i = ω r_i³ α_i · exp(−Σ_{j<i} τ_j)     Equation 8, light lost before the sample
    eq8_inclusive   w_i = ω r_i³ α_i · exp(−Σ_{j≤i} τ_j)     Equation 8 to the letter
    eq34            w_i = ω α_i · exp(−Σ_{j<i} τ_j)          Equation 34, which has lost r³
    quadrature      w_i = (1 − exp(−τ_i)) · exp(−Σ_{j<i} τ_j)    adds up to at most 1
"""

from __future__ import annotations

import math

import torch

#: ω: the area of the unit sphere in four dimensions.
SPHERE_AREA = 2 * math.pi**2


def weights(radius: torch.Tensor, density: torch.Tensor, rendering: str) -> torch.Tensor:
    """Weights (…, M) of the samples' colours.

    Parameters
    ----------
    radius : Tensor
        (…, M), not decreasing, in spacings: 0 to 1.
    density : Tensor
        (…, M), σ >= 0.
    rendering : str
        One of the above.

    Examples
    --------
    >>> radius, density = torch.tensor([0.25, 0.5, 1.0]), torch.tensor([1.0, 2.0, 0.5])
    >>> [round(w, 4) for w in weights(radius, density, "quadrature").tolist()]
    [0.0742, 0.8473, 0.0779]
    """
    gaps = radius.diff(dim=-1)
    gaps = torch.cat([gaps, gaps[..., -1:]], dim=-1)
    cubed = radius**3
    depth = SPHERE_AREA * cubed * density * gaps
    before = depth.cumsum(-1) - depth
    if rendering == "quadrature":
        return -torch.expm1(-depth) * torch.exp(-before)
    opacity = -torch.expm1(-density * gaps)
    if rendering == "eq34":
        return SPHERE_AREA * opacity * torch.exp(-before)
    lost = before + depth if rendering == "eq8_inclusive" else before
    return SPHERE_AREA * cubed * opacity * torch.exp(-lost)


def rendered(
    radius: torch.Tensor, density: torch.Tensor, colour: torch.Tensor, rendering: str
) -> torch.Tensor:
    """Values (…): colours (…, M) weighted by :func:`weights` and added up, neither scaled nor clamped."""
    return (weights(radius, density, rendering) * colour).sum(-1)
