"""Training of STNet in its three stages, read top to bottom.

Epochs are those of the published program: 200 on coarse windows (the generated sequence, averaged down,
against the kept volumes), 200 supervised by the full data of the first fifth of the steps, 249 with an
adversarial term besides. A run of other length keeps their proportions. An epoch has four crops per window,
one at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from stsr_core.fields.stnet import STNet
from stsr_core.fields.stnet.network import Discriminator
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import loop
from stsr_core.training.loop import Progress, Run
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate
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


def train(
    network: STNet,
    kept: KeptSamples,
    series: VolumeSeries,
    run: Run,
    output: str | Path | None,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> STNet:
    """Train STNet from where ``run`` stands; parameters as :func:`stsr_core.training.loop.train`.

    ``series`` is the full series, of whose first fifth every voxel is read.
    """
    recipe, device = run.recipe, kept.values[0].device
    network.fill(kept.values)
    windows = Windows(kept, series, network.n_steps, network.config.crop, run.seed, run.data["fill"])
    schedule = Schedule.of(len(windows.coarse_windows), len(windows.fine_windows))
    torch.manual_seed(run.seed)
    discriminator = Discriminator(network.config.width_multiplier).to(device)
    forger, judge = (
        Optimizers({"matrices": [], "others": list(net.parameters()), "latents": []}, recipe)
        for net in (network.generator, discriminator)
    )
    if run.state is not None:
        forger.load_state(_under("forger/", run.state))
        judge.load_state(_under("judge/", run.state))
        discriminator.load_state_dict(_under("discriminator/", run.state))
        run.state = None

    def save(finished: bool) -> None:
        if output is not None:
            header = loop.run_header(network, kept, series, run, schedule.steps_per_epoch, psnr, finished)
            parts = {"forger/": forger.state(), "judge/": judge.state()}
            parts["discriminator/"] = discriminator.state_dict()
            state = {prefix + k: v for prefix, part in parts.items() for k, v in part.items()}
            checkpoint.save(output, header, network, None if finished else state)

    network.train()
    started = time.monotonic() - run.elapsed_seconds
    reported = saved = time.monotonic()
    error_sum, error_steps, n_voxels, psnr = torch.zeros((), device=device), 0, 0, float("nan")
    stopped = False
    while not stopped and (progress := run.progress(schedule.steps_per_epoch)) < 1:
        for optimizers in (forger, judge):
            optimizers.set_rate(learning_rate(recipe, progress))
        if progress < schedule.supervised:
            ends, truth = windows.coarse(run.step)
            generated = network.generator(ends)[0]
            error = (averaged_down(generated) - truth).square().mean()
        else:
            ends, truth = windows.fine(run.step)
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
        error_sum += error.detach()
        error_steps += 1
        n_voxels += generated.numel()
        run.step += 1
        now = time.monotonic()
        run.elapsed_seconds = now - started
        stopped = should_stop is not None and should_stop()
        last = stopped or run.progress(schedule.steps_per_epoch) >= 1
        if last or now - reported >= loop.REPORT_SECONDS:
            mean_error = float(error_sum) / error_steps  # host–device synchronisation
            psnr = loop.decibels(mean_error)
            if on_progress is not None:
                rate = n_voxels / max(now - reported, 1e-9)
                on_progress(loop.run_progress(run, schedule.steps_per_epoch, mean_error, psnr, rate))
            error_sum.zero_()
            error_steps, n_voxels, reported = 0, 0, now
        if not last and now - saved >= loop.SAVE_SECONDS:
            save(finished=False)
            saved = time.monotonic()
    save(finished=not stopped)
    network.eval()
    return network


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
