"""Inside ParaView: a tiny series is learned, upscaled at once, and mixed; a long run is stopped."""

from __future__ import annotations

import numpy as np
import pytest
from models import blob_series

from stsr_core.inference import evaluate
from stsr_core.inference.latent import interpolated
from stsr_core.kept import subsample
from stsr_core.model.checkpoint import load, read_header
from stsr_core.sampling import KeptSamples

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fit")


@pytest.fixture(scope="module")
def found(session, material, folder):
    """What fit_and_blend_session.py found."""
    return session("fit_and_blend_session.py", material.series, str(folder))


@pytest.fixture(scope="module")
def field(found, folder):
    """The model that ParaView learned."""
    return load(folder / "fit.stsr")


def test_the_model_is_that_of_the_kept_samples(found, folder):
    header = read_header(folder / "fit.stsr")
    kept = KeptSamples.read(blob_series(("a", "b")), 2, 3)
    assert header.data_hash == kept.data_hash
    assert [v.grid for v in header.domain] == [v.grid for v in kept.domain]
    assert [v.full_times for v in header.domain] == [v.full_times for v in kept.domain]
    assert found["ready"] == "ready to learn from 3 of 9 steps, 6 x 6 x 6 of 12 x 12 x 12 nodes"
    assert found["listed"] == [10.0, 14.0, 18.0]
    assert "dB on the kept samples after" in found["fit"]


def test_the_filter_behind_shows_it_at_once(found, field):
    grid = blob_series()["a"].grid
    expected = evaluate(field, grid, [11.3], "a", device="cpu")[0]
    least = field.domain.variable("a").normalization.low
    assert expected.min() < -0.1 < 0 < least < 1e-6, "below the data, which touches zero"
    shown = np.maximum(expected, np.float32(least))
    np.testing.assert_allclose(np.reshape(found["upscaled"], grid.shape), shown, atol=1e-5)


def test_another_time_does_not_learn_again(found):
    assert found["learned again"] is False
    names, extent, b = found["kept"]
    assert (names, extent) == (["a", "b"], [0, 5, 0, 5, 0, 5])
    # The kept step nearest to the time 13 is that of 14.
    expected = subsample(blob_series(("a", "b")), 2, 3)["b"].step(1)
    np.testing.assert_allclose(np.reshape(b, (6, 6, 6)), expected, rtol=1e-6)


def test_mixes_are_those_of_the_core(found, field):
    grid = field.domain[0].full_grid
    assert found["choices"] == ["(automatic)", "a", "b"]
    assert found["by default"] == ["'(automatic)'", "'(automatic)'"]
    for name, weights, way in (
        ("blend", {"a": 0.75, "b": 0.25}, "linear"),
        ("blend of the input", {"a": 0.75, "b": 0.25}, "linear"),
        ("arc", {"b": 0.75, "a": 0.25}, "spherical"),  # Second is the one after First
    ):
        latent, _ = interpolated(field, weights, way)
        expected = evaluate(field, grid, [11.3], weights, latent=latent, device="cpu")[0]
        least = sum(w * field.domain.variable(n).normalization.low for n, w in weights.items())
        shown = np.maximum(expected, np.float32(least))
        np.testing.assert_allclose(np.reshape(found[name], grid.shape), shown, atol=1e-5)
    assert found["blend status"].startswith("a 0.75 + b 0.25: 12 x 12 x 12 nodes at t = 11.3 ")
    assert "the weights sum to 4, not 1; each was divided by 4" in found["weights status"]
    listed, status = found["sweep"]
    assert listed == [0.0, 0.5, 1.0]
    assert status.startswith(
        "a 0.50 + b 0.50 (spherical): 12 x 12 x 12 nodes at position 0.5, simulation time 12.5 in"
    )
    assert found["sweep range"] == [0.0, 1.0]


def test_failures_reach_the_script(found):
    assert found["one member"] == "a sweep needs two or more members, got a"
    assert found["no such member"] == "the model has no member 'c'; it has a, b"
    assert (
        "fit.stsr exists and is not this model; choose another file, or tick Overwrite"
        in (found["other settings"])
    )
    assert "must be image data (a uniform grid), got vtkPolyData" in found["wrong input"]


def test_a_stopped_run_leaves_a_usable_model(found):
    assert "stopped early" in found["stopped"]
    assert "can be used as it is" in found["stopped"]
    assert any("read step 3 of 3" in text for text in found["texts"])
    assert "loss" in found["texts"][-1]
    assert "left" in found["texts"][-1]
    assert found["usable"].startswith("a, b: 12 x 12 x 12 nodes at t = 12 in")
    assert found["after a new time"] == found["stopped"]
    assert found["steps"][1] > found["steps"][0], "Continue Learning goes on where it was"
