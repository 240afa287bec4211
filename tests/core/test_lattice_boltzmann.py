"""The lattice Boltzmann flow: mass, Poiseuille's profile, the wake's frequency, and the series made of it."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.datasets import half_cylinder, lattice_boltzmann
from stsr_core.datasets.lattice_boltzmann import INFLOW, Lattice, half_disc


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(lattice_boltzmann, "SPIN_UP", 0.5)
    return tmp_path / "stsr"


def test_populations_have_the_moments_they_are_made_of():
    flow = Lattice(np.zeros((1, 1, 1), bool), viscosity=0.1)
    found = (flow._moments @ flow._populations).numpy()
    np.testing.assert_allclose(found, np.eye(10, 16), atol=1e-6)


def test_mass_is_conserved_and_walls_hold_it():
    solid = np.ones((6, 16, 32), bool)
    solid[1:-1] = half_disc((16, 32))
    flow = Lattice(solid, viscosity=0.02)
    noise = np.random.default_rng(0).standard_normal((3, *solid.shape))
    flow.momentum = 0.02 * flow.tensor(noise) * flow.fluid
    for _ in range(50):
        flow.advance()
    assert float(flow.density.abs().max()) > 1e-4
    assert abs(float(flow.density.double().sum())) < 1e-5 * float(flow.fluid.sum())


def test_between_plates_the_profile_is_a_parabola():
    """u(z) = g/2ν · z (H − z) with walls half a node outside the fluid; eight nodes, H = 8."""
    solid = np.zeros((10, 3, 3), bool)
    solid[[0, -1]] = True
    viscosity, force = 0.1, 1e-5
    flow = Lattice(solid, viscosity, force=force)
    for _ in range(3000):
        flow.advance()
    z = np.arange(8) + 0.5
    found = flow.velocity()[2, 1:-1, 1, 1].numpy()
    np.testing.assert_allclose(found, force / (2 * viscosity) * z * (8 - z), rtol=0.02)


def test_vortices_leave_at_a_frequency_like_that_of_a_bluff_body():
    """f D/U: 0.16 to 0.2 of a body alone, up to half more where a row takes a quarter of the width."""
    flow = Lattice(half_disc((24, 48))[None], viscosity=INFLOW * 6 / 80, inflow=INFLOW)
    flow.momentum[1, ..., 24] += 0.1 * INFLOW
    across = []
    for _ in range(60 * 50):
        flow.advance()
        across.append(float(flow.momentum[1, 0, 12, 26]) / INFLOW)
    late = np.array(across[len(across) // 2 :])
    assert late.std() > 0.1
    late -= late.mean()
    n = 16 * len(late)
    spectrum = np.abs(np.fft.rfft(late * np.hanning(len(late)), n))
    assert 0.15 < spectrum.argmax() / n * 6 / INFLOW < 0.32


def test_the_series_is_computed_once_and_always_the_same(cache):
    seen = []
    series = half_cylinder((20, 40), (2, 16, 32), 3, on_progress=seen.append)
    assert series.names == ("Re 20", "Re 40") and seen[-1] == 1.0
    assert series.length_unit == "D" and series["Re 20"].grid.spacing == (0.25, 0.25, 0.25)
    np.testing.assert_allclose(series["Re 40"].times, [0, 0.2, 0.4])
    first = series["Re 40"].array()
    assert first.shape == (3, 2, 16, 32) and first.dtype == np.float32 and np.isfinite(first).all()
    assert np.all(first[:, :, half_disc((16, 32))] == 0)
    np.testing.assert_allclose(first[..., 0], 1, atol=1e-6)
    assert np.abs(first - series["Re 20"].array()).max() > 0.01
    files = sorted(cache.iterdir())
    again = half_cylinder(
        (20, 40), (2, 16, 32), 3, on_progress=lambda fraction: pytest.fail("computed again")
    )
    np.testing.assert_array_equal(again["Re 40"].array(), first)
    files[1].unlink()
    np.testing.assert_array_equal(half_cylinder((40,), (2, 16, 32), 3)["Re 40"].array(), first)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"shape": (8, 18, 64)},
            r"shape must be \(Z, Y, X\) with Y = 16, 20, 24, … and X >= 2 Y, got \(8, 18, 64\)",
        ),
        ({"n_steps": 0}, "n_steps must be >= 1, got 0"),
        ({"reynolds": (100, 200)}, r"reynolds must be numbers above 0 and at most 180, got \(100, 200\)"),
        ({"reynolds": ()}, "reynolds must be numbers above 0"),
    ],
)
def test_impossible_flows_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        half_cylinder(**arguments)
