"""The parts of SpatimeINR against closed forms; in brackets the acceptance facts of its specification."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from stsr_core.fields.spatime_inr import hypercube
from stsr_core.fields.spatime_inr.configuration import ENCODERS, configured
from stsr_core.fields.spatime_inr.encoder import Encoder
from stsr_core.fields.spatime_inr.encoding import encoded
from stsr_core.fields.spatime_inr.latents import HALO, LatentMap, encoded_in_tiles
from stsr_core.fields.spatime_inr.network import ColourNetwork
from stsr_core.fields.spatime_inr.rendering import rendered, weights

RADIUS, DENSITY = torch.tensor([0.25, 0.5, 1.0]), torch.tensor([1.0, 2.0, 0.5])
COLOUR = torch.tensor([0.2, 0.6, 1.0])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def n_parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("length", "expected"), [(128, 567_810), (32, 518_658), (64, 535_042), (256, 633_346)]
)
def test_the_network_has_the_published_size(length, expected):
    """[1]"""
    network = ColourNetwork(configured("paper", latent_length=length))
    assert n_parameters(network) == expected
    assert (network.layers[0].in_features, network.layers[4].in_features) == (80 + length, 336 + length)


@pytest.mark.parametrize(
    ("preset", "expected"), [("default", 322_864), ("rcan3d", 1_018_076), ("tiny", 85_472)]
)
def test_the_encoders_have_the_published_sizes(preset, expected):
    """[1]"""
    assert n_parameters(Encoder(15, 128, *ENCODERS[preset])) == expected


def test_the_encoding_of_a_place():
    """[2]"""
    place = torch.tensor([0.5, -0.25, 0.0, 1.0])
    code = encoded(place, 10)
    half = math.sqrt(0.5)
    first = [1, -half, 0, 0, 0, half, 1, -1, 0, -1, 0, 0, -1, 0, 1, 1]
    np.testing.assert_allclose(code[:16], first, atol=1e-6)
    assert code.shape == (80,)
    for axis in range(4):
        moved = place.clone()
        moved[axis] -= 2
        np.testing.assert_allclose(encoded(moved, 10), code, atol=2e-3)
        assert (encoded(moved, 10, 0.5) - encoded(place, 10, 0.5)).abs().max() > 1


def test_the_encoder_keeps_the_size_and_tells_frames_apart():
    """[3]"""
    torch.manual_seed(0)
    encoder = Encoder(3, 8, *ENCODERS["tiny"])
    frames = torch.randn(1, 3, 6, 5, 4)
    vectors = encoder(frames)
    assert vectors.shape == (1, 8, 6, 5, 4) and vectors.abs().max() < math.pi
    assert (encoder(frames[:, [1, 0, 2]]) - vectors).abs().max() > 1e-3
    with pytest.raises(ValueError, match="belongs to its number of frames: it was made for 3, got 4"):
        encoder(torch.randn(1, 4, 6, 5, 4))


@pytest.mark.parametrize(
    ("rendering", "expected", "total", "value"),
    [
        ("eq8_inclusive", [0.063161, 0.122454, 0.002465], 0.188080, 0.088570),
        ("eq8", [0.068223, 1.443952, 0.342806], 1.854981, 1.222822),
        ("eq34", [4.366298, 11.551618, 0.342806], 16.260721, 8.147036),
        ("quadrature", [0.074209, 0.847280, 0.077947], 0.999435, 0.601157),
    ],
)
def test_the_worked_example_of_every_rendering(rendering, expected, total, value):
    """[4]"""
    found = weights(RADIUS.double(), DENSITY.double(), rendering)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.sum().item() == pytest.approx(total, abs=1e-6)
    shown = rendered(RADIUS.double(), DENSITY.double(), COLOUR.double(), rendering)
    assert shown.item() == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("rendering", "expected"),
    [
        ("eq8", [0.389084, 0.916313, 0.994901, 1.002207]),
        ("eq8_inclusive", [0.388676, 0.912784, 0.989588, 0.9957]),
    ],
)
def test_many_samples_come_near_the_integral(rendering, expected):
    """[4] C = 1 − exp(−ωσ/4) for constant σ and c = 1."""
    radius = torch.arange(1000, dtype=torch.float64) / 1000
    for density, value in zip((0.1, 0.5, 1.0, 2.0), expected, strict=True):
        shown = weights(radius, torch.full_like(radius, density), rendering).sum().item()
        assert shown == pytest.approx(value, abs=1e-5)
        assert shown == pytest.approx(1 - math.exp(-(math.pi**2) * density / 2), abs=8e-3)


def test_quadrature_is_a_partition_of_what_is_not_lost():
    """[5]"""
    radius = hypercube.radii(hypercube.stratified(50, 2, generator())).double()
    density = 20 * torch.rand(radius.shape, generator=generator(), dtype=torch.float64)
    gaps = torch.cat([radius.diff(), radius.diff()[:, -1:]], dim=1)
    lost = torch.exp(-(2 * math.pi**2 * radius**3 * density * gaps).sum(1))
    total = weights(radius, density, "quadrature").sum(1)
    np.testing.assert_allclose(total, 1 - lost, atol=1e-12)
    assert total.min() >= 0 and total.max() <= 1 + 1e-12
    np.testing.assert_allclose(rendered(radius, density, torch.ones_like(radius), "quadrature"), total)


def test_eq8_is_dark_without_density_and_linear_in_colour():
    """[5] Samples are sorted before, so that their order does not matter."""
    assert weights(RADIUS, torch.zeros(3), "eq8").abs().max() == 0
    a, b = torch.rand(3, generator=generator()), torch.rand(3, generator=generator(1))
    both = rendered(RADIUS, DENSITY, 2 * a + b, "eq8")
    parts = 2 * rendered(RADIUS, DENSITY, a, "eq8") + rendered(RADIUS, DENSITY, b, "eq8")
    assert both.item() == pytest.approx(parts.item(), abs=1e-6)
    offsets = hypercube.stratified(3, 2, generator())
    shuffled = offsets[:, torch.randperm(16, generator=generator())]
    torch.testing.assert_close(hypercube.by_radius(shuffled), offsets)


@pytest.mark.parametrize("rendering", ["eq8", "eq8_inclusive", "quadrature"])
def test_samples_at_one_distance_give_nothing_and_never_come(rendering):
    """[6] The regular lattice of 2⁴ points: every distance is ½."""
    assert weights(torch.full((16,), 0.5), torch.ones(16), rendering).abs().max() == 0
    radius = hypercube.radii(hypercube.stratified(1000, 2, generator()))
    assert radius.diff(dim=1).min() > 0


def test_a_hypercube_has_one_sample_in_each_of_its_parts():
    """[7]"""
    offsets = hypercube.stratified(200, 2, generator())
    assert offsets.shape == (200, 16, 4) and offsets.abs().max() <= 0.5
    parts = ((offsets > 0) * torch.tensor([8, 4, 2, 1])).sum(-1).sort(dim=1).values
    assert (parts == torch.arange(16)).all()
    assert hypercube.radii(offsets).max() <= 1
    torch.testing.assert_close(hypercube.pattern(2), hypercube.pattern(2), rtol=0, atol=0)
    assert (offsets[0] - offsets[1]).abs().max() > 0.01
    assert hypercube.pattern(3).shape == (81, 4)


def test_half_the_diagonal_of_unit_cubes():
    """[8]"""
    assert hypercube.radii(torch.full((1, 4), 0.5)).item() == 1
    assert torch.full((3,), 0.5).norm().item() == pytest.approx(0.866025, abs=1e-6)


def test_the_second_stage_goes_where_the_first_has_its_weight():
    radius = torch.linspace(0.1, 1, 10).expand(4, -1)
    weight = torch.zeros(4, 10)
    weight[:, 4:6] = 1.0  # between 0.5 and 0.6, and half as much to the nodes beside
    offsets = hypercube.towards_weight(radius, weight, 200, generator())
    found = hypercube.radii(offsets)
    assert offsets.shape == (4, 200, 4)
    assert ((found > 0.399) & (found < 0.701)).float().mean() > 0.99
    assert ((found > 0.499) & (found < 0.601)).float().mean() == pytest.approx(0.5, abs=0.06)
    assert offsets.mean(dim=(0, 1)).norm() < 0.05
    fixed = hypercube.towards_weight(radius, weight, 8, None)
    torch.testing.assert_close(fixed, hypercube.towards_weight(radius, weight, 8, None), rtol=0, atol=0)
    torch.testing.assert_close(fixed[0], fixed[1])


def test_a_place_has_the_latent_vector_of_its_nearest_node():
    vectors = torch.arange(24.0).reshape(1, 2, 3, 4)
    latents = LatentMap(vectors, (-1, -1, -1), (2, 1, 2 / 3))
    places = torch.tensor([[-1.0, -1.0, -1.0], [1.0, 0.4, 1.0], [0.0, -0.5, 0.0], [-3.0, 9.0, 0.1]])
    # The third lies half-way on every axis: the lower node.
    assert latents.at(places).flatten().tolist() == [0, 12 + 4 + 3, 1, 8 + 2]
    between = LatentMap(vectors, (-1, -1, -1), (2, 1, 2 / 3), trilinear=True)
    assert between.at(places[:3]).flatten().tolist() == pytest.approx([0, 12 + 5.6 + 3, 6 + 2 + 1.5])


def test_tiles_of_the_encoder_agree_where_they_meet():
    """The attention sees a tile and no more; without it tiles would be exact to the reach of the halo."""
    torch.manual_seed(0)
    encoder = Encoder(2, 4, 4, 1, 1, 2)
    for group in encoder.groups:
        for block in group.blocks:
            torch.nn.init.zeros_(block.attention.excite.weight)
    frames = torch.randn(2, 50, 4, 4)
    assert HALO >= 5
    torch.testing.assert_close(
        encoded_in_tiles(encoder, frames, 4), encoder(frames[None])[0].detach(), atol=1e-5, rtol=0
    )


def test_latents_off_leaves_out_the_encoder_and_its_inputs():
    """[15]"""
    network = ColourNetwork(configured("paper", latent=False))
    assert network.layers[0].in_features == 80 and n_parameters(network) == 502_274


def test_a_calm_start_shows_the_mean_everywhere():
    network = ColourNetwork(configured("stable", latent=False))
    network.start_from(0.3)
    colour, density = network(2 * torch.rand(200, 4, generator=generator()) - 1, None)
    assert colour.mean().item() == pytest.approx(0.3, abs=0.05) and 1e-3 < colour.std() < 0.1
    assert density.min() > 1
