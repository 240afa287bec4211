"""STSR-INR as a field: its configuration reaches the network, and it trains, alone and jointly."""

from __future__ import annotations

import math
from dataclasses import fields as dataclass_fields

import numpy as np
import pytest
import torch
from stsr_domains import SMALL, one_domain, variable

from stsr_core.coordinates import Domain
from stsr_core.fields import create
from stsr_core.fields.stsr_inr import StsrInr, StsrInrConfig
from stsr_core.inference import evaluate

CHANGED = {
    "heads": 4,
    "depth": 2,
    "latent_length": 9,
    "profile": "paper",
    "modulator_activation": "relu",
    "final": "sine",
    "variational": False,
    "kld_weight": 1e-2,
    "kld_reduction": "sum",
    "mask_padding": False,
    "widths": (8, 16, 33),
}


def fingerprint(**configuration: object) -> tuple[object, ...]:
    """Shapes, output, loss and penalty of a two-variable field made from one seed."""
    torch.manual_seed(5)
    domain = Domain([variable("a", (5, 6, 7), 1, 3), variable("b", (4, 4, 4), 1, 3)])
    field = StsrInr(domain, **(SMALL | configuration))
    values = torch.linspace(-1, 1, 2 * 5 * 6 * 7).reshape(2, 5, 6, 7)
    rows = field.rows(0, values)
    loss = field.loss(0, *rows.batch(torch.arange(len(rows))), torch.Generator().manual_seed(1))
    axes = tuple(torch.linspace(-1, 1, 3) for _ in range(4))
    penalty = field.epoch_penalty()
    return (
        [tuple(p.shape) for p in field.parameters()],
        field.sampler(field.latent("a"))(axes).flatten().tolist(),
        loss.item(),
        None if penalty is None else penalty.item(),
    )


def test_each_configuration_field_changes_the_field() -> None:
    assert set(CHANGED) == {f.name for f in dataclass_fields(StsrInrConfig)}
    standard = fingerprint()
    assert fingerprint() == standard
    for name, value in CHANGED.items():
        assert fingerprint(**{name: value}) != standard, name


def test_configuration_rebuilds_the_field_and_unknown_keys_are_errors() -> None:
    field = StsrInr(one_domain(), **(SMALL | {"final": "sine"}))
    again = create("stsr_inr", field.domain, field.configuration())
    again.load_state_dict(field.state_dict())
    assert again.config == field.config
    with pytest.raises(TypeError, match="omega"):
        StsrInr(one_domain(), omega=3)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"heads": 6}, "heads must be a power of two, got 6"),
        ({"depth": -1}, "depth must be >= 0, got -1"),
        ({"profile": "fast"}, "profile must be one of released, paper, got 'fast'"),
        ({"widths": (8, 16)}, r"widths must be three numbers >= 1, got \(8, 16\)"),
        ({"kld_weight": -1.0}, "kld_weight must be >= 0, got -1.0"),
    ],
)
def test_bad_configurations_are_named(bad: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StsrInrConfig(**bad)


def test_model_sizes_of_the_paper() -> None:
    domain = Domain([variable(name, (4, 4, 4), 1, 2) for name in "abcd"])
    field = StsrInr(domain)
    assert field.model_size("full") == pytest.approx(15.9439, abs=5e-5)
    assert field.model_size("paper") == pytest.approx(5.4087, abs=5e-5)
    assert 8 * field.embedding.mu.numel() / 2**20 == pytest.approx(0.0078, abs=5e-5)
    for changed, expected in (({"heads": 1}, 5.4070), ({"depth": 0}, 0.3892), ({"depth": 10}, 10.4283)):
        assert StsrInr(domain, **changed).model_size("paper") == pytest.approx(expected, abs=5e-5)
    with pytest.raises(ValueError, match="kind must be 'full' or 'paper', got 'small'"):
        field.model_size("small")


def test_parameter_groups_hold_each_trained_parameter_once() -> None:
    field = StsrInr(one_domain())
    groups = field.parameter_groups()
    grouped = [id(p) for group in groups.values() for p in group]
    assert sorted(grouped) == sorted(id(p) for p in field.parameters())
    assert all(min(p.shape) >= 32 for p in groups["matrices"])
    assert groups["latents"] == [field.embedding.mu]


def moving_blob(shape: tuple[int, int, int], n_steps: int) -> torch.Tensor:
    z, y, x = torch.meshgrid(*(torch.linspace(0, 1, n) for n in shape), indexing="ij")
    steps = []
    for t in torch.linspace(0.25, 0.75, n_steps):
        steps.append(torch.exp(-((x - t) ** 2 + (y - 0.5) ** 2 + (z - 1 + t) ** 2) / 0.045))
    values = torch.stack(steps)
    return 2 * (values - values.min()) / (values.max() - values.min()) - 1


def train(field: StsrInr, samples: list[torch.Tensor], n_epochs: int) -> None:
    """Full batches and one penalty step per epoch, as plain as can be."""
    groups = field.parameter_groups()
    network = torch.optim.Adam(groups["matrices"] + groups["others"], lr=1e-3)
    latents = torch.optim.Adam(groups["latents"], lr=1e-3)
    generator = torch.Generator().manual_seed(0)
    batches = []
    for i, values in enumerate(samples):
        rows = field.rows(i, values)
        batches.append(rows.batch(torch.arange(len(rows))))
    for _ in range(n_epochs):
        for i, batch in enumerate(batches):
            network.zero_grad()
            latents.zero_grad()
            field.loss(i, *batch, generator).backward()
            latents.step()
            network.step()
        latents.zero_grad()
        penalty = field.epoch_penalty()
        assert penalty is not None
        penalty.backward()
        latents.step()


def kept_psnr(field: StsrInr, name: str, samples: torch.Tensor) -> float:
    domain = field.domain.variable(name)
    values = evaluate(field, domain.grid, domain.times, name, device="cpu")
    error = np.mean((values - samples.numpy()) ** 2, dtype=np.float64)
    return 20 * math.log10(float(samples.max() - samples.min())) - 10 * math.log10(error)


def test_training_a_moving_blob_gains_more_than_eight_decibels() -> None:
    samples = moving_blob((16, 16, 16), 9)[::2, ::2, ::2, ::2].contiguous()
    field = StsrInr(Domain([variable("a", (16, 16, 16), 2, 9)]), depth=1, widths=(8, 16, 32))
    before, start = kept_psnr(field, "a", samples), field.latent("a").detach().clone()
    train(field, [samples], 200)
    assert kept_psnr(field, "a", samples) - before > 8
    assert not torch.equal(field.latent("a"), start)
    assert torch.all(field.embedding.log_variance == 1e-3)


def test_joint_training_of_different_shapes() -> None:
    domain = Domain([variable("a", (16, 16, 16), 2, 9), variable("b", (9, 10, 11), 1, 7, gap=2)])
    samples = [
        moving_blob((16, 16, 16), 9)[::2, ::2, ::2, ::2].contiguous(),
        moving_blob((9, 10, 11), 7)[::3].contiguous(),
    ]
    field = StsrInr(domain, depth=1, widths=(8, 16, 32))
    before = [kept_psnr(field, name, s) for name, s in zip(domain.names, samples, strict=True)]
    train(field, samples, 40)
    after = [kept_psnr(field, name, s) for name, s in zip(domain.names, samples, strict=True)]
    assert all(b - a > 2 for a, b in zip(before, after, strict=True)), (before, after)
