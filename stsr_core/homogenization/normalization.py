"""How solutions are normalised before a network sees them, and come back.

Solutions are linear in the load: they are divided by it first, so that they are >= 0 and 0 on the boundary.
"""

from __future__ import annotations

import torch


def normalized(images: torch.Tensor, scale: str, unit: float, load: float = 1.0) -> torch.Tensor:
    """Solutions (…, n, n) as a network sees them.

    Parameters
    ----------
    images : Tensor
        Physical values.
    scale : {"image", "physical"}
        Each image to [0, 1] by its own minimum and maximum, which takes its amplitude away; or all divided
        by ``unit``.
    unit : float
        > 0, of values per load.
    load : float
        f, not 0.

    Returns
    -------
    Tensor
        A constant image becomes 0 in the first case.

    Examples
    --------
    >>> normalized(torch.tensor([[0.0, 3.0], [6.0, 0.0]]), "image", 1.0)
    tensor([[0.0000, 0.5000],
            [1.0000, 0.0000]])
    """
    images = images / load
    if scale == "physical":
        return images / unit
    low, high = images.amin(dim=(-2, -1), keepdim=True), images.amax(dim=(-2, -1), keepdim=True)
    extent = high - low
    return torch.where(extent > 0, (images - low) / torch.where(extent > 0, extent, 1), 0.0)
