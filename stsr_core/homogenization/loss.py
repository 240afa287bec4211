"""What a network is trained on: the mean absolute error, and the stochastic cosine similarity (SCS)."""

from __future__ import annotations

import torch


def cosine_structure(prediction: torch.Tensor, target: torch.Tensor, side: int) -> torch.Tensor:
    """SCS: the cosine of prediction and target as vectors of nodes drawn at random, averaged.

    The nodes of an image stand in random order already; ``side`` of them after each other are a vector. It
    is a *similarity*, 1 for equal directions (NH-CSR, equation 10; S3IM arranges pixels likewise).

    Parameters
    ----------
    prediction, target : Tensor
        (B, side²) each.
    side : int

    Returns
    -------
    Tensor
        A scalar in [−1, 1].

    Examples
    --------
    >>> two = torch.tensor([[1.0, 2, 3, 4]]), torch.tensor([[2.0, 1, 3, 4]])
    >>> round(cosine_structure(*two, 2).item(), 6)  # of 0.8 and 1
    0.9
    """
    a, b = (values.unflatten(-1, (side, -1)) for values in (prediction, target))
    return ((a * b).sum(dim=-1) / (a.norm(dim=-1) * b.norm(dim=-1) + 1e-8)).mean()


def loss(prediction: torch.Tensor, target: torch.Tensor, side: int, weight: float) -> torch.Tensor:
    """L1 + λ·(1 − SCS).

    The paper adds +λ·SCS to what is minimised, which would reward unlike predictions; S3IM subtracts a
    similarity from 1, and so is done here.

    Parameters
    ----------
    prediction, target : Tensor
        (B, side²) each.
    side : int
    weight : float
        λ; with 0 only the mean absolute error is left.

    Examples
    --------
    >>> two = torch.tensor([[1.0, 2, 3, 4]]), torch.tensor([[2.0, 1, 3, 4]])
    >>> round(loss(*two, 2, 0.1).item(), 6)
    0.51
    """
    error = (prediction - target).abs().mean()
    if weight == 0:
        return error
    return error + weight * (1 - cosine_structure(prediction, target, side))
