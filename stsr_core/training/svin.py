"""Training of SVIN on the kept frames alone: two that are registered, three of which the middle is found."""

from __future__ import annotations

import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.fields.svin import Svin, SvinConfig
from stsr_core.sampling import KeptSamples
from stsr_core.training.drawn import drawn, learn_drawn
from stsr_core.training.registration.iterations import cropped, registered, squared
from stsr_core.training.session import Session


def train(field: Svin, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train SVIN from where ``session`` stands until it ends; a step has ``batch_rows`` pairs or triples."""
    field.take(kept.values)
    turns = [
        (i, k, n) for i, values in enumerate(kept.values) for n in (2, 3) for k in range(len(values) - n + 1)
    ]

    def step(draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, int]:
        losses, errors, n_nodes = [], [], 0
        for _ in range(recipe.batch_rows):
            i, k, n = turns[drawn(len(turns), draw)]
            times = field.domain[i].times[k : k + n]
            frames = cropped(0.5 * (kept.values[i][k : k + n][None] + 1), field.config.crop, draw)
            terms, error = losses_of(field, frames, times, field.domain[i].grid.spacing)
            losses.append(torch.stack(list(terms.values())).sum())
            errors.append(error)
            n_nodes += frames.numel()
        return torch.stack(losses).mean(), torch.stack(errors).mean(), n_nodes

    learn_drawn(field, recipe, session, kept.device, step)


def losses_of(
    field: Svin, frames: torch.Tensor, times: tuple[float, ...], spacing: tuple[float, ...]
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The terms of the loss of two or three neighbouring frames.

    Parameters
    ----------
    field : Svin
    frames : Tensor
        (1, 2 or 3, Z, Y, X) in [0, 1].
    times : tuple of float
        Of the frames.
    spacing : sequence of float
        Of their nodes along z, y, x.

    Returns
    -------
    dict of Tensor
        "registration" and "smoothness" of the outer two, and of three "interpolation"; scalars.
    Tensor
        Mean squared error of what is warped, or of the middle frame, with values in [−1, 1].
    """
    c = field.config
    assert isinstance(c, SvinConfig)
    pair = frames[:, [0, -1]]
    flows, terms, error = registered(field, pair, spacing)
    if len(times) == 3:
        part = (times[1] - times[0]) / (times[2] - times[0])
        found, _ = field.between(pair, flows, torch.full((1, 1, 1, 1, 1), part, device=pair.device))
        targets = frames[:, 1:2]
        terms["interpolation"] = c.interpolation * (found - targets).abs().mean()
        error = squared(found, targets)
    return terms, error
