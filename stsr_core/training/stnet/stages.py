"""Training of STNet in its three stages, read top to bottom.

Epochs are those of the published program: 200 on coarse windows (the generated sequence, averaged down,
against the kept volumes), 200 supervised by the full data of the first fifth of the steps, 249 with an
adversarial term besides. A run of other length keeps their proportions. An epoch has four crops per window,
one at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.fields.stnet import STNet
from stsr_core.fields.stnet.network import Discriminator
from stsr_core.sampling import KeptSamples
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate
from stsr_core.training.session import Session, State
from stsr_core.training.stnet.windows import FACTOR, Windows

#: Epochs of the stages: coarse, supervised, adversarial.
STAGE_EPOCHS = (200, 200, 249)
CROPS_PER_WINDOW = 4
ADVERSARIAL_WEIGHT = 1e-3


class Schedule(NamedTuple):
    """Steps of a mean epoch, and the fractions of the run at which the second and third stage begin."""

    steps_per_epoch: float
    supervised: float
    adversarial: float

    @classmethod
    def of(cls, n_coarse: int, n_fine: int) -> Schedule:
        """The schedule for so many windows.

        Examples
        --------
        >>> Schedule.of(10, 10) == (40, 200 / 649, 400 / 649), Schedule.of(0, 1).supervised
        (True, 0.0)
        """
        steps = [
            CROPS_PER_WINDOW * epochs * windows
            for epochs, windows in zip(STAGE_EPOCHS, (n_coarse, n_fine, n_fine), strict=True)
        ]
        total = sum(steps)
        return cls(total / sum(STAGE_EPOCHS), steps[0] / total, (steps[0] + steps[1]) / total)


def train(network: STNet, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Train STNet from where ``session`` stands until it ends.

    Of the series the samples were kept from, every voxel of the first fifth of the steps is read.
    """
    network.fill(kept.values)
    windows = Windows(
        kept, kept.whole, network.n_steps, network.config.crop, session.seed, kept.settings["fill"]
    )
    schedule = Schedule.of(len(windows.coarse_windows), len(windows.fine_windows))
    torch.manual_seed(session.seed)
    discriminator = Discriminator(network.config.width_multiplier).to(kept.device)
    forger, judge = (
        Optimizers({"matrices": [], "others": list(net.parameters()), "latents": []}, recipe)
        for net in (network.generator, discriminator)
    )
    if session.state is not None:
        forger.load_state(_under("forger/", session.state))
        judge.load_state(_under("judge/", session.state))
        discriminator.load_state_dict(_under("discriminator/", session.state))

    def state() -> State:
        parts = {"forger/": forger.state(), "judge/": judge.state()}
        parts["discriminator/"] = discriminator.state_dict()
        return {prefix + k: v for prefix, part in parts.items() for k, v in part.items()}

    network.train()
    for progress in session.steps(schedule.steps_per_epoch, state):
        for optimizers in (forger, judge):
            optimizers.set_rate(learning_rate(recipe, progress))
        if progress < schedule.supervised:
            ends, truth = windows.coarse(session.step)
            generated = network.generator(ends)[0]
            error = (averaged_down(generated) - truth).square().mean()
        else:
            ends, truth = windows.fine(session.step)
            generated = network.generator(ends)[0]
            error = (generated - truth).square().mean()
        loss = network.n_steps * error
        if progress >= schedule.adversarial:
            judge.zero_grad()
            judge_loss(discriminator, truth, generated.detach()).backward()
            judge.step()
            fooled = (discriminator(generated[:, None]) - 1).square().mean()
            loss = loss + ADVERSARIAL_WEIGHT * fooled
        forger.zero_grad()
        loss.backward()
        forger.step()
        session.record(error, generated.numel())
    network.eval()


def judge_loss(discriminator: Discriminator, truth: torch.Tensor, generated: torch.Tensor) -> torch.Tensor:
    """Least-squares loss of the discriminator on two sequences (T, Z, Y, X): data to 1, generated to 0."""
    real, forged = (discriminator(sequence[:, None]) for sequence in (truth, generated))
    return (real - 1).square().mean() + forged.square().mean()


def averaged_down(fine: torch.Tensor) -> torch.Tensor:
    """Sequence (T, 4z, 4y, 4x) → (T, z, y, x) at the kept nodes 0, 4, 8, …: means with the trilinear hat.

    The weight of a voxel at distance d < 4 along an axis is 1 − d/4, over their sum where the hat leaves
    the volume. The published program resizes with cell-centred volumes; kept nodes here are samples, not
    cells, and a constant or (inside) linear sequence keeps its values at them.

    Examples
    --------
    Along one axis, 0 … 7: nodes 0 and 4 become (0·1 + 1·¾ + 2·½ + 3·¼)/2.5 = 1 and 4.
    """
    hat = (1 - torch.arange(1 - FACTOR, FACTOR, device=fine.device).abs() / FACTOR).to(fine.dtype)
    for axis in (1, 2, 3):
        rows = fine.movedim(axis, -1)
        shape = rows.shape[:-1]
        rows = rows.reshape(-1, 1, rows.shape[-1])
        weights = torch.nn.functional.conv1d(
            torch.ones_like(rows[:1]), hat[None, None], stride=FACTOR, padding=FACTOR - 1
        )
        means = torch.nn.functional.conv1d(rows, hat[None, None], stride=FACTOR, padding=FACTOR - 1) / weights
        fine = means.view(*shape, -1).movedim(-1, axis)
    return fine


def _under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The entries whose name begins with ``prefix``, without it."""
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
