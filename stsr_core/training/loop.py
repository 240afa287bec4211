"""The training loop, read top to bottom."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from stsr_core.fields.recipe import Recipe
from stsr_core.model import checkpoint
from stsr_core.model.checkpoint import Header
from stsr_core.sampling import KeptSamples, Shuffle, minibatches, steps_per_epoch
from stsr_core.series import VolumeSeries
from stsr_core.training.optimizers import Optimizers
from stsr_core.training.schedule import learning_rate

#: Seconds between two reports (each costs one host–device synchronisation).
REPORT_SECONDS = 1.0
#: Seconds between two checkpoints of an unfinished run.
SAVE_SECONDS = 60.0


@dataclass(frozen=True)
class Progress:
    """What ``on_progress`` receives about once a second.

    ``loss`` is the mean squared error (normalised) since the last report and ``psnr`` the same in dB with
    the data range 2: the fit of the kept samples, with training noise, not of unseen ones.
    """

    fraction: float
    epoch: int
    loss: float
    psnr: float
    samples_per_second: float
    elapsed_seconds: float
    eta_seconds: float


@dataclass
class Run:
    """Where a run stands."""

    recipe: Recipe
    seed: int
    data: dict[str, Any]
    step: int = 0
    elapsed_seconds: float = 0.0
    state: dict[str, torch.Tensor] | None = None  # of the run to be resumed

    def progress(self, n_steps: float) -> float:
        """Fraction done in [0, 1]: of the epochs or of the minutes, whichever is further."""
        parts = []
        if self.recipe.epochs:
            parts.append(self.step / (self.recipe.epochs * n_steps))
        if self.recipe.minutes:
            parts.append(self.elapsed_seconds / (60 * self.recipe.minutes))
        return min(1.0, max(parts))


def train(
    network: Any,
    kept: KeptSamples,
    series: VolumeSeries,
    run: Run,
    output: str | Path | None,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Any:
    """Train ``network`` on the kept samples from where ``run`` stands until its time or epochs are over.

    Parameters as :func:`stsr_core.training.fit`; returns the network in evaluation mode.
    """
    recipe = run.recipe
    device = kept.values[0].device
    rows = network.training_rows(kept.values)
    n_rows = sum(len(r) for r in rows)
    shuffles = [Shuffle(len(r), run.seed + i, device) for i, r in enumerate(rows)]
    n_steps = steps_per_epoch(shuffles, recipe.batch_rows)
    optimizers = Optimizers(network.parameter_groups(), recipe)
    noise = torch.Generator(device)
    noise.manual_seed(run.seed)
    if run.state is not None:
        noise.set_state(run.state.pop("noise").cpu())
        optimizers.load_state(run.state)
        run.state = None

    def save(finished: bool) -> None:
        if output is not None:
            header = run_header(network, kept, series, run, n_steps, psnr, finished)
            state = None if finished else {**optimizers.state(), "noise": noise.get_state()}
            checkpoint.save(output, header, network, state)

    network.train()
    started = time.monotonic() - run.elapsed_seconds
    reported = saved = time.monotonic()
    loss_sum, loss_steps, psnr = torch.zeros((), device=device), 0, float("nan")
    stopped = False
    while not stopped and run.progress(n_steps) < 1:
        epoch, first = divmod(run.step, n_steps)
        for indices in minibatches(shuffles, recipe.batch_rows, epoch, first):
            progress = run.progress(n_steps)
            optimizers.set_rate(learning_rate(recipe, progress))
            optimizers.zero_grad()
            loss = torch.zeros((), device=device)
            for i, index in enumerate(indices):
                weight = len(index) / sum(len(j) for j in indices)
                loss = loss + weight * network.loss(i, *rows[i].batch(index), noise, progress)
            loss.backward()
            optimizers.step()
            loss_sum += loss.detach()
            loss_steps += 1
            run.step += 1
            if run.step % n_steps == 0:
                _kld_step(network, optimizers)
            now = time.monotonic()
            run.elapsed_seconds = now - started
            if now - reported >= REPORT_SECONDS:
                mean_loss = float(loss_sum) / loss_steps  # host–device synchronisation
                psnr = decibels(mean_loss)
                if on_progress is not None:
                    rate = loss_steps * n_rows / n_steps / (now - reported)
                    on_progress(run_progress(run, n_steps, mean_loss, psnr, rate))
                loss_sum.zero_()
                loss_steps, reported = 0, now
            if now - saved >= SAVE_SECONDS:
                save(finished=False)
                saved = time.monotonic()
            stopped = should_stop is not None and should_stop()
            if stopped or run.progress(n_steps) >= 1:
                break
    if loss_steps:
        mean_loss = float(loss_sum) / loss_steps
        psnr = decibels(mean_loss)
        if on_progress is not None:
            on_progress(
                run_progress(run, n_steps, mean_loss, psnr, run.step * n_rows / n_steps / run.elapsed_seconds)
            )
    save(finished=not stopped)
    network.eval()
    return network


def _kld_step(network: Any, optimizers: Optimizers) -> None:
    """Once per epoch: one step of the latent vectors alone on λ·KLD (specification, section 6)."""
    penalty = network.epoch_penalty()
    if penalty is not None:
        optimizers.zero_grad()
        penalty.backward()
        optimizers.step(["latents"])


def decibels(mean_squared_error: float) -> float:
    """PSNR in dB for values normalised to [−1, 1]: 20·log10(2) − 10·log10(MSE)."""
    return float(20 * torch.log10(torch.tensor(2.0)) - 10 * torch.log10(torch.tensor(mean_squared_error)))


def run_progress(run: Run, n_steps: float, loss: float, psnr: float, rate: float) -> Progress:
    """What is reported of a run; ``n_steps`` are the steps of an epoch, ``rate`` the samples per second."""
    fraction = run.progress(n_steps)
    eta = run.elapsed_seconds * (1 - fraction) / max(fraction, 1e-9)
    return Progress(fraction, int(run.step // n_steps), loss, psnr, rate, run.elapsed_seconds, eta)


def run_header(
    network: Any,
    kept: KeptSamples,
    series: VolumeSeries,
    run: Run,
    n_steps: float,
    psnr: float,
    finished: bool,
) -> Header:
    """What a checkpoint of the run says; ``n_steps`` are the steps of an epoch."""
    history = {
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "data": run.data,
        "epochs": run.step / n_steps,
        "seconds": run.elapsed_seconds,
        "training_psnr": psnr,
        "device": str(kept.values[0].device),
        "machine": platform.machine(),
        "torch": torch.__version__,
    }
    unfinished = {
        "recipe": asdict(run.recipe),
        "seed": run.seed,
        "data": run.data,
        "step": run.step,
        "elapsed_seconds": run.elapsed_seconds,
    }
    return Header(
        network.kind,
        network.configuration(),
        network.domain,
        series.time_unit,
        series.length_unit,
        kept.data_hash,
        [history],
        None if finished else unfinished,
    )
