"""The stages of a mixture's training, read top to bottom."""

from __future__ import annotations

import math
from typing import Any

import torch

from stsr_core.fields.mixture.field import Mixture
from stsr_core.fields.motion.field import features_move
from stsr_core.fields.motion.gate import METHODS, Choice
from stsr_core.fields.recipe import Recipe
from stsr_core.sampling import KeptSamples
from stsr_core.training import loop
from stsr_core.training.mixture.rehearse import ROWS, Shares, rehearsed_shares
from stsr_core.training.session import Session

#: Gain in the rehearsal from which a network is worth its minutes, dB.
WORTH = 0.1


def train(mixture: Mixture, kept: KeptSamples, recipe: Recipe, session: Session) -> None:
    """Motion, a rehearsal, and the network for what is left of the time; each is saved as it comes.

    Of several variables the network is always trained: what lies between them is its alone.
    """
    if session.step == 0:
        session.state = None
        with session.stage("following what moves") as tell:
            choices = mixture.motion.fill(kept.values, tell, session.stop_wanted)
        mixture.shares.zero_()
        mixture.left.fill_(1.0)
        session.settings["chosen"] = said(mixture, choices, {})
        session.checkpoint()
        if session.stop_wanted():
            return
        with session.stage("rehearsing") as tell:
            found = rehearsed_shares(mixture, kept.values, recipe, session.seed, tell, session.stop_wanted)
        if session.stop_wanted():
            return
        worth = {i: shares for i, shares in found.items() if shares.gain >= WORTH}
        session.settings["chosen"] = said(mixture, choices, found)
        if not worth and len(mixture.domain) == 1:
            session.finish()
            mixture.eval()
            return
        session.settings["shares"] = [
            [worth[i].detail, worth[i].change] if i in worth else [0.0, 0.0] for i in range(len(choices))
        ]
        gains = [worth[i].gain if i in worth else 0.0 for i in range(len(choices))]
        session.settings["left"] = [10 ** (-gain / 20) for gain in gains]
    shares = torch.tensor(session.settings["shares"])
    rehearsed_rows = ROWS * mixture.config.rehearsal_steps
    rows = min(recipe.batch_rows, sum(values.numel() for values in kept.values))

    def take_shares() -> None:
        # Only at the end: on the way motion alone is shown, which an unfinished network would spoil. And the
        # shares are those of a network that learned as much as the one in the rehearsal.
        if session.step * rows >= rehearsed_rows:
            mixture.shares.copy_(shares)
            mixture.left.copy_(torch.tensor(session.settings["left"]))
        else:
            session.settings["chosen"] = [_without_network(row) for row in session.settings["chosen"]]

    session.on_finish = take_shares
    loop.train(mixture.network, kept, recipe, session)
    mixture.eval()


def said(mixture: Mixture, choices: list[Choice], shares: dict[int, Shares]) -> list[dict[str, Any]]:
    """What was chosen and why, per variable: plain JSON values for the model's header."""
    rows = []
    for i, (variable, choice) in enumerate(zip(mixture.domain, choices, strict=True)):
        row: dict[str, Any] = {
            "variable": variable.name,
            "weights": dict(zip(METHODS, choice.weights, strict=True)),
            "moves": features_move(mixture.motion, i),
        }
        if choice.rehearsed is not None:
            row["rehearsed"] = dict(zip(METHODS, map(_plain, choice.rehearsed), strict=True))
            row["roughness"] = _plain(choice.roughness)
        if i in shares:
            found = shares[i]
            worth = found.gain >= WORTH
            row |= {"detail": found.detail * worth, "change": found.change * worth}
            row["rehearsed"] |= {"base": _plain(found.base), "mixture": _plain(found.mixed)}
        rows.append(row)
    return rows


def _without_network(row: dict[str, Any]) -> dict[str, Any]:
    if row.get("detail") or row.get("change"):
        return {**row, "detail": 0.0, "change": 0.0, "cut_short": True}
    return row


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
