"""Training of CuNeRF: one frame in each step, in turn; an epoch has a thousand steps."""

from __future__ import annotations

import numpy as np
import torch

from stsr_core.fields.cunerf import CuNerf
from stsr_core.fields.recipe import Recipe
from stsr_core.sampling import KeptSamples
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Session

#: Steps of what is called an epoch.
EPOCH = 1000


def train(field: CuNerf, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train CuNeRF from where ``session`` stands until it ends; a step depends on seed and number alone."""
    turns = [(i, k) for i, values in enumerate(kept.values) for k in range(len(values))]
    nodes = [v.normalized_axes(v.grid, np.asarray(v.times))[1:] for v in field.domain]
    spaces = [[torch.as_tensor(a, dtype=torch.float32, device=kept.device) for a in axes] for axes in nodes]
    optimizers = Optimizers({"matrices": [], "others": list(field.parameters()), "latents": []}, recipe)
    if session.state is not None:
        optimizers.load_state(session.state)
    field.train()
    for progress in session.steps(EPOCH, optimizers.state):
        draw = torch.Generator(kept.device)
        draw.manual_seed(int(np.random.SeedSequence((session.seed, session.step)).generate_state(1)[0]))
        i, k = turns[session.step % len(turns)]
        values = kept.values[i][k]
        z, y, x = (
            torch.randint(n, (recipe.batch_rows,), generator=draw, device=draw.device) for n in values.shape
        )
        places = torch.stack([axis[j] for axis, j in zip(spaces[i], (z, y, x), strict=True)], dim=1)
        targets = 0.5 * (values[z, y, x] + 1)
        optimizers.set_rate(learning_rate(recipe, progress))
        optimizers.zero_grad()
        coarse, fine = field.frame(i, k)(places, draw)
        error = (fine - targets).square().mean()
        # The first stage counts where the second is wrong.
        adaptive = ((fine - targets).abs().sqrt().detach() * (coarse - targets).square()).mean()
        (error + adaptive).backward()
        optimizers.step()
        session.record(4 * error, recipe.batch_rows)
    field.eval()
