"""Coordinates as sines and cosines (Equation 6 of the paper)."""

from __future__ import annotations

import math

import torch


def encoded(coordinates: torch.Tensor, frequencies: int, scale: float = 1.0) -> torch.Tensor:
    """γ: for k = 0 … L − 1 the sines of 2^k·π·coordinates, then their cosines.

    γ has the period 2 in each coordinate, and coordinates go from −1 to 1: with ``scale`` 1 the first and the
    last frame, and opposite faces, have the same code. With ½ they do not.

    Parameters
    ----------
    coordinates : Tensor
        (…, 4)
    frequencies : int
        L
    scale : float
        Factor on the coordinates.

    Returns
    -------
    Tensor
        (…, 8 L)

    Examples
    --------
    >>> encoded(torch.tensor([0.5, -0.25, 0.0, 1.0]), 10).shape
    torch.Size([80])
    >>> [round(v, 3) + 0.0 for v in encoded(torch.tensor([0.5, -0.25, 0.0, 1.0]), 1).tolist()]
    [1.0, -0.707, 0.0, 0.0, 0.0, 0.707, 1.0, -1.0]
    """
    octaves = scale * math.pi * 2.0 ** torch.arange(frequencies, device=coordinates.device)
    angles = octaves[:, None] * coordinates[..., None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1).flatten(-2)
