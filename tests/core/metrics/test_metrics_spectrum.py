"""RAPSD against closed forms (fact 14 of the specification of homogenization)."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.metrics import radial_power


def test_fact_14_a_constant_and_a_wave() -> None:
    np.testing.assert_allclose(radial_power(np.full((16, 16), 2.0)), [1024] + [0] * 8, atol=1e-9)
    wave = np.cos(2 * np.pi * 3 * np.arange(16) / 16) * np.ones((16, 1))
    # 2 of the 16 wave numbers of ring 3 have the power 64 each.
    np.testing.assert_allclose(radial_power(wave), [0, 0, 0, 8, 0, 0, 0, 0, 0], atol=1e-9)


def test_fact_14_rings() -> None:
    assert len(radial_power(np.zeros((33, 33)))) == 17
    k = np.fft.fftfreq(16, 1 / 16)
    ring = np.rint(np.hypot(k[:, None], k)).astype(int)
    assert np.bincount(ring.ravel())[:9].tolist() == [1, 8, 12, 16, 32, 28, 40, 40, 38]
    # One wave number alone: its power over the population of its ring.
    for y, x in ((0, 5), (4, 4), (-3, 2)):
        image = np.fft.ifft2(np.where((k[:, None] == y) & (k == x), 16.0, 0)).real
        spectrum = radial_power(image)
        assert np.flatnonzero(spectrum > 1e-12).tolist() == [ring[y, x]]


def test_white_noise_is_flat() -> None:
    spectrum = radial_power(np.random.default_rng(0).standard_normal((128, 128)))
    np.testing.assert_allclose(spectrum[20:].mean(), 1, atol=0.02)


@pytest.mark.parametrize(
    ("image", "text"), [(np.zeros((2, 3)), "a square"), (np.full((2, 2), np.nan), "finite")]
)
def test_bad_images(image: np.ndarray, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        radial_power(image)
