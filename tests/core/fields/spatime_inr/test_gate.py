"""What holds the profile fast to splines: shares of the network by a rehearsal on the kept samples alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stsr_core.datasets import roaming_ball, turning_ellipsoid
from stsr_core.fields import KINDS, create
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.model.summary import describe
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit, resume
from stsr_core.training.spatime_inr.gate import rehearsed_shares

SMALL = {"width": 24, "depth": 2, "rehearsal_steps": 60}
RECIPE = replace(KINDS["spatime_inr"].recipe, minutes=None, epochs=40, batch_rows=512)


def standing_waves() -> VolumeSeries:
    """What a spline resolves at once, and a network that is slow in space after many steps."""
    z, y, x = np.meshgrid(*[np.sin(np.linspace(0, 6 * np.pi, 33))] * 3, indexing="ij")
    return VolumeSeries.from_arrays({"a": np.repeat((z * y * x).astype(np.float32)[None], 5, axis=0)})


def after(n: int):
    asked = []
    return lambda: asked.append(None) or len(asked) >= n


def test_values_are_a_blend_of_splines_and_network():
    kept = KeptSamples.read(roaming_ball(6, 5), 1, 1)
    field = create("spatime_inr", kept.domain, SMALL).eval()
    field.splines.fill(kept.values)
    v = kept.domain[0]
    times = np.linspace(*v.times[:: len(v.times) - 1], 4)

    def shown(share):
        field.shares.fill_(share)
        return evaluate(field, v.full_grid, times, v.name, device="cpu")

    held, alone = shown(0.0), shown(1.0)
    np.testing.assert_allclose(shown(0.25), 0.75 * held + 0.25 * alone, atol=1e-3)
    torch_alone = create("spatime_inr", kept.domain, {**SMALL, "rehearsal_steps": 0})
    torch_alone.sine.load_state_dict(field.sine.state_dict())
    np.testing.assert_array_equal(alone, evaluate(torch_alone, v.full_grid, times, v.name, device="cpu"))


def test_two_variables_blend_what_is_shown_of_each():
    """Half-way between them: the mean of what is shown of each, bent by the network as it bends its own."""
    a, b = roaming_ball(6, 5), turning_ellipsoid(6, 5)
    kept = KeptSamples.read(VolumeSeries((*a, *b)), 1, 1)
    field = create("spatime_inr", kept.domain, SMALL).eval()
    field.splines.fill(kept.values)
    field.shares.copy_(torch.tensor([0.0, 0.5]))
    assert field.places == 2 and len(field.latent("roaming_ball")) == 2 + 16
    with torch.inference_mode():
        axes = tuple(torch.linspace(-1, 1, n) for n in (3, 4, 4, 4))
        latents = [field.latent(name) for name in kept.domain.names]
        shown = [field.sampler(latent)(axes) for latent in latents]
        said = [field.sine.sampler(latent[2:])(axes) for latent in latents]
        mixed = 0.5 * (latents[0] + latents[1])
        expected = field.sine.sampler(mixed[2:])(axes)
        expected += 0.5 * (shown[0] - said[0]) + 0.5 * (shown[1] - said[1])
        torch.testing.assert_close(field.sampler(mixed)(axes), expected, rtol=0, atol=1e-5)


def test_waves_are_left_to_the_splines_and_a_body_to_the_network():
    entries = {"width": 64, "depth": 3, "rehearsal_steps": 200}
    for data, least, most in ((standing_waves(), 0.0, 0.1), (roaming_ball(16, 5), 0.2, 1.0)):
        kept = KeptSamples.read(data, 1, 0)
        torch.manual_seed(0)
        field = create("spatime_inr", kept.domain, entries)
        field.splines.fill(kept.values)
        found = rehearsed_shares(field, kept.values, RECIPE, 0)
        assert least <= found[0].network <= most, data.names


def test_two_kept_frames_are_shown_as_splines_and_a_finished_run_says_its_share(tmp_path):
    ball = roaming_ball(8, 7)
    told = {"field": "spatime_inr", "configuration": SMALL, "device": "cpu", "recipe": RECIPE}
    two = fit(ball, temporal_gap=5, **told)
    linear = fit(ball, field="tricubic_linear", temporal_gap=5, device="cpu")
    v = two.domain[0]
    found = [evaluate(f, v.full_grid, v.full_times, v.name, device="cpu") for f in (two, linear)]
    np.testing.assert_allclose(*found, atol=1e-3)
    fit(ball, tmp_path / "m.stsr", temporal_gap=1, **told)
    header = checkpoint.read_header(tmp_path / "m.stsr")
    row = header.history[-1]["chosen"][0]
    assert row["network"] > 0 and not row.get("cut_short")
    assert checkpoint.load(tmp_path / "m.stsr").shares.tolist() == pytest.approx([row["network"]])
    assert f"{row['network']:.0%} of the network, the rest " in describe(header)


def test_a_network_without_time_to_learn_is_not_shown(tmp_path):
    ball = roaming_ball(12, 5)
    hasty = replace(RECIPE, epochs=1, batch_rows=1 << 14)
    told = {"field": "spatime_inr", "configuration": SMALL, "device": "cpu", "recipe": hasty}
    field = fit(ball, tmp_path / "m.stsr", temporal_gap=0, **told)
    row = checkpoint.read_header(tmp_path / "m.stsr").history[-1]["chosen"][0]
    assert row["cut_short"] and field.shares.tolist() == [0.0]
    assert "had too little time to learn" in describe(checkpoint.read_header(tmp_path / "m.stsr"))


def test_a_run_that_was_stopped_shows_splines_and_takes_its_share_at_the_end(tmp_path):
    ball, path = roaming_ball(8, 5), tmp_path / "m.stsr"
    told = {"field": "spatime_inr", "configuration": SMALL, "device": "cpu", "recipe": RECIPE}
    whole = fit(ball, **told)
    for n in (1, 2, 100):  # while splines are solved for, while it rehearses, while it learns
        fit(ball, path, overwrite=True, should_stop=after(n), **told)
        assert checkpoint.load(path).shares.tolist() == [0.0]
        resumed = resume(path, ball, device="cpu")
        torch.testing.assert_close(resumed.shares, whole.shares)
        assert resumed.shares.item() > 0
