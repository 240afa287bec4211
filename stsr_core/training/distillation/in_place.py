"""A compact network in place of the field that the same run has learned just before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from stsr_core.fields.recipe import FIRST_PART, Recipe
from stsr_core.model import checkpoint
from stsr_core.training.distillation.distil import distil, saver, settings_of, student
from stsr_core.training.session import Progress, Session, Snapshot


def distil_in_place(
    field: Any,
    output: Path | None,
    before: Session,
    on_progress: Callable[[Progress], None] | None,
    should_stop: Callable[[], bool] | None,
) -> Any:
    """A compact network in place of the field that was learned ``before``, which stays until then."""
    recipe = Recipe(**before.settings["compact"])
    if recipe.minutes is not None:
        # What the field did not need of its part is left for the network.
        unused = before.settings["recipe"]["minutes"] - before.elapsed_seconds / 60
        recipe = replace(recipe, minutes=recipe.minutes + max(0.0, unused))
    device = next(field.parameters()).device
    network = student(field, before.seed).to(device)
    source = None if output is None else replace(checkpoint.read_header(output), training=None)
    write = None if output is None or source is None else saver(output, network, source, device)

    def save(snapshot: Snapshot) -> None:
        if write is not None and snapshot.unfinished is None:
            write(snapshot)

    session = Session(
        settings_of(network, field, before.settings, recipe, before.settings.get("made_by")),
        seed=before.seed,
        epochs=recipe.epochs,
        minutes=recipe.minutes,
        save=save,
        on_progress=part(on_progress, FIRST_PART, 1 - FIRST_PART, before.elapsed_seconds),
        should_stop=should_stop,
    )
    distil(network, field, recipe, session)
    return field if session.fraction < 1 else network


def part(
    on_progress: Callable[[Progress], None] | None, start: float, share: float, seconds_before: float = 0.0
) -> Callable[[Progress], None] | None:
    """What tells the progress of one part of a run as that of all of it."""
    if on_progress is None:
        return None

    def tell(progress: Progress) -> None:
        fraction = start + share * progress.fraction
        seconds = seconds_before + progress.elapsed_seconds
        left = seconds * (1 - fraction) / max(fraction, 1e-9)
        on_progress(replace(progress, fraction=fraction, elapsed_seconds=seconds, eta_seconds=left))

    return tell
