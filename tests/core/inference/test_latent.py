"""Interpolation of latent vectors: numbers to check by hand, slerp in closed form, symmetry, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from models import small_siren

from stsr_core.coordinates import Domain
from stsr_core.fields import create
from stsr_core.inference import blended, evaluate
from stsr_core.inference.latent import interpolated, interpolated_latent, normalized_weights


def slerp(a, b, alpha):
    """Shoemake's formula for unit vectors."""
    theta = torch.arccos(a @ b)
    return (torch.sin((1 - alpha) * theta) * a + torch.sin(alpha * theta) * b) / torch.sin(theta)


def test_by_hand():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    assert interpolated_latent([a, b], [0.75, 0.25]).tolist() == [1.5, 1.0]
    # A third of a right angle is 30°, at the length (2·2 + 1·4)/3.
    third = interpolated_latent([a, b], [2, 1], "spherical")
    expected = [8 / 3 * math.cos(math.pi / 6), 8 / 3 * math.sin(math.pi / 6)]
    assert third.tolist() == pytest.approx(expected, abs=1e-6)
    assert third.dtype == torch.float32
    # The mean of the three axes is the diagonal.
    diagonal = interpolated_latent(torch.eye(3), [1, 1, 1], "spherical")
    assert diagonal.tolist() == pytest.approx([3**-0.5] * 3, abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.integers(0, 2**31))
def test_two_unit_vectors_follow_the_great_circle(alpha, seed):
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.nn.functional.normalize(torch.randn(2, 64, dtype=torch.float64, generator=generator))
    found = interpolated_latent([a, b], [1 - alpha, alpha], "spherical")
    torch.testing.assert_close(found, slerp(a, b, alpha), atol=1e-12, rtol=0)


@pytest.mark.parametrize("mode", ["linear", "spherical"])
def test_ends_order_and_scale_of_the_weights(mode):
    vectors = torch.randn(3, 16, dtype=torch.float64)
    for i in range(3):
        torch.testing.assert_close(interpolated_latent(vectors, np.eye(3)[i].tolist(), mode), vectors[i])
    weights = [0.2, 0.3, 0.5]
    found = interpolated_latent(vectors, weights, mode)
    torch.testing.assert_close(interpolated_latent(vectors.flip(0), weights[::-1], mode), found)
    torch.testing.assert_close(interpolated_latent(vectors, [2, 3, 5], mode), found)


def test_a_mean_on_the_sphere_rests():
    """The weighted logarithms at the mean cancel: that is what a minimum of the squared angles is."""
    directions = torch.nn.functional.normalize(torch.randn(4, 8, dtype=torch.float64).abs())
    weights = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    mean = interpolated_latent(directions, weights.tolist(), "spherical")
    along = directions @ mean
    across = directions - along[:, None] * mean
    pull = weights @ (torch.arccos(along) / across.norm(dim=1) * across.T).T
    assert pull.norm() < 1e-12
    assert mean.norm() == pytest.approx(1.0)


def test_what_is_refused():
    a = torch.tensor([1.0, 0.0])
    with pytest.raises(ValueError, match="only zeros"):
        normalized_weights([0.0, 0.0])
    with pytest.raises(ValueError, match="finite number >= 0, got -1"):
        normalized_weights([2.0, -1.0])
    with pytest.raises(ValueError, match="one weight per vector"):
        interpolated_latent([a, a], [1.0])
    with pytest.raises(ValueError, match="linear or spherical, got 'cubic'"):
        interpolated_latent([a], [1.0], "cubic")
    with pytest.raises(ValueError, match="length 0"):
        interpolated_latent([a, 0 * a], [1, 1], "spherical")
    for weights in ([1, 1], [3, 1]):
        with pytest.raises(ValueError, match="opposite"):
            interpolated_latent([a, -a], weights, "spherical")
    assert interpolated_latent([a, -a], [1, 0], "spherical").tolist() == [1.0, 0.0]


def test_between_variables_of_a_field():
    field = small_siren(("a", "b"))
    weights = {"a": 0.25, "b": 0.75}
    latent, normalization = interpolated(field, weights)
    own, expected, _ = blended(field, weights)
    torch.testing.assert_close(latent, own)
    assert normalization == expected
    arc, same = interpolated(field, {"a": 1, "b": 3}, "spherical")
    assert same == expected
    assert not torch.allclose(arc, latent)
    grid, times = field.domain[0].grid, [12.5]
    values = [evaluate(field, grid, times, weights, latent=x, device="cpu") for x in (latent, arc)]
    np.testing.assert_allclose(values[0], evaluate(field, grid, times, weights, device="cpu"), atol=1e-6)
    assert not np.allclose(values[0], values[1])


def test_a_kind_without_latent_vectors_has_no_sphere():
    domain: Domain = small_siren(("a", "b")).domain
    field = create("coordnet", domain)
    with pytest.raises(ValueError, match="a coordnet model does not have; choose linear"):
        interpolated(field, {"a": 1, "b": 1}, "spherical")
    assert interpolated(field, {"a": 1, "b": 3})[0].tolist() == [0.25, 0.75]
