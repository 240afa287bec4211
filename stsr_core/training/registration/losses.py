"""How well frames are registered: local correlation, Charbonnier's difference, and how smooth a flow is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import avg_pool3d

#: Edge of the windows of the local correlation, in nodes.
WINDOW = 9
#: ε of Charbonnier's difference.
CHARBONNIER = 1e-3
#: Variances whose product is below this are taken for none, intensities being in [0, 1].
_FLAT = 2e-11


def local_correlation(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Mean over windows of cov(a, b)² / (var a · var b), in [0, 1]; windows end at the faces.

    Parameters
    ----------
    a, b : Tensor
        (B, 1, Z, Y, X) in [0, 1].

    Examples
    --------
    >>> frame = torch.rand(1, 1, 9, 9, 9, generator=torch.Generator().manual_seed(0))
    >>> round(local_correlation(frame, 0.5 * frame + 0.2).item(), 4)
    1.0
    """
    means = torch.cat([a, b, a * a, b * b, a * b], 1)
    for axis in range(3):  # an axis at a time
        kernel = [WINDOW if i == axis else 1 for i in range(3)]
        means = avg_pool3d(means, kernel, 1, [k // 2 for k in kernel], count_include_pad=False)
    mean_a, mean_b, aa, bb, ab = means.split(1, dim=1)
    covariance = ab - mean_a * mean_b
    variances = (aa - mean_a**2).clamp(min=0) * (bb - mean_b**2).clamp(min=0)
    return (covariance**2 / (variances + _FLAT)).mean()


def charbonnier(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Mean of √((a − b)² + ε²), ε = 10⁻³.

    Examples
    --------
    >>> round(charbonnier(torch.zeros(1), torch.zeros(1)).item(), 6)
    0.001
    """
    return ((a - b).square() + CHARBONNIER**2).sqrt().mean()


def roughness(flows: torch.Tensor, spacing: Sequence[float]) -> torch.Tensor:
    """Mean squared derivative of displacements, over components and axes.

    Derivatives are those of lengths by lengths, so that nodes far apart on one axis count as they lie.

    Parameters
    ----------
    flows : Tensor
        (B, 3 n, Z, Y, X) displacements in nodes along z, y, x.
    spacing : sequence of float
        Distance of two nodes along z, y, x.

    Examples
    --------
    >>> stretch = torch.arange(3.0).view(1, 1, 1, 1, 3) * torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1, 1)
    >>> round(roughness(stretch, (1, 1, 1)).item(), 4), round(roughness(stretch, (4, 1, 1)).item(), 4)
    (0.3333, 0.3333)
    """
    n = flows.shape[1] // 3
    lengths = torch.tensor([*spacing] * n, device=flows.device).view(1, -1, 1, 1, 1)
    terms = [
        (flows.diff(dim=axis + 2) * (lengths / spacing[axis])).square().mean()
        for axis in range(3)
        if flows.shape[axis + 2] > 1
    ]
    return torch.stack(terms).mean()
