"""Positional encoding, quantisation and rate: facts 3 to 7 of FCNR, and the tables of whole numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from stsr_core.imagecodec.bitstream.scale_tables import N_SCALES, TOTAL, indices_of, scale, table
from stsr_core.imagecodec.network.laplace import Laplace, at_least, bits, noisy, quantised, straight_through
from stsr_core.imagecodec.network.positional import encoded, released_order

#: Fact 3: (sin, cos) of 1.25ⁱ·π/2.
HALF = [
    (1, 0),
    (0.923880, -0.382683),
    (0.634393, -0.773010),
    (0.073565, -0.997290),
    (-0.639124, -0.769103),
    (-0.996697, 0.081211),
    (-0.286980, 0.957937),
    (0.934537, 0.355866),
]


def test_fact_3_positional_encoding() -> None:
    one = encoded(torch.tensor([[0.5]], dtype=torch.float64))
    np.testing.assert_allclose(one.numpy().reshape(8, 2), HALF, atol=5e-7)
    np.testing.assert_allclose(encoded(torch.zeros(1, 1)).numpy().reshape(8, 2), [(0, 1)] * 8)
    assert encoded(torch.zeros(2, 3)).shape == (2, 48)


def test_fact_4_the_order_of_the_released_program() -> None:
    code = encoded(torch.tensor([[0.5, 0.25, 1.0]], dtype=torch.float64))[:, released_order()]
    np.testing.assert_allclose(code[0, :6], [1, 0.707107, 0, 0, 0.707107, -1], atol=5e-7)
    assert sorted(released_order().tolist()) == list(range(48))


@pytest.mark.parametrize(
    ("away", "b", "expected"),
    [
        (0, 1, 1.345677),
        (1, 1, 2.383076),
        (2, 1, 3.825771),
        (1.5, 0.7, 3.456259),
        (0, 0.05, 0.009754),
        (40, 0.1, 29.897353),
    ],
)
def test_fact_5_bits(away: float, b: float, expected: float) -> None:
    location = 0.3
    laplace = Laplace(torch.tensor([location], dtype=torch.float64), torch.tensor([b], dtype=torch.float64))
    symbol = torch.tensor([location + away], dtype=torch.float64)
    assert float(bits(symbol, laplace)) == pytest.approx(expected, abs=6e-7)


def test_fact_5_probabilities_of_whole_numbers() -> None:
    q = torch.arange(-60, 61, dtype=torch.float64)
    cost = bits(q, Laplace(torch.zeros(121, dtype=torch.float64), torch.ones(121, dtype=torch.float64)))
    p = 2**-cost
    assert float(p[60]) == pytest.approx(0.393469, abs=5e-7)
    for k in (1, 2, 5):
        assert float(p[60 + k]) == pytest.approx(0.521095 * math.exp(-k), rel=2e-6)
    inside = cost < 29  # what the floor of the likelihood does not touch
    assert float((p * cost)[inside].sum()) == pytest.approx(2.484143, abs=2e-6)


def test_fact_6_the_quantiser() -> None:
    s, location = torch.tensor([0.2, 1.7, -0.6]), torch.tensor([0.1, 0.4, -0.3])
    torch.testing.assert_close(quantised(s, location), torch.tensor([0.1, 1.4, -0.3]))
    s.requires_grad_()
    taken = straight_through(s, location)
    torch.testing.assert_close(taken.detach(), quantised(s.detach(), location))
    taken.sum().backward()
    assert s.grad.tolist() == [1, 1, 1]
    shaken = noisy(torch.zeros(1000)).abs()
    assert shaken.max() <= 0.5 and shaken.max() > 0.45


def test_halves_are_rounded_to_the_even_number() -> None:
    assert quantised(torch.tensor([0.5, 1.5, -0.5]), torch.zeros(3)).tolist() == [0, 2, 0]


def test_fact_7_the_lower_bound() -> None:
    for upstream, expected in ((1.0, 0.0), (-1.0, -1.0)):
        x = torch.tensor([0.05], requires_grad=True)
        out = at_least(x, 0.1)
        assert float(out.detach()) == pytest.approx(0.1)
        out.backward(torch.tensor([upstream]))
        assert float(x.grad) == expected
    x = torch.tensor([0.5], requires_grad=True)
    at_least(x, 0.1).backward(torch.tensor([1.0]))
    assert float(x.grad) == 1


def test_tables_are_those_of_the_laplace_distribution() -> None:
    for index in range(N_SCALES):
        half_width, counts = table(index)
        b = scale(index)
        assert counts.sum() == TOTAL and counts.min() >= 1
        assert len(counts) == 2 * half_width + 2
        inside = counts[:-1]
        assert (inside == inside[::-1]).all()
        assert math.exp(-(half_width + 0.5) / b) < 2**-14
        assert half_width == 1 or math.exp(-(half_width - 0.5) / b) >= 2**-14
        # Bits lost by rounding the probabilities, beside the entropy: a thousandth.
        k = np.abs(np.arange(-half_width, half_width + 1))
        p = np.where(k == 0, -np.expm1(-0.5 / b), np.sinh(0.5 / b) * np.exp(-k / b))
        lost = (p * np.log2(p / (inside / TOTAL))).sum()
        assert lost < 1e-4 - 1e-3 * (p * np.log2(np.maximum(p, 1e-300))).sum(), (index, lost)


def test_the_table_of_a_scale_is_the_nearest_in_the_logarithm() -> None:
    scales = np.array([scale(i) for i in range(N_SCALES)])
    assert indices_of(scales).tolist() == list(range(N_SCALES))
    ratio = (64 / 0.02) ** (1 / (2 * (N_SCALES - 1)))
    assert indices_of(scales[:-1] * ratio * 1.0001).tolist() == list(range(1, N_SCALES))
    assert indices_of(scales[1:] / ratio * 1.0001).tolist() == list(range(1, N_SCALES))
    assert indices_of(np.array([-3.0, 1e30])).tolist() == [0, N_SCALES - 1]
