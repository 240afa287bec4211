"""Training of SAINT on the kept frames alone: nodes along one axis are left out, and have to be found."""

from __future__ import annotations

import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.fields.saint import Saint
from stsr_core.sampling import KeptSamples
from stsr_core.training.drawn import drawn, learn_drawn
from stsr_core.training.session import Session


def train(field: Saint, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train SAINT from where ``session`` stands until it ends; a step has ``batch_rows`` boxes."""
    field.frames.take(kept.values)
    # Filters are made for any place between two nodes: an axis too short for its factor has a smaller one.
    factors = [
        tuple(min(f, n - 1) for f, n in zip(wanted, values.shape[1:], strict=True))
        for wanted, values in zip(field.factors, kept.values, strict=True)
    ]
    turns = [
        (i, k, axis)
        for i, values in enumerate(kept.values)
        for k in range(len(values))
        for axis, factor in enumerate(factors[i])
        if factor > 1
    ]

    def step(draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, int]:
        losses, errors, n_nodes = [], [], 0
        for _ in range(recipe.batch_rows):
            i, k, axis = turns[drawn(len(turns), draw)]
            factor = factors[i][axis]
            box = drawn_box(kept.values[i][k], axis, factors[i], field.config.crop, draw)
            coarse = box.movedim(axis, 0)[::factor].movedim(0, axis)
            found = field.network(coarse, axis, factor)
            losses.append(torch.stack([(one - box).abs().mean() for one in found]).sum())
            errors.append((found[-1].detach() - box).square().mean())
            n_nodes += box.numel()
        return torch.stack(losses).mean(), torch.stack(errors).mean(), n_nodes

    learn_drawn(field, recipe, session, kept.device, step)


def drawn_box(
    frame: torch.Tensor, axis: int, factors: tuple[int, ...], crop: int, draw: torch.Generator
) -> torch.Tensor:
    """A box of a frame (Z, Y, X) that begins and ends along ``axis`` on a node that is not left out.

    Along the other axes it is, by lot, as coarse as that: the first axis is made finer when the others are
    not yet, the last one when they are.
    """
    for other, (n, factor) in enumerate(zip(frame.shape, factors, strict=True)):
        if other == axis:
            length = (min(crop, (n - 1) // factor + 1) - 1) * factor + 1
        else:
            if drawn(2, draw) and factor > 1:
                frame = frame.movedim(other, 0)[::factor].movedim(0, other)
            n = frame.shape[other]
            length = min(crop, n)
        frame = frame.narrow(other, drawn(n - length + 1, draw), length)
    return frame
