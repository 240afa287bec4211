"""Training of ArSSR on the kept frames alone: boxes of them made coarser, and what they were."""

from __future__ import annotations

import numpy as np
import torch

from stsr_core.fields.arssr import Arssr
from stsr_core.fields.recipe import Recipe
from stsr_core.fields.spatime_inr.latents import LatentMap, steps_of
from stsr_core.sampling import KeptSamples
from stsr_core.training.drawn import drawn, learn_drawn
from stsr_core.training.session import Session

#: Every so many-th node of a box is what the network is given.
SCALES = (2, 3, 4)


def train(field: Arssr, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train ArSSR from where ``session`` stands until it ends; a step has ``batch_rows`` boxes."""
    field.frames.take(kept.values)
    turns = [(i, k) for i, values in enumerate(kept.values) for k in range(len(values))]

    def step(draw: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, int]:
        differences = []
        for _ in range(recipe.batch_rows):
            i, k = turns[drawn(len(turns), draw)]
            box, scale = drawn_box(kept.values[i][k], field.config.crop, draw)
            differences.append(missed(field, box, scale, draw))
        missing = torch.cat(differences)
        return missing.abs().mean(), 4 * missing.detach().square().mean(), len(missing)

    learn_drawn(field, recipe, session, kept.device, step)


def missed(field: Arssr, box: torch.Tensor, scale: int, draw: torch.Generator) -> torch.Tensor:
    """What is wrong, with values in [0, 1], at so many drawn nodes of a box (Z, Y, X) made coarser."""
    axes = [np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in box.shape]
    coarse = [axis[::scale] for axis in axes]
    features = LatentMap(
        field.encoder(0.5 * (box[None, None, ::scale, ::scale, ::scale] + 1))[0],
        [axis[0] for axis in coarse],
        steps_of(coarse),
        trilinear=True,
    )
    size = (field.config.places,)
    z, y, x = (torch.randint(n, size, generator=draw, device=draw.device) for n in box.shape)
    columns = [
        torch.as_tensor(axis, dtype=torch.float32, device=box.device)[index]
        for axis, index in zip(axes, (z, y, x), strict=True)
    ]
    return field(features, torch.stack(columns, dim=1)) - 0.5 * (box[z, y, x] + 1)


def drawn_box(frame: torch.Tensor, crop: int, draw: torch.Generator) -> tuple[torch.Tensor, int]:
    """A box of a frame (Z, Y, X) that begins and ends on a coarse node, and how many nodes one stands for.

    It has at most ``crop`` coarse nodes per axis; fewer where an axis is shorter.
    """
    scale = SCALES[drawn(len(SCALES), draw)]
    for axis, n in enumerate(frame.shape):
        length = (min(crop, (n - 1) // scale + 1) - 1) * scale + 1
        frame = frame.narrow(axis, drawn(n - length + 1, draw), length)
    return frame, scale
