"""ArSSR and SAINT: finer frames of the kept ones, each by itself; learned from the kept frames alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stsr_core.datasets import roaming_ball
from stsr_core.fields import KINDS, create
from stsr_core.fields.arssr import Decoder
from stsr_core.fields.saint import SaintConfig, SliceNetwork
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.measuring.comparison import compare
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import arssr as learning_arssr
from stsr_core.training import fit, resume
from stsr_core.training import saint as learning_saint

SMALL = {
    "arssr": {"channels": 8, "blocks": 1, "layers": 2, "features": 8, "width": 16, "crop": 5, "places": 200},
    "saint": {"channels": 8, "blocks": 1, "layers": 2, "meta_width": 8, "crop": 6},
}
FEW = {kind: replace(KINDS[kind].recipe, minutes=None, epochs=1) for kind in SMALL}


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def data(shape=(3, 6, 7, 9), names=("a",)) -> VolumeSeries:
    draw = np.random.default_rng(0)
    return VolumeSeries.from_arrays({name: draw.random(shape).astype(np.float32) for name in names})


def made(kind, kept):
    """A field whose weights are none of those that it starts from, where it adds nothing."""
    torch.manual_seed(0)
    field = create(kind, kept.domain, SMALL[kind])
    with torch.no_grad():
        for parameter in field.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator()))
    field.frames.take(kept.values)
    return field.eval()


def after(n: int):
    asked = []
    return lambda: asked.append(None) or len(asked) >= n


def test_the_published_sizes():
    """131 inputs, four layers of 256 in each of two stages."""
    assert sum(p.numel() for p in Decoder(131, 256, 4).parameters()) == 364_676
    kept = KeptSamples.read(data(), 1, 0)
    published = {"channels": 64, "blocks": 8, "layers": 3, "features": 128, "width": 256}
    with torch.device("meta"):
        field = create("arssr", kept.domain, published)
        blocks = 8 * (27 * 64 * (64 + 128 + 192) + 3 * 64 + 256 * 64 + 64)
        around = 27 * 64 + 64 + 2 * (27 * 64 * 64 + 64) + 512 * 64 + 64 + 27 * 64 * 128 + 128
        assert sum(p.numel() for p in field.encoder.parameters()) == blocks + around


@pytest.mark.parametrize("kind", SMALL)
def test_any_size_can_be_asked_and_tiles_change_nothing(kind):
    kept = KeptSamples.read(data(), 2, 1)
    field = made(kind, kept)
    grid, times = Grid((9, 11, 17), spacing=(0.625, 0.6, 0.5)), np.linspace(0, 2, 5)
    whole = evaluate(field, grid, times, "a", device="cpu")
    assert whole.shape == (5, 9, 11, 17) and whole.dtype == np.float32
    np.testing.assert_array_equal(whole, evaluate(field, grid, times, "a", device="cpu"))
    np.testing.assert_allclose(whole, evaluate(field, grid, times, "a", device="cpu", tile=100), atol=1e-5)
    first, last = whole[0], whole[-1]
    np.testing.assert_allclose(whole[1], 0.75 * first + 0.25 * last, atol=1e-5)
    assert np.abs(first - last).max() > 0.01


def test_features_do_not_depend_on_the_tiles_that_they_are_made_in(monkeypatch):
    kept = KeptSamples.read(data((1, 16, 17, 18)), 1, 0)
    field = made("arssr", kept)
    grid = kept.domain[0].grid.refined(2)
    whole = evaluate(field, grid, [0.0], "a", device="cpu")
    monkeypatch.setattr("stsr_core.fields.spatime_inr.latents.TILE", 5)
    field.frames.forget()
    np.testing.assert_allclose(whole, evaluate(field, grid, [0.0], "a", device="cpu"), atol=1e-5)


def test_a_box_begins_and_ends_on_coarse_nodes():
    frame = torch.arange(6 * 20 * 50.0).view(6, 20, 50)
    for seed in range(20):
        box, scale = learning_arssr.drawn_box(frame, 4, torch.Generator().manual_seed(seed))
        assert scale in (2, 3, 4) and all((n - 1) % scale == 0 for n in box.shape)
        assert max((n - 1) // scale + 1 for n in box.shape) <= 4
        box = learning_saint.drawn_box(frame, 2, (2, 2, 3), 4, torch.Generator().manual_seed(seed))
        assert box.shape[2] == 10 and (box.diff(dim=2) == 1).all()
        assert set((box.diff(dim=1) / 50).unique().tolist()) <= {1.0, 2.0}


def test_saint_begins_as_linear_interpolation_and_hands_known_rows_on():
    network = SliceNetwork(SaintConfig(channels=4, blocks=1, layers=1))
    volume = torch.rand(4, 5, 6, generator=generator())
    for axis in range(3):
        one, two, fused = network(volume, axis, 3)
        assert fused.shape[axis] == 3 * (volume.shape[axis] - 1) + 1
        a, b = volume.movedim(axis, 0)[:-1], volume.movedim(axis, 0)[1:]
        for found in (one, two, fused):
            rows = found.movedim(axis, 0)
            torch.testing.assert_close(rows[1::3], torch.lerp(a, b, 1 / 3))
            torch.testing.assert_close(rows[::3], volume.movedim(axis, 0), rtol=0, atol=0)


def test_saint_keeps_kept_samples_whatever_it_has_learned():
    kept = KeptSamples.read(data((3, 7, 7, 9)), 2, 1)
    shown = evaluate(made("saint", kept), kept.domain[0].grid, kept.domain[0].times, "a", device="cpu")
    truth = data((3, 7, 7, 9))["a"].array()[::2, ::2, ::2, ::2]
    np.testing.assert_allclose(shown, truth, atol=1e-5)


def test_every_weight_of_saint_learns():
    network = SliceNetwork(SaintConfig(channels=4, blocks=1, layers=2))
    with torch.no_grad():
        network.interpolator.meta[-1].weight.fill_(0.1)
        network.fusion[-1].weight.fill_(0.1)
    _, _, fused = network(torch.rand(4, 5, 6, generator=generator()), 1, 2)
    fused.sum().backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("kind", SMALL)
def test_a_stopped_run_goes_on_as_if_it_had_not_been(kind, tmp_path):
    told = {"field": kind, "configuration": SMALL[kind], "recipe": FEW[kind], "device": "cpu"}
    whole = fit(data(), tmp_path / "whole.stsr", should_stop=after(6), **told)
    fit(data(), tmp_path / "parts.stsr", should_stop=after(4), **told)
    parts = resume(tmp_path / "parts.stsr", data(), device="cpu", should_stop=after(2))
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    again = checkpoint.load(tmp_path / "parts.stsr")
    grid = data()["a"].grid
    np.testing.assert_array_equal(*(evaluate(f, grid, [0.5], "a", device="cpu") for f in (parts, again)))


@pytest.mark.parametrize("kind", SMALL)
def test_variables_share_a_network_and_can_be_weighed(kind):
    values = np.random.default_rng(1).random((2, 3, 6, 7, 9)).astype(np.float32)
    values[:, 0, 0, 0, :2] = 0, 1  # ranges of both, so that weights of values are weights of what is shown
    field = made(kind, KeptSamples.read(VolumeSeries.from_arrays(dict(zip("ab", values, strict=True))), 1, 0))
    grid = Grid((3, 3, 3))
    a, b, mixed = (
        evaluate(field, grid, [0.5], which, device="cpu") for which in ("a", "b", {"a": 0.25, "b": 0.75})
    )
    assert np.abs(a - b).max() > 1e-3
    np.testing.assert_allclose(mixed, 0.25 * a + 0.75 * b, atol=1e-5)


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("shape", [(1, 1, 6, 7), (2, 6, 1, 5)])
def test_a_single_image_flat_or_constant(kind, shape):
    flat = VolumeSeries.from_arrays({"a": np.full(shape, 7, np.uint16)})
    told = {"field": kind, "configuration": SMALL[kind], "recipe": FEW[kind], "device": "cpu"}
    field = fit(flat, should_stop=after(3), **told)
    shown = evaluate(field, flat["a"].grid, flat["a"].times, "a", device="cpu")
    assert shown.shape == shape and shown.dtype == np.uint16
    if kind == "saint":
        np.testing.assert_array_equal(shown, 7)


def test_saint_says_when_there_is_nothing_to_leave_out():
    with pytest.raises(ValueError, match=r"along one axis at least 3 must be kept, got \(2, 2, 2\) of a"):
        fit(data((2, 2, 2, 2)), field="saint")


@pytest.mark.parametrize("kind", SMALL)
def test_it_learns_to_be_finer(kind):
    """A ball, every second node kept: SAINT is better than what it starts from, ArSSR than the mean."""
    ball = roaming_ball(33, 2)
    told = {"field": kind, "configuration": SMALL[kind], "device": "cpu", "spatial_factor": 2}
    recipe = replace(FEW[kind], learning_rate=3e-3, warm_up=0.0, schedule="constant")
    fields = {"begun": fit(ball, recipe=replace(recipe, learning_rate=1e-12), should_stop=after(1), **told)}
    fields["learned"] = fit(ball, recipe=recipe, should_stop=after(150), **told)
    rows = {row.method: row for row in compare(ball, fields, spatial_factor=2, device="cpu").rows()}
    assert rows["learned"].kept > rows["begun"].kept + (3 if kind == "arssr" else 0.3)
