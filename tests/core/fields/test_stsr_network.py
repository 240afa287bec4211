"""The network of STSR-INR: sizes, ranges and starts of the specification."""

from __future__ import annotations

import math

import pytest
import torch
from stsr_domains import SMALL, one_domain

from stsr_core.fields.stsr_inr import StsrInr
from stsr_core.fields.stsr_inr.network import ResidualBlock, StsrNetwork


def n_parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_parameter_counts() -> None:
    network = StsrNetwork()
    assert n_parameters(network.modulator) == 715_712
    assert n_parameters(network.synthesis) == 699_584
    assert n_parameters(network.heads[0]) == 345_537 == 2 * 172_736 + 65
    assert n_parameters(network) == 4_179_592
    assert len(network.state_dict()) == 196


@pytest.mark.parametrize(
    ("heads", "depth", "expected"),
    [(1, 5, 1_760_833), (4, 5, 2_797_444), (16, 5, 6_943_888), (8, 0, 2_863_752), (8, 10, 5_495_432)],
)
def test_parameter_counts_of_variants(heads: int, depth: int, expected: int) -> None:
    with torch.device("meta"):
        assert n_parameters(StsrNetwork(heads, depth=depth)) == expected


def test_parameter_counts_of_many_heads() -> None:
    with torch.device("meta"):
        bodies, head = 1_415_296, n_parameters(StsrNetwork(1)) - 1_415_296
    assert [bodies + k * head for k in (64, 512)] == [23_529_664, 178_330_240]


def test_one_value_per_row_and_head_inside_minus_one_and_one() -> None:
    values = StsrNetwork()(torch.rand(6, 4) * 2 - 1, torch.randn(6, 256))
    assert values.shape == (6, 8)
    assert values.abs().max() < 1


def test_zero_weights_give_zero() -> None:
    network = StsrNetwork(2, 8, (8, 16, 32), 1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    assert torch.all(network(torch.rand(5, 4), torch.randn(5, 8)) == 0)


def test_a_residual_block_of_zero_weights_halves_its_input() -> None:
    block = ResidualBlock(8, 30.0)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
    x = torch.randn(3, 8)
    assert torch.equal(block(x), x / 2)


def test_activations_stay_inside_minus_one_and_one() -> None:
    network = StsrNetwork(2)
    modulations = network.modulations(100 * torch.randn(20, 256))
    activations = [*modulations.body, *(m for head in modulations.heads for m in head)]
    h = network.synthesis[0](torch.rand(20, 4) * 2 - 1)
    for stage, modulation in zip(network.synthesis[1:], modulations.body, strict=False):
        h = stage(h * modulation)
        activations.append(h)
    for stage, modulation in zip(network.heads[0].synthesis, modulations.heads[0], strict=False):
        h = stage(h * modulation)
        activations.append(h)
    assert max(float(a.detach().abs().max()) for a in activations) <= 1


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("synthesis.0.linear", 0.244949),
        ("modulator.0.linear", 0.030619),
        ("modulator.1.linear", 0.061237),
        ("synthesis.2.linear", 0.043301),
        ("synthesis.3.layers.0.linear", 0.005103),
        ("heads.0.modulator.1.linear", math.sqrt(6 / 256) / 30),
    ],
)
def test_start_of_the_sine_layers(name: str, bound: float) -> None:
    weight = StsrNetwork().get_submodule(name).weight.detach()
    assert weight.abs().max() <= bound * 1.00001
    assert weight.abs().max() > bound * 0.97
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)


def test_frequency_factors_of_the_profiles_reach_every_layer() -> None:
    def omegas(profile: str) -> dict[str, float]:
        field = StsrInr(one_domain(), profile=profile)
        return {n: m.omega for n, m in field.network.named_modules() if hasattr(m, "omega")}

    released = omegas("released")
    first = {f"{body}.{i}" for body in ("modulator", "synthesis") for i in range(3)}
    assert {name for name, omega in released.items() if omega == 5} == first
    assert all(omega == 30 for name, omega in released.items() if name not in first)
    assert set(omegas("paper").values()) == {5.0}


def test_every_parameter_gets_a_gradient() -> None:
    field = StsrInr(one_domain(), **SMALL)
    rows = field.rows(0, torch.rand(3, 4, 4, 4))
    field.loss(0, *rows.batch(torch.arange(len(rows))), torch.Generator()).backward()
    assert all(p.grad is not None and torch.any(p.grad != 0) for p in field.parameters())
    assert field.embedding.log_variance.grad is None
