"""The turbulent flow: incompressible, deterministic, computed once, and with the energy it is given."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.datasets import turbulence, vortex
from stsr_core.datasets.cache import cached_steps
from stsr_core.datasets.turbulence import VISCOSITY, _Flow


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(turbulence, "SPIN_UP", 3)
    return tmp_path / "stsr"


def divergence(flow):
    return float((flow._k * flow._u).sum(0).abs().max() / flow._u.abs().max())


def test_the_flow_is_incompressible_and_has_the_energy_it_is_given():
    flow = _Flow(16, 1.3, 0)
    velocity = np.fft.irfftn(flow._u.numpy(), s=(16, 16, 16), axes=(1, 2, 3))
    assert np.sqrt(np.mean(velocity**2)) == pytest.approx(1.3, rel=1e-5)
    low = float(flow._energy(flow._u, flow._forced))
    for _ in range(3):
        flow.advance()
    assert divergence(flow) < 1e-5
    assert float(flow._energy(flow._u, flow._forced)) == pytest.approx(low, rel=1e-4)


def test_without_what_stirs_it_a_wave_decays_by_viscosity():
    flow = _Flow(16, 1.0, 0)
    flow._u.zero_()
    flow._u[1, 0, 0, 4] = 1000.0  # u_y = cos(4x): it carries nothing, and only viscosity acts
    flow._forced[:] = False
    flow._low = flow._energy(flow._u, flow._forced)
    before = float(flow._u.abs().max())
    flow.advance()
    assert float(flow._u.abs().max()) == pytest.approx(before * np.exp(-VISCOSITY * 16 * 0.02), rel=1e-5)


def test_it_is_computed_once_and_always_the_same(cache):
    seen = []
    series = vortex(16, 3, every=2, on_progress=seen.append)["vortex"]
    assert seen[-1] == 1.0
    first = series.array()
    assert first.shape == (3, 16, 16, 16) and first.dtype == np.float32
    assert np.all(first >= 0) and first.std() > 0.1
    (file,) = cache.iterdir()
    again = vortex(16, 3, every=2, on_progress=lambda fraction: pytest.fail("computed again"))
    np.testing.assert_array_equal(again["vortex"].array(), first)
    np.testing.assert_allclose(series.times, [0, 0.04, 0.08])
    file.write_bytes(b"damaged")
    np.testing.assert_array_equal(vortex(16, 3, every=2)["vortex"].array(), first)


def test_an_interrupted_computation_leaves_nothing(cache):
    def stops():
        yield np.zeros((2, 2, 2), np.float32)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_steps("broken", (2, 2, 2, 2), stops)
    assert not list(cache.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nodes": 15}, "nodes must be an even number >= 8, got 15"),
        ({"steps": 0}, "steps and every must be >= 1, got 0 and 5"),
        ({"rms": float("nan")}, "rms must be a finite number > 0, got nan"),
    ],
)
def test_impossible_flows_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        vortex(**arguments)
