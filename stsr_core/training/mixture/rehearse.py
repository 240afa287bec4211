"""How much of a network: a small one learns every second kept frame and node, and is asked for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import Trainable, as_axes
from stsr_core.fields.mixture.errors import learned
from stsr_core.fields.mixture.field import Mixture
from stsr_core.fields.modulated_siren import ModulatedSiren
from stsr_core.fields.motion.rehearsal import Rehearsal, decibels, flat, value_span
from stsr_core.fields.motion.variable import MovingVariable
from stsr_core.fields.recipe import Recipe
from stsr_core.kept import evenly
from stsr_core.training import loop
from stsr_core.training.session import Session

ROWS = 2048  # of a training step
#: About so many kept samples say how well a network meets them.
SAMPLES_MET = 200_000
#: The frequencies of a network that sees half as much are half as high.
OCTAVE = 0.5


#: Gain in the rehearsal from which a network is worth its minutes, dB.
WORTH = 0.1


@dataclass(frozen=True)
class Shares:
    """What a rehearsal found for one variable.

    Parameters
    ----------
    detail, change : float
        In [0, 1]; see :class:`~stsr_core.fields.mixture.field.Mixture`.
    base, mixed : float
        PSNR in dB without and with the network on the frames left out, over the range of the frames.
    errors : tuple of float
        The numbers of :mod:`stsr_core.fields.mixture.errors`; () where the network is not worth it.
    """

    detail: float
    change: float
    base: float
    mixed: float
    errors: tuple[float, ...] = ()

    @property
    def worth(self) -> bool:
        """Whether the network is worth its minutes."""
        return self.gain >= WORTH

    @property
    def gain(self) -> float:
        """What the network is worth, dB; 0 where nothing was left to gain."""
        return self.mixed - self.base if np.isfinite(self.base) else 0.0


def rehearsed_shares(
    mixture: Mixture,
    values: Sequence[torch.Tensor],
    recipe: Recipe,
    seed: int,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[int, Shares]:
    """Shares by number of the variable; those with fewer than three kept steps are missing.

    Parameters
    ----------
    mixture : Mixture
        Its motion has its weights.
    values : sequence of Tensor
        Normalised kept samples (T, Z, Y, X) per variable.
    recipe : Recipe
        Of the network; its length and batch are the rehearsal's own.
    """
    closed = mixture.motion.config.closed
    found = {i: Rehearsal.of(mixture.domain[i], frames, closed) for i, frames in enumerate(values)}
    rehearsals = {i: rehearsal for i, rehearsal in found.items() if rehearsal is not None}
    if not rehearsals or mixture.config.rehearsal_steps == 0:
        return {}
    domain = Domain(r.variable for r in rehearsals.values())
    network = {**mixture.network.configuration()}
    network["first_omega"] = OCTAVE * network["first_omega"]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        motion = {k: v for k, v in mixture.config.motion.items() if k != "motion_of"}
        small = Mixture(domain, **{**mixture.configuration(), "motion": motion, "network": network})
    small.to(values[0].device)
    for place, (i, rehearsal) in enumerate(rehearsals.items()):
        small.motion.take(place, rehearsal.frames, mixture.motion.weights[i].tolist())
    frames = [rehearsal.frames for rehearsal in rehearsals.values()]
    learn_small(small.network, frames, mixture.config.rehearsal_steps, recipe, seed, on_progress, should_stop)
    small.eval()
    with torch.inference_mode():
        return {
            i: _shares(small, place, r, mixture.motion.moving(i))
            for place, (i, r) in enumerate(rehearsals.items())
        }


def learn_small(
    network: Trainable,
    frames: Sequence[torch.Tensor],
    n_steps: int,
    recipe: Recipe,
    seed: int,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Train the network of a rehearsal for so many steps per variable; the recipe's length is not used."""
    steps_per_epoch = max(1, -(-sum(f.numel() for f in frames) // ROWS))
    session = Session(
        {},
        seed=seed,
        epochs=n_steps * len(frames) / steps_per_epoch,
        on_progress=None if on_progress is None else lambda p: on_progress(p.fraction),
        should_stop=should_stop,
    )
    loop.learn(network, frames, replace(recipe, batch_rows=ROWS, minutes=None, epochs=1), session)


def _shares(small: Mixture, place: int, rehearsal: Rehearsal, true: MovingVariable) -> Shares:
    latent = small.motion.latent(small.domain[place].name)
    base, added = small.motion.sampler(latent), small.added(place)
    device = rehearsal.frames.device
    errors, columns = [], []
    for axes, truth in rehearsal.moments:
        tensors = as_axes(axes, device)
        errors.append(truth - base(tensors)[0])
        columns.append([part for part in added(tensors, 1.0, 1.0) if part is not None])
    error, parts = flat(errors), [flat(part) for part in zip(*columns, strict=True)]
    known = ~np.isnan(error)
    error, parts = error[known], [part[known] for part in parts]
    shares = bounded_shares(parts, error)
    span = value_span(rehearsal.frames)
    left = error - sum(share * part for share, part in zip(shares, parts, strict=True))
    detail, change = shares
    found = Shares(detail, change, decibels(error, span), decibels(left, span))
    return replace(found, errors=_errors(small, place, rehearsal, true, shares)) if found.worth else found


def _errors(
    small: Mixture, place: int, rehearsal: Rehearsal, true: MovingVariable, shares: Sequence[float]
) -> tuple[float, ...]:
    """What the mixture with these shares says of its error."""
    small.shares[place] = torch.tensor(shares)
    mixed = small.sampler(small.latent(small.domain[place].name))
    device = rehearsal.frames.device
    moving, signs = small.motion.moving(place), small.signs(place)
    return tuple(learned(moving, rehearsal, true, signs, lambda axes: mixed(as_axes(axes, device))[0]))


def kept_samples_met(network: ModulatedSiren, index: int, frames: torch.Tensor) -> float:
    """PSNR in dB of a network on kept samples (T, Z, Y, X): every so many-th node of six steps."""
    domain = network.domain[index]
    steps = evenly(len(frames), 6)
    every = max(1, round((len(steps) * frames[0].numel() / SAMPLES_MET) ** (1 / 3)))
    times, *space = domain.normalized_axes(domain.grid, np.asarray(domain.times)[steps])
    axes = (times, *(axis[::every] for axis in space))
    frames = frames[steps][:, ::every, ::every, ::every]
    network.eval()
    with torch.inference_mode():
        met = network.sampler(network.latent(domain.name))(as_axes(axes, frames.device))
    error = flat([met - frames])
    return decibels(error[~np.isnan(error)], value_span(frames))


def bounded_shares(parts: Sequence[np.ndarray], error: np.ndarray) -> list[float]:
    """The shares in [0, 1] with which some parts make up an error best, in the mean square.

    Examples
    --------
    >>> bounded_shares([np.array([1.0, 0.0]), np.array([0.0, 1.0])], np.array([0.25, 3.0]))
    [0.25, 1.0]
    """
    from scipy.optimize import lsq_linear

    # A few numbers per part in place of a column as long as the data: R of the QR decomposition.
    triangle: Any = np.linalg.qr(np.stack([*parts, error], axis=1), mode="r")
    found = lsq_linear(triangle[:, :-1], triangle[:, -1], bounds=(0.0, 1.0), tol=1e-12)
    return [float(share) for share in np.round(found.x, 6)]
