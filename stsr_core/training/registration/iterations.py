"""Training of VoxelMorph and UVI-Net, read top to bottom.

A step registers neighbouring kept frames, pair after pair; an epoch has a hundred steps. What a step draws
depends on the seed and its number alone.
"""

from __future__ import annotations

import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.fields.registration.configuration import UviNetConfig, VoxelMorphConfig
from stsr_core.fields.registration.field import Registration
from stsr_core.fields.registration.flow import warped
from stsr_core.sampling import KeptSamples
from stsr_core.training.drawn import drawn, learn_drawn
from stsr_core.training.registration.losses import charbonnier, local_correlation, roughness
from stsr_core.training.session import Session


def train(field: Registration, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train a registration from where ``session`` stands until it ends; a batch has so many pairs."""
    field.take(kept.values)
    turns = [(i, k) for i, values in enumerate(kept.values) for k in range(len(values) - 1)]

    def step(draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, int]:
        weighed, errors, n_nodes = [], [], 0
        for row in range(recipe.batch_rows):
            i, k = turns[(session.step * recipe.batch_rows + row) % len(turns)]
            pair = cropped(field.pair(i, k), field.config.crop, draw)
            terms, error = losses(field, pair, field.domain[i].grid.spacing, draw)
            weighed.append(torch.stack(list(terms.values())).sum())
            errors.append(error)
            n_nodes += pair.numel()
        return torch.stack(weighed).mean(), torch.stack(errors).mean(), n_nodes

    learn_drawn(field, recipe, session, torch.device("cpu"), step)


def cropped(pair: torch.Tensor, most: int, draw: torch.Generator) -> torch.Tensor:
    """A box of a pair (1, 2, Z, Y, X), drawn, of at most so many nodes per axis."""
    for axis in (2, 3, 4):
        n = pair.shape[axis]
        if n > most:
            pair = pair.narrow(axis, drawn(n - most + 1, draw), most)
    return pair


def losses(
    field: Registration, pair: torch.Tensor, spacing: tuple[float, ...], draw: torch.Generator
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The terms of one pair's loss, and how far either frame is from the other warped.

    Parameters
    ----------
    field : Registration
    pair : Tensor
        (1, 2, Z, Y, X) in [0, 1].
    spacing : sequence of float
        Of its nodes along z, y, x.
    draw : torch.Generator
        On the CPU.

    Returns
    -------
    dict of Tensor
        "registration" and "smoothness"; of UVI-Net "cycle" and "correction" besides; scalars.
    Tensor
        Mean squared error with values in [−1, 1].
    """
    c = field.config
    flows, terms, error = registered(field, pair, spacing)
    if isinstance(c, UviNetConfig):
        back, correction = cycled(field, pair, flows, draw)
        terms["cycle"] = c.cycle * dissimilarity(back, pair.transpose(0, 1), c)
        terms["correction"] = 2 * c.correction * correction.abs().mean()
    return terms, error


def registered(
    field: Registration, pair: torch.Tensor, spacing: tuple[float, ...]
) -> tuple[torch.Tensor, dict[str, torch.Tensor], torch.Tensor]:
    """The flows of a pair, the terms "registration" and "smoothness", and the mean squared error warped."""
    c = field.config
    flows = field.flow(pair)
    found = warped(pair.transpose(0, 1), flows.view(2, 3, *flows.shape[2:]))
    targets = pair.flip(1).transpose(0, 1)
    terms = {
        "registration": dissimilarity(found, targets, c),
        "smoothness": 2 * c.smoothness * roughness(flows, spacing),
    }
    return flows, terms, squared(found, targets)


def squared(found: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean squared error of values in [0, 1], told as of those in [−1, 1]."""
    return 4 * (found - targets).square().mean().detach()


def dissimilarity(found: torch.Tensor, targets: torch.Tensor, c: VoxelMorphConfig) -> torch.Tensor:
    """Sum over the two frames (2, 1, Z, Y, X) of what is weighed of their differences."""
    total = torch.zeros((), device=found.device)
    if c.correlation:
        total = total - 2 * c.correlation * local_correlation(found, targets)
    if c.charbonnier:
        total = total + 2 * c.charbonnier * charbonnier(found, targets)
    return total


def cycled(
    field: Registration, pair: torch.Tensor, flows: torch.Tensor, draw: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both frames made again of three frames that were made of them, before, between and after.

    Returns
    -------
    Tensor, Tensor
        (2, 1, Z, Y, X) the frames, and what the refinement added to each.
    """
    before, between, after = (torch.rand(3, generator=draw) * torch.tensor([-0.5, 1.0, 0.5])).tolist()
    after += 1
    first, second = pair[:, :1], pair[:, 1:]
    there, back = flows[:, :3], flows[:, 3:]
    middle = warped(first, between * there) if between < 0.5 else warped(second, (1 - between) * back)
    made = [warped(first, before * there), middle, warped(second, (1 - after) * back)]
    pairs = torch.cat([torch.cat(made[:2], 1), torch.cat(made[1:], 1)])
    parts = torch.tensor([-before / (between - before), (1 - between) / (after - between)])
    frames, correction = field.between(pairs, field.flow(pairs), parts.view(2, 1, 1, 1, 1).to(pair.device))
    assert correction is not None
    return frames, correction
