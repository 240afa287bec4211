"""The training loop, read top to bottom."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from stsr_core.fields.base import Rows, Trainable
from stsr_core.fields.recipe import Recipe
from stsr_core.sampling import KeptSamples, Shuffle, endless, steps_per_epoch
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Session, State


def train(network: Trainable, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train ``network`` on the kept samples from where ``session`` stands until it ends."""
    learn(network, kept.values, recipe, session)


def learn(
    network: Trainable,
    values: Sequence[torch.Tensor],
    recipe: Recipe,
    session: Session,
    rows: Sequence[Rows] | None = None,
) -> None:
    """Train ``network`` on normalised samples (T, Z, Y, X) per variable, or on other ``rows`` made of them.

    An epoch is one pass over all rows, each once, in an order that the seed fixes.
    """
    device = values[0].device
    rows = network.training_rows(values) if rows is None else rows
    shuffles = [Shuffle(len(r), session.seed + i, device) for i, r in enumerate(rows)]
    n_steps = steps_per_epoch(shuffles, recipe.batch_rows)
    rows_per_step = sum(len(r) for r in rows) / n_steps
    optimizers = Optimizers(network.parameter_groups(), recipe)
    noise = torch.Generator(device)
    noise.manual_seed(session.seed)
    if session.state is not None:
        noise.set_state(session.state.pop("noise").cpu())
        optimizers.load_state(session.state)

    def state() -> State:
        return {**optimizers.state(), "noise": noise.get_state()}

    network.train()
    batches = endless(shuffles, recipe.batch_rows, session.step)
    for progress in session.steps(n_steps, state):
        indices = next(batches)
        optimizers.set_rate(learning_rate(recipe, progress))
        optimizers.zero_grad()
        loss = torch.zeros((), device=device)
        for i, index in enumerate(indices):
            weight = len(index) / sum(len(j) for j in indices)
            loss = loss + weight * network.loss(i, *rows[i].batch(index), noise, progress)
        loss.backward()
        optimizers.step()
        if (session.step + 1) % n_steps == 0:
            _kld_step(network, optimizers)
        session.record(loss, rows_per_step)
    network.eval()


def _kld_step(network: Trainable, optimizers: Optimizers) -> None:
    """Once per epoch: one step of the latent vectors alone on λ·KLD (specification, section 6)."""
    penalty = network.epoch_penalty()
    if penalty is not None:
        optimizers.zero_grad()
        penalty.backward()
        optimizers.step(["latents"])
