"""Training of SpatimeINR, read top to bottom.

The sine network is trained by the usual loop; :mod:`.gate` holds it to splines. For the network of the paper
an epoch has a thousand steps, for its hypercubes and pairs are drawn anew in each: what a step draws depends
on the seed and its number alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.fields.spatime_inr import SpatimeInr
from stsr_core.fields.spatime_inr.latents import LatentMap
from stsr_core.fields.spatime_inr.sequence import RenderedSequence
from stsr_core.sampling import KeptSamples
from stsr_core.training import loop
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Session
from stsr_core.training.spatime_inr.gate import train_held
from stsr_core.training.spatime_inr.pairs import drawn_pair

#: Steps of what is called an epoch.
EPOCH = 1000


def train(field: SpatimeInr, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train SpatimeINR from where ``session`` stands until it ends."""
    if field.splines is not None:
        train_held(field, kept, recipe, session)
        return
    if field.sine is not None:
        loop.train(field.sine, kept, recipe, session)
        field.eval()
        return
    field.take(kept.values)
    if session.state is None and session.step == 0 and field.config.calm_start:
        for i, values in enumerate(kept.values):
            field.sequence(i).start_from(float(values.double().mean() + 1) / 2)
    optimizers = Optimizers({"matrices": [], "others": list(field.parameters()), "latents": []}, recipe)
    if session.state is not None:
        optimizers.load_state(session.state)
    n_rows = max(1, recipe.batch_rows // len(kept.values))
    field.train()
    for progress in session.steps(EPOCH, optimizers.state):
        draw = torch.Generator(kept.device)
        draw.manual_seed(int(np.random.SeedSequence((session.seed, session.step)).generate_state(1)[0]))
        optimizers.set_rate(learning_rate(recipe, progress))
        optimizers.zero_grad()
        errors = []
        for i, values in enumerate(kept.values):
            terms, error = losses(field.sequence(i), values, n_rows, draw)
            torch.stack(list(terms.values())).sum().div(len(kept.values)).backward()
            errors.append(error)
        optimizers.step()
        session.record(torch.stack(errors).mean(), n_rows * len(errors))
    field.eval()


def losses(
    sequence: RenderedSequence, frames: torch.Tensor, n_rows: int, draw: torch.Generator
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The terms of one step's loss, and its mean squared error with values in [−1, 1].

    Parameters
    ----------
    sequence : RenderedSequence
    frames : Tensor
        (T, Z, Y, X) normalised kept samples.
    n_rows : int
        Kept samples to be met.
    draw : torch.Generator

    Returns
    -------
    dict of Tensor
        "reconstruction" (Equation 10), "coarse" where there is a second stage, "cycle" (Equation 12); scalars
        of values in [0, 1].
    Tensor
    """
    c = sequence.config
    box: Sequence[slice] = [slice(0, n) for n in frames.shape[1:]]
    latents = None
    if sequence.encoder is not None:
        pair = drawn_pair(frames, sequence.nodes[1:], c.crop, c.temporal_pairs, draw)
        box, latents = (
            pair.box,
            sequence.mapped(sequence.encoder(pair.coarse[None])[0], pair.first, pair.step),
        )
    places, targets = drawn_samples(sequence, frames, box, n_rows, draw)
    coarse, fine = sequence(places, sequence.kept_spacing, latents, draw)
    error = (fine - targets).square().mean()
    terms = {"reconstruction": error}
    if sequence.fine_network is not None:
        # CuNeRF: the first stage counts where the second is wrong.
        terms["coarse"] = ((fine - targets).abs().sqrt().detach() * (coarse - targets).square()).mean()
    if c.cycle:
        places, targets = drawn_samples(sequence, frames, box, c.n_cycle, draw)
        terms["cycle"] = cycle_loss(sequence, places, targets, latents, draw)
    return terms, 4 * error.detach()


def drawn_samples(
    sequence: RenderedSequence,
    frames: torch.Tensor,
    box: Sequence[slice],
    n_rows: int,
    draw: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Kept samples drawn from a box: places (n_rows, 4), values in [0, 1] (n_rows,)."""
    bounds = [slice(0, len(frames)), *box]
    index = [torch.randint(b.start, b.stop, (n_rows,), generator=draw, device=draw.device) for b in bounds]
    columns = [
        torch.as_tensor(axis, dtype=torch.float32, device=frames.device)[i]
        for axis, i in zip(sequence.nodes, index, strict=True)
    ]
    t, z, y, x = index
    return torch.stack(columns, dim=1), 0.5 * (frames[t, z, y, x] + 1)


def cycle_loss(
    sequence: RenderedSequence,
    places: torch.Tensor,
    targets: torch.Tensor,
    latents: LatentMap | None,
    draw: torch.Generator | None = None,
) -> torch.Tensor:
    """Mean squared difference of kept samples (N,) and the means of what is rendered in their windows.

    A window is the cell of a kept node, in each axis from half-way to its neighbour to half-way to the other;
    two places stand for it on each axis with more than one node.
    """
    spacing = sequence.kept_spacing
    halves = [(-0.25 * s, 0.25 * s) if s else (0.0,) for s in spacing]
    offsets = torch.tensor(list(product(*halves)), device=places.device)
    inside = (places[:, None] + offsets).reshape(-1, 4)
    values = sequence(inside, [0.5 * s for s in spacing], latents, draw)[1]
    return (window_means(values, len(offsets)) - targets).square().mean()


def window_means(values: torch.Tensor, per_window: int) -> torch.Tensor:
    """Means (N,) of values (N · per_window,), window after window.

    Examples
    --------
    >>> window_means(torch.tensor([1.0, 2.0, 3.0, 4.0]), 4).tolist()
    [2.5]
    """
    return values.view(-1, per_window).mean(dim=1)
