"""The training of a compact network, read top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stsr_core.fields import create
from stsr_core.fields.base import Field, Trainable, as_axes
from stsr_core.fields.kinds import COMPACT
from stsr_core.fields.mixture.field import Mixture
from stsr_core.fields.recipe import Recipe
from stsr_core.model import checkpoint
from stsr_core.model.checkpoint import Header
from stsr_core.model.provenance import versions
from stsr_core.sampling import GridRows
from stsr_core.training import loop
from stsr_core.training.distillation.rows import USES, DistillationRows, RandomVolumes
from stsr_core.training.session import Session, Snapshot, decibels

#: Random volumes per variable that tell how near a network came; it was not trained on them.
_CHECKED = 8
#: Fewer samples between the kept ones are not worth asking for.
_LEAST_SHARE = 0.05


def distil(network: Trainable, field: Field, recipe: Recipe, session: Session) -> None:
    """Train ``network`` to say what ``field`` says, from where ``session`` stands until it ends.

    A part of each batch are kept samples, the others are samples of the field at random times and positions.
    At the end the session's settings tell the PSNR against the field at other such places, in dB, data
    range 2.

    Parameters
    ----------
    network : Trainable
        Of the same domain.
    field : Field
        Any: nothing but its values is asked for.
    recipe : Recipe
        ``batch_rows`` counts both parts; an epoch is one pass over the kept samples.
    session : Session
        With the entry ``compact_of`` among its settings, see :func:`settings_of`.
    """
    values = []
    with session.stage("reading the model") as tell_part:
        for i in range(len(field.domain)):
            values.append(kept_values(field, i))
            tell_part(len(values) / len(field.domain))
    sizes = np.array([v.numel() for v in values], dtype=np.float64)
    # So many samples between for each kept one.
    ratios = [share / (1 - share) for share in session.settings["compact_of"]["between"]]
    kept_rows = recipe.batch_rows * sizes.sum() / (sizes * (1 + np.array(ratios))).sum()
    kept_part = replace(recipe, batch_rows=max(1, round(kept_rows)))
    rows = []
    for i, (variable, kept) in enumerate(zip(field.domain, values, strict=True)):
        volumes = RandomVolumes(field, i, (session.seed, i, 0))
        drawn_per_step = ratios[i] * kept_rows * kept.numel() / sizes.sum()
        per_step = drawn_per_step / (USES * np.prod(volumes.shape))
        grid = GridRows(variable, kept)
        rows.append(DistillationRows(grid, volumes, ratios[i], per_step, session.seed, lambda: session.step))

    def tell() -> None:
        session.settings["compact_of"]["psnr"] = agreement(network, field, session.seed)

    session.on_finish = tell
    loop.learn(network, values, kept_part, session, rows)


def student(field: Field, seed: int, configuration: dict[str, Any] | None = None) -> Any:
    """A compact network for the domain of ``field``; by default with the form of the network in it.

    It begins where that one has come to, if it has its form, and else untrained.
    """
    inner = _network_in(field)
    usual = inner.configuration() if inner is not None else {}
    torch.manual_seed(seed)
    network = create(COMPACT, field.domain, {**usual, **(configuration or {})})
    if inner is not None and network.configuration() == usual:
        network.load_state_dict(inner.state_dict())
    return network


def _network_in(field: Any) -> Any:
    """The network of a mixture, a network itself, or None."""
    inner = field.network if isinstance(field, Mixture) else field
    return inner if inner.kind == COMPACT else None


def between_shares(network: Any, field: Field, run: Mapping[str, Any]) -> list[float]:
    """Which part of the samples of each variable lies between the kept ones, at most one half.

    A network that goes on from the mixture's own says already what a rehearsal trusts that one with: the more
    this is, the fewer. It is asked also where the mixture left its network out, for want of time to learn.

    Parameters
    ----------
    run : mapping
        The entry of the model's history that tells how ``field`` was learned.

    Examples
    --------
    >>> from types import SimpleNamespace as Bare
    >>> between_shares(None, Bare(kind="motion", domain=["u", "v"]), {})
    [0.5, 0.5]
    """
    inner = _network_in(field)
    warm = inner is not None and network.configuration() == inner.configuration()
    trusted = run.get("shares", []) if warm else []
    wanted = [0.5 * (1 - min(shares)) for shares in trusted] or [0.5] * len(field.domain)
    return [share if share >= _LEAST_SHARE else 0.0 for share in wanted]


def kept_values(field: Field, index: int) -> torch.Tensor:
    """What a field says at the kept nodes and steps of a variable, (T, Z, Y, X), normalised."""
    # A mixture keeps what motion keeps, and what its network adds there is 0 at the price of whole frames.
    field = field.motion if isinstance(field, Mixture) else field
    domain = field.domain[index]
    latent = field.latent(domain.name)
    sample = field.sampler(latent, domain.name)
    nodes = domain.normalized_axes(domain.grid, np.asarray(domain.times))
    times, z, y, x = as_axes(nodes, latent.device)
    with torch.no_grad():
        return torch.cat([sample((time, z, y, x)) for time in times.split(1)])


def agreement(network: Field, field: Field, seed: int) -> float:
    """PSNR in dB of a network against the field it learned from, at random places, data range 2."""
    squares, count = 0.0, 0
    for i in range(len(field.domain)):
        said, meant = (RandomVolumes(f, i, (seed, i, 1)) for f in (network, field))
        for k in range(_CHECKED):
            error = said.values(k) - meant.values(k)
            squares += float(error.double().square().sum())
            count += error.numel()
    return decibels(squares / count)


def settings_of(
    network: Any,
    field: Field,
    run: Mapping[str, Any],
    recipe: Recipe,
    made_by: dict[str, Any] | None,
) -> dict[str, Any]:
    """What a compact network's history says of its run: recipe, model, and what that one was learned from.

    Parameters
    ----------
    run : mapping
        As of :func:`between_shares`.
    made_by : dict, optional
        As of :func:`stsr_core.fit`.
    """
    of = {"kind": field.kind, "configuration": field.configuration()}
    return {
        "recipe": asdict(recipe),
        **({"data": run["data"]} if "data" in run else {}),
        **({"made_by": made_by} if made_by else {}),
        "compact_of": {**of, "between": between_shares(network, field, run)},
    }


def saver(output: Path, network: Any, source: Header, device: torch.device) -> Callable[[Snapshot], None]:
    """What writes a compact network, with the history of the model it is made from before its own."""

    def save(snapshot: Snapshot) -> None:
        header = replace(
            source,
            kind=network.kind,
            configuration=network.configuration(),
            history=[*source.history, {**snapshot.history, "device": str(device), "versions": versions()}],
            training=snapshot.unfinished,
        )
        checkpoint.save(output, header, network, snapshot.state)

    return save
