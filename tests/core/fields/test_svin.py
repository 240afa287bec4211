"""SVIN: registration and a network that learns from three frames what lies between two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stsr_core.fields import KINDS, create
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit, resume
from stsr_core.training.svin import losses_of

SMALL = {"encoder": (4, 4), "decoder": (4, 4), "features": (2, 2), "refinement": (2, 2, 2)}
FEW = replace(KINDS["svin"].recipe, minutes=None, epochs=1)


def data(shape=(4, 5, 6, 7)) -> VolumeSeries:
    return VolumeSeries.from_arrays({"a": np.random.default_rng(0).random(shape).astype(np.float32)})


def after(n: int):
    asked = []
    return lambda: asked.append(None) or len(asked) >= n


def test_three_frames_teach_what_lies_between_and_two_only_how_they_move():
    kept = KeptSamples.read(data(), 1, 0)
    torch.manual_seed(0)
    field = create("svin", kept.domain, SMALL)
    frames = 0.5 * (kept.values[0][None] + 1)
    two, _ = losses_of(field, frames[:, :2], (0.0, 1.0), (1, 1, 1))
    three, error = losses_of(field, frames[:, :3], (0.0, 1.0, 2.0), (1, 1, 1))
    assert set(two) == {"registration", "smoothness"} and set(three) == {*two, "interpolation"}
    # Nothing moves at first, and nothing is mended: the middle frame is compared with the mean of the others.
    mean = 0.5 * (frames[0, 0] + frames[0, 2])
    assert three["interpolation"].item() == pytest.approx((mean - frames[0, 1]).abs().mean().item(), abs=1e-3)
    assert error.item() == pytest.approx(4 * (mean - frames[0, 1]).square().mean().item(), abs=1e-3)
    # Of three at uneven times, the nearer one counts more.
    uneven, _ = losses_of(field, frames[:, :3], (0.0, 1.0, 4.0), (1, 1, 1))
    mean = 0.75 * frames[0, 0] + 0.25 * frames[0, 2]
    assert uneven["interpolation"].item() == pytest.approx(
        (mean - frames[0, 1]).abs().mean().item(), abs=1e-3
    )
    sum(three.values()).backward()
    assert all(p.grad is not None for p in field.parameters())


def test_kept_samples_are_kept_and_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path):
    told = {"field": "svin", "configuration": SMALL, "recipe": FEW, "device": "cpu", "temporal_gap": 0}
    whole = fit(data(), tmp_path / "whole.stsr", should_stop=after(6), **told)
    fit(data(), tmp_path / "parts.stsr", should_stop=after(4), **told)
    parts = resume(tmp_path / "parts.stsr", data(), device="cpu", should_stop=after(2))
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    v = data()["a"]
    np.testing.assert_allclose(evaluate(parts, v.grid, v.times, "a", device="cpu"), v.array(), atol=1e-5)
    again = checkpoint.load(tmp_path / "parts.stsr")
    shown = [evaluate(f, v.grid.refined(2), [0.5, 1.25], "a", device="cpu") for f in (parts, again)]
    np.testing.assert_array_equal(*shown)


def test_two_kept_frames_are_enough_and_one_is_not():
    told = {"field": "svin", "configuration": SMALL, "recipe": FEW, "device": "cpu"}
    assert fit(data((2, 4, 1, 4)), should_stop=after(2), **told).kind == "svin"
    with pytest.raises(ValueError, match="svin registers two kept steps, so at least two must be kept"):
        fit(data((1, 4, 4, 4)), **told)


def test_entries_are_checked():
    kept = KeptSamples.read(data(), 1, 0)
    for name, value, words in (
        ("profile", "paper", "must be fast|must be one of fast"),
        ("interpolation", -1, "must be >= 0, got -1"),
        ("refinement", (2, 2), "must have at least 3 numbers"),
    ):
        with pytest.raises(ValueError, match=words):
            create("svin", kept.domain, {**SMALL, name: value})
