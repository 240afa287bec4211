"""Train a network of homogenization, or go on with one: what is checked, and the loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from stsr_core.homogenization import file
from stsr_core.homogenization.batches import draw
from stsr_core.homogenization.configuration import INTERPOLATIONS, configured
from stsr_core.homogenization.file import Header
from stsr_core.homogenization.loss import loss
from stsr_core.homogenization.maps import Maps, read_maps
from stsr_core.homogenization.measures import structure
from stsr_core.homogenization.network import Network
from stsr_core.homogenization.plan import read_plan
from stsr_core.homogenization.prediction import predict
from stsr_core.homogenization.recipe import Recipe, learning_rate
from stsr_core.inference.device import resolve_device
from stsr_core.llvm import keep_triton_out
from stsr_core.model import container, provenance
from stsr_core.threads import bounded_threads
from stsr_core.training.beginning import checked_output, checked_seed, unfinished_run
from stsr_core.training.optimizers import flat_state, load_flat_state
from stsr_core.training.session import Progress, Session, Snapshot, State, taken_up

#: Maps of the validation curve at most.
_VALIDATED = 20


@bounded_threads()
def fit(
    folder: str | Path,
    output: str | Path | None = None,
    *,
    configuration: dict[str, Any] | None = None,
    recipe: Recipe | None = None,
    scale: float | None = None,
    device: str = "auto",
    seed: int = 0,
    overwrite: bool = False,
    made_by: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Network:
    """Train a network on a folder of samples.

    Parameters
    ----------
    folder : path
        Of :func:`stsr_core.homogenization.generation.generate`.
    output : path, optional
        Model file, written after two seconds, then about every five and at the end.
    configuration : dict, optional
        Entries of :class:`Configuration`; cells and coarse are those of the folder.
    recipe : Recipe, optional
        By default that of the paper: 100,000 steps.
    scale : float, optional
        α to learn at, one that the folder has; the largest by default.
    device, seed
        Where to train; initial weights and draws.
    overwrite : bool
        Replace an existing ``output``.
    made_by : dict, optional
        As of :mod:`stsr_core.model.provenance`.
    on_progress, should_stop : callable, optional
        Report about once a second; asked after every step. A stopped run can be resumed.
    clock : callable, optional
        Seconds from any origin by which minutes are counted: on a machine with other work ``process_time``
        gives several runs the same work.

    Returns
    -------
    Network
        On the training device, in evaluation mode.

    Raises
    ------
    ValueError
        On bad settings or samples, before anything is written.
    FileExistsError
        If ``output`` exists and ``overwrite`` is not set.
    """
    if output is not None:
        checked_output(Path(output), overwrite)
    plan, recipe = read_plan(folder), recipe or Recipe()
    scale = max(plan.scales) if scale is None else scale
    if scale not in plan.scales:
        there = ", ".join(f"{s:g}" for s in plan.scales)
        raise ValueError(f"scale must be one of those in {folder} ({there}), got {scale:g}")
    sizes = {"cells": plan.cells, "coarse": plan.coarse}
    entries = configured({**sizes, **(configuration or {})})
    for name, value in sizes.items():
        if getattr(entries, name) != value:
            raise ValueError(f"{name} must be that of the samples, {value}, got {getattr(entries, name)}")
    if entries.method in INTERPOLATIONS:
        raise ValueError(
            f"method {entries.method} learns nothing; `stsr homogenize evaluate` has it beside the others"
        )
    where = resolve_device(device)
    maps = read_maps(folder, "train", scale)
    if entries.scale == "physical":
        entries = replace(entries, unit=float((maps.fine / maps.load).max()))
    torch.manual_seed(checked_seed(seed))
    network = Network(entries).to(where)
    settings: dict[str, Any] = {
        "data": {"maps": len(maps), "scale": scale},
        "recipe": asdict(recipe),
        "validation": [],
        **({"made_by": made_by} if made_by else {}),
    }
    return _learn(
        network, maps, folder, recipe, settings, output, on_progress, should_stop, seed=seed, clock=clock
    )


@bounded_threads()
def resume(
    output: str | Path,
    folder: str | Path,
    *,
    device: str = "auto",
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Network:
    """Go on with an unfinished run exactly where its last checkpoint stands.

    Parameters
    ----------
    output : path
        Its model file, which is written again.
    folder : path
        Of the samples it was learning from.
    device, on_progress, should_stop
        As for :func:`fit`.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If the run is finished, or the samples are not those it was trained on.
    """
    header = file.read_header(output)
    settings, standing = taken_up(unfinished_run(output, header.training))
    maps = read_maps(folder, "train", settings["data"]["scale"])
    if data_hash(maps) != header.data_hash:
        raise ValueError(f"{output}: cannot resume, the samples of {folder} are not those it was trained on")
    network = file.load(output, resolve_device(device))
    standing["state"] = file.load_training_state(output)
    recipe = Recipe(**settings["recipe"])
    return _learn(network, maps, folder, recipe, settings, output, on_progress, should_stop, **standing)


def _learn(
    network: Network,
    maps: Maps,
    folder: str | Path,
    recipe: Recipe,
    settings: dict[str, Any],
    output: str | Path | None,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
    **standing: Any,
) -> Network:
    """Train from where a run stands until it ends."""
    device, found = next(network.parameters()).device, data_hash(maps)
    validated = None
    if recipe.validate_every and read_plan(folder).validation:
        validated = read_maps(folder, "validation", settings["data"]["scale"], _VALIDATED)

    def save(snapshot: Snapshot) -> None:
        history = [{**snapshot.history, "device": str(device), "versions": provenance.versions()}]
        header = Header(network.configuration, found, history, snapshot.unfinished)
        file.save(Path(output or ""), header, network, snapshot.state)

    steps_per_epoch = len(maps) / min(recipe.batch, len(maps))
    session = Session(
        settings,
        epochs=None if recipe.iterations is None else recipe.iterations / steps_per_epoch,
        minutes=recipe.minutes,
        save=None if output is None else save,
        on_progress=on_progress,
        should_stop=should_stop,
        **standing,
    )
    c = network.configuration
    learn(network, maps.normalized(c.scale, c.unit).to(device), recipe, session, validated)
    return network


def learn(
    network: Network, maps: Maps, recipe: Recipe, session: Session, validated: Maps | None = None
) -> None:
    """The loop: draw, predict, compare, step.

    Parameters
    ----------
    network : Network
    maps : Maps
        Normalised, on the network's device.
    recipe : Recipe
    session : Session
        Its settings take the validation curve.
    validated : Maps, optional
        Physical values; the curve is measured on them.
    """
    side = recipe.side or network.configuration.coarse + 1
    side = min(side, maps.fine.shape[-1])
    keep_triton_out()  # the first step would load it
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    if session.state:
        load_flat_state({"all": optimizer}, session.state)

    def state() -> State:
        return flat_state({"all": optimizer})

    network.rounds = recipe.precision == "bf16"
    network.train()
    for progress in session.steps(len(maps) / min(recipe.batch, len(maps)), state):
        batch = draw(maps, recipe, side, session.seed, session.step)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, progress)
        optimizer.zero_grad(set_to_none=True)
        predicted = network(network.prepare(batch.coefficient, batch.coarse), batch.targets)
        compared, truth = (values.gather(1, batch.order) for values in (predicted, batch.values))
        loss(compared, truth, side, recipe.structure).backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimizer.step()
        # A session's errors are those of values in [−1, 1], these are in [0, 1].
        session.record(4 * (predicted.detach() - batch.values).square().mean(), len(batch.values) * side**2)
        done = session.step + 1
        if validated is not None and recipe.validate_every and done % recipe.validate_every == 0:
            network.eval()
            point = {"step": done, "seconds": session.elapsed_seconds, **validation(network, validated)}
            session.settings["validation"] = [*session.settings["validation"], point]
            network.known_error = point["mse"]
            network.train()
    network.eval()
    network.rounds = None


def validation(network: Network, maps: Maps) -> dict[str, float]:
    """Mean MSE and SSIM of maps, physical values, on normalised fields."""
    c = network.configuration
    normal = maps.normalized(c.scale, c.unit)
    total = {"mse": 0.0, "ssim": 0.0}
    for coefficient, coarse, fine in zip(normal.coefficient, normal.coarse, normal.fine, strict=True):
        found = predict(network, coefficient.numpy(), coarse.numpy(), fine.shape[-1]).clip(0, 1)
        truth = fine.numpy()
        total["mse"] += float(((found - truth) ** 2).mean()) / len(maps)
        total["ssim"] += structure(truth, found) / len(maps)
    return total


def data_hash(maps: Maps) -> str:
    """SHA-256 of what is learned from (hexadecimal)."""
    return container.checksum({"coefficient": maps.coefficient, "coarse": maps.coarse, "fine": maps.fine})
