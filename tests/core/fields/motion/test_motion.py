"""Motion as a field: it keeps what was kept, follows what moves, and leaves to the spline what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from stsr_core.fields.motion import rehearsal
from stsr_core.fields.motion.field import Motion
from stsr_core.fields.motion.gate import (
    METHODS,
    difference_energies,
    roughness,
    safe_weights,
    simplex_weights,
)
from stsr_core.fields.motion.rehearsal import Rehearsal
from stsr_core.fields.motion.trajectories import Moment, lagrange_weights
from stsr_core.fields.motion.upsampling import FineFrames, around, spline_matrix
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit


def moving(n_steps=17, shape=(17, 17, 25), speed=0.6, size=3.0):
    """A blob that crosses the volume along x at ``speed`` nodes a step: (T, Z, Y, X)."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    center = np.array(shape) / 2
    frames = [
        np.exp(-((z - center[0]) ** 2 + (y - center[1]) ** 2 + (x - 8 - speed * t) ** 2) / (2 * size**2))
        for t in range(n_steps)
    ]
    return np.stack(frames).astype(np.float32)


def series(values, **kinds):
    return VolumeSeries.from_arrays({"a": values, **kinds})


def rms(error):
    return float(np.sqrt(np.mean(np.square(error))))


@pytest.fixture(scope="module")
def blob():
    return series(moving())


@pytest.fixture(scope="module")
def field(blob):
    return fit(blob, field="motion", spatial_factor=2, temporal_gap=3, device="cpu")


def values_of(field, blob, steps, **options):
    v = blob["a"]
    return evaluate(field, v.grid, v.times[steps], "a", device="cpu", **options)


def test_kept_samples_are_reproduced(field, blob):
    found = values_of(field, blob, slice(0, None, 4))
    np.testing.assert_allclose(found[:, ::2, ::2, ::2], blob["a"].array()[::4, ::2, ::2, ::2], atol=3e-6)


def test_what_moves_is_followed_where_splines_fade(field, blob):
    steps = [2, 6, 10, 14]
    truth = blob["a"].array()[steps]
    errors = {}
    for kind in ("tricubic_linear", "cubic"):
        other = fit(blob, field=kind, spatial_factor=2, temporal_gap=3, device="cpu")
        errors[kind] = rms(values_of(other, blob, steps) - truth)
    assert rms(values_of(field, blob, steps) - truth) < 0.5 * min(errors.values())
    assert field.weights[0, 2:].sum() > 0.8
    assert 0.9 < field.moving(0).features_move() < 1.5, "4 steps of 0.6 full nodes are 1.2 kept nodes"


def test_tiles_change_nothing(field, blob):
    whole = values_of(field, blob, [5, 15])
    np.testing.assert_allclose(values_of(field, blob, [5, 15], tile=700), whole, atol=2e-6)


def test_it_comes_back_from_a_file_and_between_nodes(field, blob, tmp_path):
    fit(blob, tmp_path / "m.stsr", field="motion", spatial_factor=2, temporal_gap=3, device="cpu")
    again = checkpoint.load(tmp_path / "m.stsr")
    grid = blob["a"].grid.refined(1.5)
    found = evaluate(again, grid, [6.3], "a", device="cpu")
    np.testing.assert_allclose(found, evaluate(field, grid, [6.3], "a", device="cpu"), atol=2e-4)
    assert torch.equal(again.weights, field.weights)


def test_after_the_last_kept_step_motion_carries_on():
    blob = series(moving(19))
    field = fit(blob, field="motion", spatial_factor=2, temporal_gap=3, device="cpu")
    held = blob["a"].array()[16]
    for step in (17, 18):
        truth = blob["a"].array()[step]
        assert rms(values_of(field, blob, [step])[0] - truth) < 0.4 * rms(held - truth)


def test_two_kept_steps_move_and_one_is_a_spline():
    two = fit(series(moving(5)), field="motion", spatial_factor=2, temporal_gap=3, device="cpu")
    assert two.weights[0].tolist() == [0, 0, 1, 0]
    truth = moving(5)[2]
    found = values_of(two, series(moving(5)), [2])[0]
    assert rms(found - truth) < 0.5 * rms(0.5 * (moving(5)[0] + moving(5)[4]) - truth)
    one = series(moving(1))
    spline = fit(one, field="cubic", spatial_factor=2, device="cpu")
    single = fit(one, field="motion", spatial_factor=2, device="cpu")
    np.testing.assert_allclose(values_of(single, one, [0]), values_of(spline, one, [0]), atol=1e-6)


def test_uneven_times_are_followed():
    times = np.array([0.0, 1.0, 3.0, 3.5, 6.0, 7.0, 8.0])
    frames = np.concatenate([moving(1, speed=0.0) * 0 + moving(2, speed=t)[1:] for t in times])
    uneven = VolumeSeries.from_arrays({"a": frames}, times=times)
    field = fit(uneven, field="motion", device="cpu")
    truth = moving(2, speed=4.75)[1]
    found = evaluate(field, uneven["a"].grid, [4.75], "a", device="cpu")[0]
    linear = 0.5 * (frames[3] + frames[4])
    assert rms(found - truth) < 0.3 * rms(linear - truth)


def test_flat_data_and_constants_work():
    flat = series(moving()[:, 8:9])
    field = fit(flat, field="motion", spatial_factor=2, temporal_gap=3, device="cpu")
    found = values_of(field, flat, [6])
    assert rms(found - flat["a"].array()[6]) < 0.05
    constant = series(np.full((9, 8, 8, 8), 2.5, np.float32))
    still = fit(constant, field="motion", spatial_factor=2, temporal_gap=1, device="cpu")
    assert np.all(values_of(still, constant, [3]) == 2.5)


def test_a_periodic_box_has_no_face():
    n = 16
    x = 2 * np.pi * np.arange(n) / n
    frames = np.stack(
        [np.broadcast_to(np.sin(x - 0.4 * t) + 0.4 * np.cos(2 * (x - 0.4 * t)), (8, 8, n)) for t in range(9)]
    ).astype(np.float32)
    whole = VolumeSeries.from_arrays({"a": frames})
    errors = []
    for configuration in ({}, {"periodic": "x"}):
        field = fit(whole, field="motion", temporal_gap=1, device="cpu", configuration=configuration)
        errors.append(rms(values_of(field, whole, [1, 3, 5]) - frames[[1, 3, 5]]))
    assert errors[1] < 0.5 * errors[0]


def wave(n=32, n_steps=9, speed=0.8):
    """A wave of period n along x that moves by ``speed`` nodes a step, (T, 8, 8, n)."""
    phase = 2 * np.pi * (np.arange(n) - speed * np.arange(n_steps)[:, None]) / n
    along = np.sin(phase) + 0.4 * np.cos(3 * phase)
    return np.broadcast_to(along[:, None, None], (n_steps, 8, 8, n)).astype(np.float32)


def test_the_last_interval_of_a_periodic_axis_lies_between_the_last_node_and_the_first():
    """Of 32 nodes along x every second is kept: node 31 is half-way from node 30 to node 0."""
    whole = series(wave())
    errors = {}
    for axes in ("", "X"):
        options = {"configuration": {"periodic": axes}, "device": "cpu"}
        field = fit(whole, field="motion", temporal_gap=1, spatial_factor=2, **options)
        for weights in ([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]):
            field.weights[0] = torch.tensor(weights)
            errors[axes, weights.index(1)] = rms((values_of(field, whole, [4]) - wave()[[4]])[..., 31])
    for method in range(4):
        assert errors["X", method] < 0.02 < 0.2 * errors["", method]
    # Periods are added at will: what lies one of them further is the same.
    grid = whole["a"].grid
    shifted = replace(grid, origin=(*grid.origin[:2], grid.origin[2] + 32 * grid.spacing[2]))
    field.weights[0] = torch.tensor([0.1, 0.2, 0.3, 0.4])
    further = evaluate(field, shifted, [3.3], "a", device="cpu")
    np.testing.assert_allclose(further, evaluate(field, grid, [3.3], "a", device="cpu"), atol=1e-4)


def test_odd_circles_are_rehearsed_and_periods_must_fit():
    whole = series(wave(27))
    field = fit(whole, field="motion", temporal_gap=1, device="cpu", configuration={"periodic": "x"})
    assert rms(values_of(field, whole, [3]) - wave(27)[[3]]) < 0.01
    message = r"a: the nodes of a periodic axis .* must be a multiple of the spatial factor 2, got 27 along x"
    with pytest.raises(ValueError, match=message):
        fit(whole, field="motion", spatial_factor=2, device="cpu", configuration={"periodic": "x"})


@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_splines_go_round(n):
    nodes = np.arange(n)
    for degree in (1, 3):
        np.testing.assert_allclose(around(n, nodes - 3.0 * n, degree), np.eye(n), atol=1e-12)
        middle = around(n, np.array([n - 0.5]), degree)
        np.testing.assert_allclose(middle, np.roll(around(n, np.array([0.5]), degree), -1), atol=1e-12)


def test_variables_are_weighed_by_the_latent_vector():
    both = series(moving(), b=2 * moving(size=2.0))
    field = fit(both, field="motion", spatial_factor=2, temporal_gap=3, device="cpu")
    grid = both["a"].grid
    parts = [evaluate(field, grid, [6], name, device="cpu") for name in ("a", "b")]
    mixed = evaluate(field, grid, [6], {"a": 0.25, "b": 0.75}, device="cpu")
    # A blend is of normalised values and of value ranges.
    ranges = [field.domain.variable(name).normalization for name in ("a", "b")]
    encoded = sum(w * r.encode(p) for w, r, p in zip((0.25, 0.75), ranges, parts, strict=True))
    half = sum(w * r.half_range for w, r in zip((0.25, 0.75), ranges, strict=True))
    center = sum(w * r.center for w, r in zip((0.25, 0.75), ranges, strict=True))
    np.testing.assert_allclose(mixed, encoded * half + center, atol=1e-5)


def test_noise_in_time_is_left_to_the_linear_interpolation():
    noise = np.random.default_rng(0).standard_normal((17, 12, 12, 12)).astype(np.float32)
    flicker = fit(series(noise), field="motion", temporal_gap=1, device="cpu")
    assert 10 < roughness(*difference_energies(torch.from_numpy(noise[::2]))) < 13
    assert flicker.weights[0, 1] < 0.01


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"periodic": "w"}, "periodic must name axes among z, y, x, got 'w'"),
        ({"scale": -1}, "scale must be"),
        ({"scale": 2.5}, "scale must be"),
        ({"speed": 1}, "unexpected keyword argument 'speed'"),
    ],
)
def test_bad_settings_get_one_sentence(blob, configuration, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fit(blob, field="motion", device="cpu", configuration=configuration)


def test_moments_and_weights():
    assert Moment.of(0.0, [0.0, 1.0]) == Moment(0, 0.0, {0: 0.0, 1: 1.0})
    assert Moment.of(3.0, [0.0, 1.0, 2.0]).phase == 2.0
    assert sum(lagrange_weights([-0.5, 0, 1, 2.5], 0.3)) == pytest.approx(1)


def test_roughness_is_the_ratio_of_fourth_to_second_differences():
    frames = torch.randn(7, 4, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    second, fourth = (torch.diff(frames, n=n, dim=0).square().mean() for n in (2, 4))
    assert roughness(*difference_energies(frames)) == pytest.approx(float(fourth / second))
    assert all(np.isnan(roughness(*difference_energies(few))) for few in (frames[:4], torch.ones(6, 2, 2, 2)))


def test_of_a_large_series_some_frames_are_rehearsed_from_end_to_end(monkeypatch):
    kept = KeptSamples.read(series(moving(41, shape=(4, 5, 6))))
    whole = Rehearsal.of(kept.domain[0], kept.values[0])
    assert whole is not None and len(whole.moments) == 20
    monkeypatch.setattr(rehearsal, "_MOST_SAMPLES", 1)
    some = Rehearsal.of(kept.domain[0], kept.values[0])
    times = [[float(axes[0][0]) for axes, _ in r.moments] for r in (whole, some)]
    assert times[1] == [times[0][i] for i in (0, 6, 13, 19)]


def test_frames_are_not_copied_and_take_no_memory_before(blob):
    kept = KeptSamples.read(blob, 2, 3)
    field = Motion(kept.domain)
    assert all(buffer.untyped_storage().nbytes() <= 64 for buffer in field.buffers())
    field.take(0, kept.values[0], (1.0, 0.0, 0.0, 0.0))
    assert field.frames_0.data_ptr() == kept.values[0].data_ptr()


def test_safe_weights_sum_to_one_and_follow_the_statistic():
    rehearsed = (0.3, 0.2, 0.1, 0.4)
    for rough in (0.0, 5.0, 7.5, 11.0, float("nan")):
        assert sum(safe_weights(rehearsed, rough)) == pytest.approx(1)
    assert safe_weights(rehearsed, 11.0)[1] == 0 and safe_weights(rehearsed, 0.0)[0] == 0
    assert sum(safe_weights(rehearsed, 11.0)[2:]) == pytest.approx(0.5**0.7)
    smooth = sum(safe_weights((0.0, 0.5, 0.0, 0.5), 0.2)[2:])
    assert smooth == pytest.approx(0.001, rel=0.01), "a thousandth of the odds at a tenth of the roughness"
    assert sum(safe_weights((0.0, 0.0, 0.0, 1.0), 0.2)[2:]) < 0.02
    assert len(METHODS) == 4


def test_of_few_steps_far_motion_is_not_believed():
    moving = (0.0, 0.0, 0.5, 0.5)
    assert safe_weights(moving, 9.5, moves=1.7) == safe_weights(moving, 9.5)
    assert safe_weights(moving, 9.5, moves=2.0) == (0.5, 0.5, 0.0, 0.0)
    assert safe_weights(moving, 13.0, moves=2.0) == (1.0, 0.0, 0.0, 0.0), "values that jump"


def test_the_size_of_features_is_that_of_a_wave():
    x = np.arange(64.0)
    wave = np.broadcast_to(np.sin(2 * np.pi * x / 16), (3, 8, 8, 64)).astype(np.float32)
    field = fit(VolumeSeries.from_arrays({"a": wave}), field="motion", device="cpu")
    assert field.moving(0).feature_size() == pytest.approx(16 / (2 * np.pi), rel=0.05)


def test_the_simplex_is_the_best_mixture():
    draw = np.random.default_rng(1)
    predictions = [draw.standard_normal(500) for _ in METHODS]
    truth = 0.6 * predictions[0] + 0.4 * predictions[3]
    errors = np.stack([truth - prediction for prediction in predictions])
    np.testing.assert_allclose(simplex_weights(errors @ errors.T), [0.6, 0, 0, 0.4], atol=1e-4)


def test_fine_frames_are_the_spline():
    frames = torch.randn(2, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    fine = FineFrames(frames, 4, (False, False, False))
    whole = fine.slab(0, 4, [0, 1])
    torch.testing.assert_close(whole[:, 0, ::4, ::4, ::4], frames, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(fine.slab(1, 3, [1])[0], whole[1, :, 4:13])
    assert spline_matrix(8, 2, periodic=True).shape == (16, 8)
    torch.testing.assert_close(spline_matrix(8, 2, periodic=True).sum(1), torch.ones(16))


def test_beyond_the_last_kept_node_values_are_led_on_along_a_line():
    z, y, x = np.meshgrid(*[np.arange(8.0)] * 3, indexing="ij")
    ramp = np.stack([z + 2 * y - x + t for t in range(5)]).astype(np.float32)
    series = VolumeSeries.from_arrays({"a": ramp})
    field = fit(series, field="motion", spatial_factor=2, temporal_gap=1, device="cpu")
    grid = series["a"].grid
    np.testing.assert_allclose(evaluate(field, grid, [2.0], "a", device="cpu")[0], ramp[2], atol=1e-4)
