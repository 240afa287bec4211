"""Training of CuNeRF: one frame in each step, in turn; an epoch has a thousand steps."""

from __future__ import annotations

import numpy as np
import torch

from stsr_core.fields.cunerf import CuNerf
from stsr_core.fields.recipe import Recipe
from stsr_core.sampling import KeptSamples
from stsr_core.training.drawn import learn_drawn
from stsr_core.training.session import Session

#: Steps of what is called an epoch.
EPOCH = 1000


def train(field: CuNerf, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train CuNeRF from where ``session`` stands until it ends; a step depends on seed and number alone."""
    turns = [(i, k) for i, values in enumerate(kept.values) for k in range(len(values))]
    nodes = [v.normalized_axes(v.grid, np.asarray(v.times))[1:] for v in field.domain]
    spaces = [[torch.as_tensor(a, dtype=torch.float32, device=kept.device) for a in axes] for axes in nodes]

    def step(draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, int]:
        i, k = turns[session.step % len(turns)]
        values = kept.values[i][k]
        z, y, x = (
            torch.randint(n, (recipe.batch_rows,), generator=draw, device=draw.device) for n in values.shape
        )
        places = torch.stack([axis[j] for axis, j in zip(spaces[i], (z, y, x), strict=True)], dim=1)
        targets = 0.5 * (values[z, y, x] + 1)
        coarse, fine = field.frame(i, k)(places, draw)
        error = (fine - targets).square().mean()
        # The first stage counts where the second is wrong.
        adaptive = ((fine - targets).abs().sqrt().detach() * (coarse - targets).square()).mean()
        return error + adaptive, 4 * error.detach(), recipe.batch_rows

    learn_drawn(field, recipe, session, kept.device, step, EPOCH)
