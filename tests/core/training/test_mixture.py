"""The mixture: what the network adds is what a rehearsal says, and nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from models import blob_series, moving_blob

from stsr_core.datasets import tornado
from stsr_core.fields.base import as_axes
from stsr_core.fields.mixture.detail import NetworkFrames, cautious_midpoints
from stsr_core.fields.mixture.errors import LEFT, fitted
from stsr_core.fields.mixture.field import Mixture
from stsr_core.fields.motion.errors import SHARE_ANYWHERE
from stsr_core.fields.motion.upsampling import FineFrames
from stsr_core.inference import evaluate
from stsr_core.inference.beside import evaluate_beside
from stsr_core.model import checkpoint, container
from stsr_core.model.summary import chosen_texts
from stsr_core.request.extras import Quantity
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import RECIPES, fit, resume
from stsr_core.training.mixture.rehearse import bounded_shares

SMALL = {"network": {"width": 64, "depth": 3, "latent_length": 4}, "rehearsal_steps": 200}
QUICK = replace(RECIPES["mixture"], minutes=None, epochs=2, batch_rows=1024)
KEPT = {"spatial_factor": 2, "temporal_gap": 1}


def learn(series, output=None, **options):
    settings = {"recipe": QUICK, "configuration": SMALL, "device": "cpu", **KEPT, **options}
    return fit(series, output, field="mixture", **settings)


def whirl():
    """Surfaces where the value jumps, which a spline smears and a network finds."""
    return tornado(24, 9, name="a")


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)
    kept = KeptSamples.read(blob_series(("a", "b")), 2, 1)
    mixture = Mixture(kept.domain, **SMALL)
    mixture.motion.fill(kept.values)
    torch.nn.init.normal_(mixture.network.shifts[0].weight, std=0.5)
    return mixture.eval()


def at(field, times, variable="a", scale=1.0):
    grid = field.domain.variable("a").full_grid.refined(scale)
    return evaluate(field, grid, times, variable, device="cpu")


def test_none_of_it_is_motion_and_a_part_lies_between(untrained):
    untrained.shares.zero_()
    base = at(untrained, [11.3])
    np.testing.assert_allclose(base, at(untrained.motion, [11.3]), atol=1e-5)
    parts = []
    for k in range(2):
        untrained.shares.zero_()
        untrained.shares[0, k] = 1.0
        parts.append(at(untrained, [11.3]) - base)
    untrained.shares[0] = torch.tensor([0.5, 0.25])
    np.testing.assert_allclose(at(untrained, [11.3]) - base, 0.5 * parts[0] + 0.25 * parts[1], atol=1e-5)


def test_whatever_the_shares_kept_samples_are_kept(untrained):
    untrained.shares[:] = torch.tensor([1.0, 0.6])
    truth = blob_series(("a", "b"))["a"].array()[::2, ::2, ::2, ::2]
    found = at(untrained, 10 + np.arange(0.0, 9.0, 2.0))[:, ::2, ::2, ::2]
    np.testing.assert_allclose(found, truth, atol=2e-5 * np.abs(truth).max())


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_tiles_change_nothing(untrained, scale):
    untrained.shares[:] = torch.tensor([0.7, 0.5])
    grid = untrained.domain[0].full_grid.refined(scale)
    whole = evaluate(untrained, grid, [11.3, 12.7], "a", device="cpu")
    np.testing.assert_allclose(
        evaluate(untrained, grid, [11.3, 12.7], "a", device="cpu", tile=300), whole, atol=1e-5
    )


def sparse_and_framed(mixture, time, *space):
    """Values at one place of time and axes of space, by both samplers, and what motion alone says."""
    axes = as_axes((np.array([time]), *space), "cpu")
    with torch.no_grad():
        sparse = mixture.sparse_sampler("a")(axes)[0]
        framed = mixture.sampler(mixture.latent("a"))(axes)[0]
        base = mixture.motion.sampler(mixture.motion.latent("a"))(axes)[0]
    return sparse, framed, base


def test_few_places_are_told_without_frames(untrained):
    untrained.shares[:] = torch.tensor([1.0, 0.8])
    times, z, y, x = untrained.domain[0].normalized_axes(untrained.domain[0].grid, np.arange(10.0, 19.0, 2.0))
    halves = [np.linspace(axis[0], axis[-1], 11) for axis in (z, y, x)]
    sparse, framed, base = sparse_and_framed(untrained, times[1], *halves)
    torch.testing.assert_close(sparse, framed, atol=1e-5, rtol=0)
    assert (framed - base).std() > 0.01
    between = sparse_and_framed(untrained, 0.3 * times[1] + 0.7 * times[2], *halves)
    # Frames are read linearly between twice as many points as nodes.
    assert (between[0] - between[1]).std() < 0.2 * (between[1] - between[2]).std()


def test_few_places_of_a_circle(tmp_path):
    mixture = Mixture(KeptSamples.read(blob_series(), 2, 1).domain, **SMALL, periodic="x")
    mixture.motion.fill(KeptSamples.read(blob_series(), 2, 1).values)
    mixture.shares[:] = torch.tensor([1.0, 0.8])
    mixture.eval()
    _, z, y, x = mixture.domain[0].normalized_axes(mixture.domain[0].grid, np.array([10.0]))
    around = np.array([x[0], x[-1], 1.1 * x[-1] - 0.1 * x[-2], x[0] + 6 * (x[1] - x[0])])
    sparse, _, base = sparse_and_framed(mixture, -0.9, z[::2] + 0.1, y[::2] + 0.1, around)
    torch.testing.assert_close(sparse[..., 2], base[..., 2])
    torch.testing.assert_close(sparse[..., 3], sparse[..., 0], atol=1e-5, rtol=0)


def test_between_variables_the_network_bends_the_mean_of_what_is_shown(untrained):
    untrained.shares.fill_(0.5)
    axes = tuple(torch.linspace(-0.9, 0.7, n) for n in (2, 5, 6, 7))
    parts = {"a": 0.25, "b": 0.75}

    def normalised(field, weights):
        latent = sum(weight * field.latent(name) for name, weight in weights.items())
        with torch.inference_mode():
            return field.sampler(latent)(axes)

    shown, known = (
        sum(weight * normalised(field, {name: 1.0}) for name, weight in parts.items())
        for field in (untrained, untrained.network)
    )
    bent = shown + normalised(untrained.network, parts) - known
    torch.testing.assert_close(normalised(untrained, parts), bent, atol=1e-5, rtol=0)
    assert (bent - shown).abs().max() > 1e-3


@pytest.fixture(scope="module")
def helped(tmp_path_factory):
    """A mixture in which a network has a share, and its file."""
    path = tmp_path_factory.mktemp("mixture") / "m.stsr"
    return learn(whirl(), path, recipe=replace(QUICK, epochs=50)), path


def test_jumps_that_a_spline_smears_are_worth_a_network(helped):
    field, path = helped
    assert field.shares[0, 0] > 0.2
    (chosen,) = checkpoint.read_header(path).history[-1]["chosen"]
    assert chosen["rehearsed"]["mixture"] > chosen["rehearsed"]["base"] + 0.1
    assert chosen["detail"] == pytest.approx(float(field.shares[0, 0]))
    assert sum(chosen["weights"].values()) == pytest.approx(1)


def bars(field, time, quantity=Quantity.HALF_WIDTH):
    return evaluate_beside(field, field.domain[0].full_grid, time, "a", quantity, device="cpu")


def test_error_bars_hold_most_errors_of_a_mixture_and_are_0_on_what_was_kept(helped):
    field, path = helped
    inside = (slice(0, 23),) * 3
    within = [
        np.abs(at(field, [t])[0] - whirl()["a"].step(int(t))) <= bars(field, t) for t in (1.0, 3.0, 5.0)
    ]
    assert np.mean([some[inside] for some in within]) > 0.8
    kept = bars(field, 4.0)
    assert np.abs(kept[::2, ::2, ::2]).max() < 1e-5 * kept.max()
    assert bars(field, 3.0).mean() < 0.1 * np.ptp(whirl()["a"].step(3))
    for quantity in (Quantity.HALF_WIDTH, Quantity.STANDARD_ERROR):
        np.testing.assert_allclose(
            bars(checkpoint.load(path), 3.0, quantity), bars(field, 3.0, quantity), rtol=1e-4
        )


def test_a_mixture_written_before_it_had_error_bars_of_its_own_has_those_of_motion(helped, tmp_path):
    field, path = helped
    header = checkpoint.header_to_json(checkpoint.read_header(path))
    tensors = {k: v for k, v in field.state_dict().items() if k != "errors"} | {"left": torch.ones(1)}
    container.write(tmp_path / "older.stsr", checkpoint.FIELD, header, tensors)
    older = checkpoint.load(tmp_path / "older.stsr")
    np.testing.assert_allclose(bars(older, 3.0), bars(field.motion, 3.0), rtol=1e-5)


def test_small_errors_are_foreseen_as_well_as_large_ones():
    draw = torch.Generator().manual_seed(0)
    size = torch.where(torch.arange(4000) % 2 == 0, 1.0, 0.02)
    error = (size * torch.randn(4000, generator=draw)).abs()
    signs = torch.rand(4, 4000, generator=draw)
    signs[1] = 5 * size
    *coefficients, standard_error, quantile = fitted([(signs, error)], 2, 1.0)
    foreseen = torch.tensordot(torch.tensor(coefficients), signs, 1) + SHARE_ANYWHERE
    within = error <= standard_error * quantile * foreseen / LEFT
    halved = fitted([(signs, error)], 2, 0.5)
    assert halved[1] == pytest.approx(0.5 * coefficients[1]) and halved[4:] == [standard_error, quantile]
    for large in (True, False):
        assert within[(size == 1) == large].float().mean() == pytest.approx(0.9, abs=0.03)


def test_a_network_that_learned_less_than_the_rehearsed_one_is_left_out(tmp_path):
    field = learn(whirl(), tmp_path / "m.stsr", recipe=replace(QUICK, epochs=1))
    assert torch.all(field.shares == 0)
    (text,) = chosen_texts(checkpoint.read_header(tmp_path / "m.stsr"))
    assert "too little time to learn: give it more minutes" in text


def test_a_network_held_by_splines_knows_nothing_of_motion_and_is_no_worse_than_they_are(tmp_path):
    series = blob_series()  # which moves: a small network alone is far below a spline
    options = {"configuration": SMALL, "recipe": QUICK, "device": "cpu", **KEPT}
    truth = series["a"].array()
    unseen = np.arange(1, len(truth) - 1, 2)

    def error(kind, **more):
        field = fit(series, field=kind, **{**options, **more})
        found = evaluate(field, series["a"].grid, np.asarray(series["a"].times)[unseen], "a", device="cpu")
        return float(np.sqrt(np.mean((found - truth[unseen])[:, :11, :11, :11] ** 2)))  # among kept nodes

    splines = [error(kind, configuration=None, recipe=None) for kind in ("tricubic_linear", "cubic")]
    assert error("modulated_siren", configuration=SMALL["network"]) > 1.5 * min(splines)
    assert error("anchored") < 1.012 * min(splines)  # 0.1 dB
    moving, still = tmp_path / "moving.stsr", tmp_path / "still.stsr"
    fit(series, moving, field="auto", **options)
    fit(series, still, field="anchored", **options)
    assert still.stat().st_size < moving.stat().st_size
    assert not any("motion" in line or "move" in line for line in chosen_texts(checkpoint.read_header(still)))
    again = checkpoint.load(still, "cpu")
    assert not np.any(
        again.velocity("a")(as_axes(tuple(np.linspace(-0.5, 0.5, 3) for _ in range(4)), "cpu")).numpy()
    )


def test_what_motion_explains_needs_no_network(tmp_path):
    still = VolumeSeries.from_arrays({"a": np.full((9, 8, 8, 8), 2.0, np.float32)})
    field = learn(still, tmp_path / "m.stsr")
    header = checkpoint.read_header(tmp_path / "m.stsr")
    assert header.training is None and header.history[-1]["epochs"] == 0
    assert torch.all(field.shares == 0)


def test_it_comes_back_from_a_file(tmp_path):
    field = learn(whirl(), tmp_path / "m.stsr")
    again = checkpoint.load(tmp_path / "m.stsr")
    np.testing.assert_allclose(at(again, [3.5]), at(field, [3.5]), atol=1e-6)


def test_a_stopped_run_shows_motion_and_resumes_exactly(tmp_path):
    whole = learn(whirl(), tmp_path / "whole.stsr")
    path, asked = tmp_path / "stopped.stsr", []

    def stop():
        asked.append(path.exists() and checkpoint.read_header(path).training is not None)
        return sum(asked) > 210  # the steps of the rehearsal and some of the training

    learn(whirl(), path, should_stop=stop)
    header = checkpoint.read_header(path)
    assert header.training is not None and header.training["step"] > 0
    stopped = checkpoint.load(path)
    assert torch.all(stopped.shares == 0)
    np.testing.assert_allclose(at(stopped, [3.5]), at(stopped.motion, [3.5]), atol=1e-6)
    finished = resume(path, whirl(), device="cpu")
    assert checkpoint.read_header(path).training is None
    for (name, expected), found in zip(
        whole.state_dict().items(), finished.state_dict().values(), strict=True
    ):
        assert torch.allclose(expected, found, rtol=0, atol=0, equal_nan=True), name


def test_stopped_before_the_rehearsal_it_begins_anew(tmp_path):
    path = tmp_path / "m.stsr"
    learn(whirl(), path, should_stop=lambda: True)
    assert checkpoint.read_header(path).training["step"] == 0
    finished = resume(path, whirl(), device="cpu")
    assert torch.equal(finished.shares, learn(whirl()).shares)


def circle(n_steps=9, n=16):
    """Steep fronts that go round along x, every second node of which is kept: (T, 8, 8, n)."""
    phase = 2 * np.pi * (np.arange(n) - 0.7 * np.arange(n_steps)[:, None]) / n
    along = np.tanh(3 * np.sin(phase)) + 0.3 * np.cos(2 * phase)
    return np.broadcast_to(along[:, None, None], (n_steps, 8, 8, n)).astype(np.float32)


def test_a_network_on_a_circle_leaves_kept_samples_and_does_not_jump():
    series = VolumeSeries.from_arrays({"a": circle()})
    field = learn(series, configuration={**SMALL, "periodic": "x"})
    field.shares[0] = torch.tensor([1.0, 0.7])
    found = at(field, [0.0, 2.0, 8.0])[:, ::2, ::2, ::2]
    np.testing.assert_allclose(found, circle()[[0, 2, 8], ::2, ::2, ::2], atol=2e-5)
    # Along a line through the face: no step is larger than the steepest front makes it elsewhere.
    grid = replace(series["a"].grid, shape=(1, 1, 641), spacing=(1.0, 1.0, 0.05))
    line = evaluate(field, grid, [3.4], "a", device="cpu")[0, 0, 0]
    np.testing.assert_allclose(line[320:], line[:321], atol=1e-4)
    assert np.abs(np.diff(line)).max() < 0.15


def test_periodic_axes_are_named_once():
    with pytest.raises(ValueError, match="motion must leave periodic to the mixture's own entry"):
        learn(whirl(), configuration={**SMALL, "motion": {"periodic": "x"}})


def test_frames_of_a_circle_close_by_the_spline_and_elsewhere_are_the_network():
    values = torch.randn(5, 5, 9, generator=torch.Generator().manual_seed(0))
    frames = NetworkFrames(lambda k: values, lambda k: values[::2, ::2, ::2], (False, True, True))
    whole, detail = (frames.part(which).slab(0, 2, [0])[0, 0] for which in (0, 1))
    assert whole.shape == detail.shape == (5, 6, 10)
    torch.testing.assert_close(whole[:, :5, :9], values)
    assert torch.all(detail[:, 5] == 0) and torch.all(detail[..., 9] == 0)
    assert torch.allclose(detail[::2, ::2, ::2], torch.zeros(3, 3, 5), atol=1e-5)


def test_few_steps_and_far_motion_are_warned_of(tmp_path):
    far = VolumeSeries.from_arrays({"a": moving_blob((5, 24, 24, 24))})
    learn(far, tmp_path / "m.stsr", spatial_factor=1, temporal_gap=0, recipe=replace(QUICK, epochs=1))
    (text,) = chosen_texts(checkpoint.read_header(tmp_path / "m.stsr"))
    assert "with so few kept steps and so large a motion nothing between them can be checked" in text


@torch.inference_mode()
def test_finer_than_the_frames_the_network_of_the_time_itself_is_shown(untrained):
    def bend(field, variable_latent):
        """What lies half-way between two points of the frames, beyond their mean."""
        values = field.sampler(variable_latent)(axes)[0]
        return values[..., 1::2] - (values[..., :-1:2] + values[..., 2::2]) / 2

    domain = untrained.domain[0]
    time, *space = domain.normalized_axes(domain.grid, np.asarray(domain.times[2:3]))
    n = len(space[2])
    space[2] = np.linspace(space[2][0], space[2][-1], 4 * (n - 1) + 1)
    axes = as_axes((time, *space), "cpu")
    untrained.shares.zero_()
    base = bend(untrained, untrained.latent("a"))
    untrained.shares[0, 0] = 0.7
    shown = bend(untrained, untrained.latent("a")) - base
    network = bend(untrained.network, untrained.network.latent("a"))
    assert network.abs().max() > 1e-3
    torch.testing.assert_close(shown, 0.7 * network, atol=1e-5, rtol=1e-4)


def test_two_frames_cannot_be_rehearsed():
    two = VolumeSeries.from_arrays({"a": moving_blob((3, 8, 8, 8))})
    field = learn(two)
    assert torch.all(field.shares == 0)
    assert field.motion.weights[0].tolist() == [0, 0, 1, 0]


def test_shares_are_bounded_and_best():
    draw = np.random.default_rng(0)
    parts = [draw.standard_normal(400) for _ in range(3)]
    error = 0.3 * parts[0] + 1.7 * parts[1] - 0.5 * parts[2]
    found = bounded_shares(parts, error)
    assert found[1] == 1.0 and found[2] == pytest.approx(0.0, abs=1e-6)
    assert bounded_shares(parts, 0.3 * parts[0] + 0.9 * parts[2]) == pytest.approx([0.3, 0, 0.9], abs=1e-6)


def test_detail_is_what_the_spline_of_the_kept_nodes_lacks():
    draw = torch.Generator().manual_seed(0)
    values, kept = torch.randn(9, 9, 9, generator=draw), torch.randn(5, 5, 5, generator=draw)
    calls = []
    frames = NetworkFrames(lambda k: calls.append(k) or values + k, lambda k: kept)
    detail = frames.part(1).slab(0, 4, [3])[0, 0]
    assert torch.allclose(detail[::2, ::2, ::2], torch.zeros(5, 5, 5), atol=1e-5)
    torch.testing.assert_close(frames.part(0).slab(1, 2, [3])[0, 0], values[2:5] + 3)
    assert calls == [3], "a frame is asked for once"


def test_where_a_network_meets_the_nodes_its_detail_makes_up_the_network():
    values = torch.randn(9, 9, 9, generator=torch.Generator().manual_seed(0))
    detail = NetworkFrames(lambda k: values, lambda k: values[::2, ::2, ::2]).part(1).slab(0, 4, [0])[0, 0]
    spline = FineFrames(values[None, ::2, ::2, ::2], 2, (False, False, False)).slab(0, 4, [0])[0, 0]
    torch.testing.assert_close(spline + detail, values)


def test_what_a_network_misses_reaches_only_as_far_as_its_sign_holds():
    middle = cautious_midpoints(torch.tensor([2.0, 6.0, -6.0, 0.0]).view(1, 4, 1))
    assert middle.flatten().tolist() == [2, 3, 6, 0, -6, 0, 0]
    assert torch.equal(cautious_midpoints(torch.ones(3, 1, 4)), torch.ones(5, 1, 7))
