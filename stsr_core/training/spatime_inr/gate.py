"""How much of the sine network: one learns every second kept frame and node, and is asked for the rest.

What it finds there, N, and the splines, S, are blended as meets the samples Y that were left out best:
w = ⟨Y − S, N − S⟩ / ⟨N − S, N − S⟩, in [0, 1]. Noise in S speaks for N, and rightly so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch

from stsr_core.coordinates import Domain
from stsr_core.fields.base import as_axes
from stsr_core.fields.motion.rehearsal import Rehearsal, decibels, flat, value_span
from stsr_core.fields.recipe import Recipe
from stsr_core.fields.spatime_inr import SpatimeInr
from stsr_core.sampling import KeptSamples
from stsr_core.training import loop
from stsr_core.training.mixture.rehearse import OCTAVE, bounded_shares, kept_samples_met, learn_small
from stsr_core.training.mixture.stages import said
from stsr_core.training.session import Session


@dataclass(frozen=True)
class Share:
    """What a rehearsal found for one variable.

    Parameters
    ----------
    network : float
        w, in [0, 1].
    reached : float
        PSNR in dB of the blend on the frames left out, over the range of the frames.
    """

    network: float
    reached: float


def train_held(field: SpatimeInr, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Splines, a rehearsal, and the network; until that is finished the splines are shown.

    With fewer than three kept frames nothing can be left out, and the splines stay. Of several variables the
    network is learned all the same: what lies between them is its alone.
    """
    sine, splines = field.sine, field.splines
    assert sine is not None and splines is not None
    if session.step == 0:
        session.state = None
        with session.stage("solving for splines") as tell:
            choices = splines.fill(kept.values, tell, session.stop_wanted)
        field.shares.zero_()
        session.settings["chosen"] = rows = said(splines, choices)
        session.checkpoint()
        if session.stop_wanted():
            return
        with session.stage("rehearsing") as tell:
            found = rehearsed_shares(field, kept.values, recipe, session.seed, tell, session.stop_wanted)
        if session.stop_wanted():
            return
        for i, share in found.items():
            rows[i]["network"] = share.network
            if isfinite(share.reached):
                rows[i]["rehearsed"]["blend"] = share.reached
        if len(rows) == 1 and not rows[0].get("network"):
            session.finish()
            field.eval()
            return

    def take_shares() -> None:
        for i, row in enumerate(session.settings["chosen"]):
            if not row.get("network"):
                continue
            met = kept_samples_met(sine, i, kept.values[i])
            # One that meets what it was given worse than another met what it was not had too little time.
            if met >= row["rehearsed"].get("blend", -np.inf):
                field.shares[i] = row["network"]
            else:
                row |= {"network": 0.0, "cut_short": True}

    session.on_finish = take_shares
    loop.train(sine, kept, recipe, session)
    field.eval()


def rehearsed_shares(
    field: SpatimeInr,
    values: Sequence[torch.Tensor],
    recipe: Recipe,
    seed: int,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> dict[int, Share]:
    """Shares by number of the variable; those with fewer than three kept steps are missing.

    Parameters
    ----------
    field : SpatimeInr
        Its splines have their weights.
    values : sequence of Tensor
        Normalised kept samples (T, Z, Y, X) per variable.
    recipe : Recipe
        Of the network; its length and batch are the rehearsal's own.
    """
    assert field.splines is not None
    found = {i: Rehearsal.of(field.domain[i], frames) for i, frames in enumerate(values)}
    rehearsals = {i: rehearsal for i, rehearsal in found.items() if rehearsal is not None}
    if not rehearsals:
        return {}
    domain = Domain(r.variable for r in rehearsals.values())
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        slower = {**field.configuration(), "first_omega": OCTAVE * field.config.first_omega}
        small = SpatimeInr(domain, **slower)
    small.to(values[0].device)
    assert small.sine is not None and small.splines is not None
    for place, (i, rehearsal) in enumerate(rehearsals.items()):
        small.splines.take(place, rehearsal.frames, field.splines.weights[i].tolist())
    frames = [rehearsal.frames for rehearsal in rehearsals.values()]
    learn_small(small.sine, frames, field.config.rehearsal_steps, recipe, seed, on_progress, should_stop)
    small.eval()
    with torch.inference_mode():
        return {i: _share(small, place, r) for place, (i, r) in enumerate(rehearsals.items())}


def _share(small: SpatimeInr, place: int, rehearsal: Rehearsal) -> Share:
    assert small.sine is not None and small.splines is not None
    name, device = small.domain[place].name, rehearsal.frames.device
    splines = small.splines.sampler(small.splines.latent(name))
    network = small.sine.sampler(small.sine.latent(name))
    errors, beside = [], []
    for axes, truth in rehearsal.moments:
        shown = splines(as_axes(axes, device))[0]
        errors.append(truth - shown)
        beside.append(network(as_axes(axes, device))[0] - shown)
    error, part = flat(errors), flat(beside)
    (share,) = bounded_shares([part], error)
    return Share(share, decibels(error - share * part, value_span(rehearsal.frames)))
