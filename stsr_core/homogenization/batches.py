"""What a training step sees: maps under a symmetry of the square, and nodes of them drawn at random.

Draws follow from the seed and the number of the step alone: a resumed run sees what it would have seen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from stsr_core.homogenization.axes import nodes
from stsr_core.homogenization.maps import Maps
from stsr_core.homogenization.recipe import Recipe
from stsr_core.homogenization.targets import Targets


class Batch(NamedTuple):
    """B maps, and P nodes of each."""

    coefficient: torch.Tensor  # (B, E, E)
    coarse: torch.Tensor  # normalised (B, N+1, N+1)
    targets: Targets  # (B, P) nodes
    values: torch.Tensor  # normalised (B, P) at them
    order: torch.Tensor  # (B, P): how they are arranged for SCS


def draw(maps: Maps, recipe: Recipe, side: int, seed: int, step: int) -> Batch:
    """The batch of a step.

    Parameters
    ----------
    maps : Maps
        Normalised.
    recipe : Recipe
        Its batch, symmetries and draws.
    side : int
        side² nodes are drawn of each map, none of them twice.
    seed, step : int
        What the draw follows from.
    """
    rng = np.random.default_rng([seed, step])
    chosen = rng.choice(len(maps), min(recipe.batch, len(maps)), replace=False)
    kinds = rng.integers(8, size=len(chosen)) if recipe.symmetries else np.zeros(len(chosen), dtype=int)
    coefficient, coarse, fine = (
        torch.stack([symmetric(images[i], k) for i, k in zip(chosen.tolist(), kinds.tolist(), strict=True)])
        for images in (maps.coefficient, maps.coarse, maps.fine)
    )
    count, device = fine.shape[-1], fine.device
    drawn = np.stack([rng.choice(count**2, side**2, replace=False) for _ in chosen])
    again = recipe.draws == "again"
    order = (
        rng.integers(side**2, size=drawn.shape) if again else np.broadcast_to(np.arange(side**2), drawn.shape)
    )
    flat = torch.from_numpy(drawn).to(device)
    axis = nodes(count)
    targets = Targets(axis, axis, count, flat // count, flat % count, device)
    return Batch(
        coefficient,
        coarse,
        targets,
        fine.flatten(1).gather(1, flat),
        torch.from_numpy(np.ascontiguousarray(order)).to(device),
    )


def symmetric(image: torch.Tensor, kind: int) -> torch.Tensor:
    """An image (n, n) under one of the eight symmetries of the square; 0 leaves it as it is.

    Examples
    --------
    >>> [symmetric(torch.tensor([[1, 2], [3, 4]]), kind).tolist() for kind in (1, 4)]
    [[[2, 4], [1, 3]], [[1, 3], [2, 4]]]
    """
    turned = torch.rot90(image, kind % 4)
    return turned.T if kind >= 4 else turned
