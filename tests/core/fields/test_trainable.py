"""What the loop needs of a network: every kind that it trains has it, with the signatures it is called by."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
import torch
from models import blob_series

from stsr_core.fields import KINDS, create, field_class
from stsr_core.fields.base import Field, Trainable
from stsr_core.sampling import KeptSamples

if TYPE_CHECKING:
    from stsr_core.fields.coordnet import CoordNet
    from stsr_core.fields.interpolation import Cubic, Nearest, TricubicLinear
    from stsr_core.fields.modulated_siren import ModulatedSiren
    from stsr_core.fields.stnet import STNet
    from stsr_core.fields.stsr_inr import StsrInr

    def trained(a: ModulatedSiren, b: StsrInr, c: CoordNet) -> tuple[Trainable, ...]:
        """For a type checker."""
        return a, b, c

    def fields(a: STNet, b: TricubicLinear, c: Cubic, d: Nearest) -> tuple[Field, ...]:
        """For a type checker."""
        return a, b, c, d


LOOPED = [name for name, kind in KINDS.items() if kind.recipe and kind.trainer == "stsr_core.training.loop"]
SMALL: dict[str, dict[str, Any]] = {
    "modulated_siren": {"width": 8, "depth": 2, "latent_length": 3},
    "stsr_inr": {"widths": [8, 8, 8], "depth": 1, "latent_length": 3, "heads": 2},
    "coordnet": {"widths": [8], "depth": 1},
    "stnet": {"width_multiplier": 1 / 16},
}


@pytest.mark.parametrize("kind", LOOPED)
def test_the_class_has_every_member_and_takes_what_the_loop_gives(kind):
    made = field_class(kind)
    for name in ("training_rows", "loss", "epoch_penalty", "parameter_groups"):
        wanted = len(inspect.signature(getattr(Trainable, name)).parameters)
        taken = inspect.signature(getattr(made, name)).parameters.values()
        assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in taken), name
        assert len(taken) == wanted, name


@pytest.mark.parametrize("kind", LOOPED)
def test_one_step_of_training_through_the_protocol_alone(kind):
    kept = KeptSamples.read(blob_series(("a", "b")), 3, 3)
    network = create(kind, kept.domain, SMALL.get(kind, {}))
    trained = {id(p) for p in network.parameters()}
    assert isinstance(network, Trainable)
    noise = torch.Generator().manual_seed(0)
    losses = []
    for i, rows in enumerate(network.training_rows(kept.values)):
        coordinates, targets, mask = rows.batch(torch.arange(min(5, len(rows))))
        assert coordinates.shape == (len(targets), 4)
        losses.append(network.loss(i, coordinates, targets, mask, noise, 0.5))
    total = torch.stack(losses).sum()
    penalty = network.epoch_penalty()
    (total if penalty is None else total + penalty).backward()
    groups = network.parameter_groups()
    assert set(groups) == {"matrices", "others", "latents"}
    parameters = [p for group in groups.values() for p in group]
    assert {id(p) for p in parameters} == trained
    assert len({id(p) for p in parameters}) == len(parameters)
    assert all(p.grad is not None for p in parameters)


def test_what_the_loop_does_not_train_is_no_trainable():
    kept = KeptSamples.read(blob_series(), 4, 3)
    for kind in ("nearest", "stnet"):
        assert not isinstance(create(kind, kept.domain, SMALL.get(kind)), Trainable)
