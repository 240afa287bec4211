"""Training whose steps draw anew what they learn from: what is called an epoch is a number of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Session

#: Steps of an epoch, where nothing was published.
EPOCH = 100


def learn_drawn(
    field: Any,
    recipe: Recipe,
    session: Session,
    device: torch.device,
    step: Callable[[torch.Generator], tuple[torch.Tensor, torch.Tensor, int]],
    epoch: int = EPOCH,
) -> None:
    """Train all parameters of ``field`` from where ``session`` stands until it ends.

    Parameters
    ----------
    step : callable
        Takes the source of what a step draws, which depends on the seed and the number of the step alone;
        gives the loss, the mean squared error with values in [−1, 1], and how many samples were met.
    epoch : int
        Steps of an epoch.
    """
    optimizers = Optimizers({"matrices": [], "others": list(field.parameters()), "latents": []}, recipe)
    if session.state is not None:
        optimizers.load_state(session.state)
    field.train()
    for progress in session.steps(epoch, optimizers.state):
        draw = torch.Generator(device)
        draw.manual_seed(int(np.random.SeedSequence((session.seed, session.step)).generate_state(1)[0]))
        optimizers.set_rate(learning_rate(recipe, progress))
        optimizers.zero_grad()
        loss, error, n_samples = step(draw)
        loss.backward()
        optimizers.step()
        session.record(error, n_samples)
    field.eval()


def drawn(n: int, draw: torch.Generator) -> int:
    """A whole number from 0 to n − 1."""
    return int(torch.randint(n, (), generator=draw, device=draw.device))
