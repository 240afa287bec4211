"""The stages of a mixture's training, read top to bottom."""

from __future__ import annotations

import math
from typing import Any

import torch

from stsr_core.fields.mixture.field import Mixture
from stsr_core.fields.motion.field import Motion
from stsr_core.fields.motion.gate import METHODS, Choice
from stsr_core.fields.recipe import Recipe
from stsr_core.sampling import KeptSamples
from stsr_core.training import loop
from stsr_core.training.mixture.rehearse import kept_samples_met, rehearsed_shares
from stsr_core.training.session import Session

#: With so few kept steps, and features that move so many nodes between them, no rehearsal can be trusted.
FEW, FAR = 7, 1.0
#: A network must meet the kept samples by so much better than motion alone met those of the rehearsal, dB.
MEETS = 3.0


def train(mixture: Mixture, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Motion, a rehearsal, and the network for what is left of the time; each is saved as it comes.

    Of several variables the network is always trained: what lies between them is its alone.
    """
    if session.step == 0:
        session.state = None
        with session.stage("following what moves") as tell:
            choices = mixture.motion.fill(kept.values, tell, session.stop_wanted)
        mixture.shares.zero_()
        mixture.errors.fill_(torch.nan)
        session.settings["chosen"] = rows = said(mixture.motion, choices)
        session.checkpoint()
        if session.stop_wanted():
            return
        with session.stage("rehearsing") as tell:
            found = rehearsed_shares(mixture, kept.values, recipe, session.seed, tell, session.stop_wanted)
        if session.stop_wanted():
            return
        worth = {i: shares for i, shares in found.items() if shares.worth}
        for i, shares in found.items():
            rows[i] |= {"detail": shares.detail * shares.worth, "change": shares.change * shares.worth}
            rows[i]["rehearsed"] |= {"base": _plain(shares.base), "mixture": _plain(shares.mixed)}
        if not worth and len(mixture.domain) == 1:
            session.finish()
            mixture.eval()
            return
        session.settings["shares"] = [
            [worth[i].detail, worth[i].change] if i in worth else [0.0, 0.0] for i in range(len(choices))
        ]
        session.settings["errors"] = [
            list(worth[i].errors) if i in worth else None for i in range(len(choices))
        ]
    wanted = torch.tensor(session.settings["shares"])

    def take_shares() -> None:
        # Only at the end: on the way motion alone is shown, which an unfinished network would spoil.
        for i, row in enumerate(session.settings["chosen"]):
            if not wanted[i].any():
                continue
            row["met"] = kept_samples_met(mixture.network, i, kept.values[i])
            # One that had no time to meet what it was given says nothing of what it was not.
            if row["met"] >= row["rehearsed"]["base"] + MEETS:
                mixture.shares[i] = wanted[i]
                mixture.errors[i] = torch.tensor(session.settings["errors"][i])
            else:
                row |= {"detail": 0.0, "change": 0.0, "cut_short": True}

    session.on_finish = take_shares
    loop.train(mixture.network, kept, recipe, session)
    mixture.eval()


def said(motion: Motion, choices: list[Choice]) -> list[dict[str, Any]]:
    """Which motion was chosen and why, per variable: plain JSON values for the model's header."""
    rows = []
    for i, (variable, choice) in enumerate(zip(motion.domain, choices, strict=True)):
        row: dict[str, Any] = {
            "variable": variable.name,
            "weights": dict(zip(METHODS, choice.weights, strict=True)),
        }
        if not motion.config.still:
            row["moves"] = motion.moving(i).features_move()
            if len(variable.times) <= FEW and row["moves"] > FAR:
                row["unsure"] = True
        if choice.rehearsed is not None:
            row["rehearsed"] = dict(
                zip(METHODS[: len(choice.rehearsed)], map(_plain, choice.rehearsed), strict=True)
            )
            row["roughness"] = _plain(choice.roughness)
        rows.append(row)
    return rows


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
