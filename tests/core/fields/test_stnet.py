"""STNet: published size, the field it makes, its three stages in small."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from models import blob_series, moving_blob

from stsr_core.fields import create
from stsr_core.fields.stnet import STNet
from stsr_core.fields.stnet import field as stnet
from stsr_core.fields.stnet.network import Discriminator, Generator, voxel_shuffle
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import RECIPES, fit, resume
from stsr_core.training.stnet.stages import Schedule, averaged_down, judge_loss
from stsr_core.training.stnet.windows import Windows

SMALL = {"width_multiplier": 1 / 16, "crop": 2}
KEPT = {"spatial_factor": 4, "temporal_gap": 3}
RECIPE = RECIPES["stnet"]


def small(series, factor=4, gap=3, **configuration):
    """An untrained field that holds the kept samples."""
    torch.manual_seed(0)
    kept = KeptSamples.read(series, factor, gap)
    field = STNet(kept.domain, **{**SMALL, **configuration}).eval()
    field.fill(kept.values)
    return field


def test_full_width_has_the_published_size():
    with torch.device("meta"):
        generator = Generator(5)
    count = sum(p.numel() for p in generator.parameters())
    assert count == 36_191_321
    assert round(4 * count / 2**20, 2) == 138.06


@pytest.mark.parametrize("n_steps", [2, 5])
def test_two_coarse_volumes_become_a_sequence_of_fine_ones(n_steps):
    generator = Generator(n_steps, 1 / 16)
    assert generator(torch.rand(1, 2, 4, 4, 4)).shape == (1, n_steps, 16, 16, 16)


def test_the_eight_channels_of_a_cell_are_its_voxels():
    cells = torch.arange(8.0).view(1, 8, 1, 1, 1)
    torch.testing.assert_close(voxel_shuffle(cells).flatten(), torch.arange(8.0))
    x = torch.rand(1, 16, 2, 3, 4)
    fine = voxel_shuffle(x)
    assert fine.shape == (1, 2, 4, 6, 8)
    torch.testing.assert_close(fine[0, 1, 1, 2, 5], x[0, 8 + 0b101, 0, 1, 2])


def test_gradients_reach_every_parameter_of_both_networks():
    generator, discriminator = Generator(3, 1 / 16), Discriminator(1 / 16)
    fine = generator(torch.rand(1, 2, 2, 3, 1))[0]
    scores = discriminator(fine[:, None])
    assert scores.shape == (3,)
    (scores.sum() + fine.square().mean()).backward()
    for parameter in (*generator.parameters(), *discriminator.parameters()):
        assert parameter.grad is not None


def test_the_score_of_a_step_depends_on_the_steps_before_it_alone():
    discriminator = Discriminator(1 / 8)
    sequence = torch.rand(3, 1, 8, 8, 8)
    changed = sequence.clone()
    changed[1] += 1
    first, second = discriminator(sequence), discriminator(changed)
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert first[2] != second[2]


def test_discriminator_targets():
    def score(sequence):
        return sequence.mean(dim=(1, 2, 3, 4))

    ones, zeros = torch.ones(3, 8, 8, 8), torch.zeros(3, 8, 8, 8)
    assert judge_loss(score, ones, zeros) == 0
    assert judge_loss(score, zeros, 2 * ones) == 1 + 4


def test_on_the_full_grid_the_field_is_the_generators_output():
    series = blob_series(("a", "b"))
    field = small(series)
    kept = KeptSamples.read(series, 4, 3)
    with torch.inference_mode():
        first, second = (field.generator(kept.values[1][k : k + 2][None])[0] for k in (0, 1))
    sequence = torch.cat([first[:4], second]).numpy()
    normalization = kept.domain[1].normalization
    for tile in (None, 100, 10**6):
        values = evaluate(field, series["b"].grid, series["b"].times, "b", device="cpu", tile=tile)
        np.testing.assert_allclose(values, normalization.decode(sequence), atol=2e-6 * np.abs(values).max())


def test_decoding_in_patches_changes_nothing(monkeypatch):
    series = VolumeSeries.from_arrays({"a": moving_blob((5, 45, 9, 50))})
    whole = small(series, gap=3).volume(0, 2)
    monkeypatch.setattr(stnet, "PATCH_NODES", 3)
    torch.testing.assert_close(small(series, gap=3).volume(0, 2), whole, atol=1e-5, rtol=1e-5)
    # One node less around each patch would be seen.
    monkeypatch.setattr(stnet, "HALO", 3)
    assert not torch.allclose(small(series, gap=3).volume(0, 2), whole, atol=1e-5, rtol=1e-5)


def test_between_nodes_and_steps_it_is_linear_and_the_last_kept_step_holds():
    times = np.array([0, 1, 1.5, 4, 5, 7, 8, 9.0])
    series = VolumeSeries.from_arrays({"a": moving_blob((8, 9, 5, 6))}, times=times)
    field = small(series, gap=2)
    grid = series["a"].grid
    nodes = evaluate(field, grid, times, "a", device="cpu")
    assert np.abs(nodes[5] - nodes[6]).max() > 1e-3
    fine = evaluate(field, grid.refined(2), [1.25, 3.0, 8.5, 9.0], "a", device="cpu")
    np.testing.assert_allclose(fine[0, ::2, ::2, ::2], (nodes[1] + nodes[2]) / 2, atol=1e-5)
    np.testing.assert_allclose(fine[1, ::2, ::2, ::2], 0.4 * nodes[2] + 0.6 * nodes[3], atol=1e-5)
    np.testing.assert_allclose(fine[2], fine[3], atol=1e-5)
    np.testing.assert_allclose(fine[3, ::2, ::2, ::2], nodes[6], atol=1e-5)
    np.testing.assert_allclose(fine[:, ::2, 1::2], (fine[:, ::2, :-1:2] + fine[:, ::2, 2::2]) / 2, atol=1e-5)


def test_a_blend_is_the_weighted_sum():
    field = small(blob_series(("a", "b")))
    axes = tuple(torch.linspace(-1, 1, n) for n in (4, 5, 6, 7))
    a, b, blend = (
        field.sampler(latent)(axes)
        for latent in (field.latent("a"), field.latent("b"), torch.tensor([0.25, 0.75]))
    )
    torch.testing.assert_close(blend, 0.25 * a + 0.75 * b)
    assert not torch.allclose(a, b)


def test_a_pair_is_generated_once_and_again_after_new_weights(monkeypatch):
    series = blob_series()
    field = small(series)
    calls = []
    generate = field._generate
    monkeypatch.setattr(field, "_generate", lambda *which: calls.append(which) or generate(*which))
    for time in series["a"].times:
        evaluate(field, series["a"].grid, [time], "a", device="cpu")
    assert calls == [(0, 0), (0, 1)]
    before = field.volume(0, 0).clone()
    field.load_state_dict({k: 0.5 * v for k, v in field.state_dict().items()})
    assert not torch.allclose(field.volume(0, 0), before)


def test_what_is_kept_must_fit_the_network():
    series = blob_series()
    for factor in (1, 2, 3, 5):
        with pytest.raises(ValueError, match=f"spatial factor must be 4, got {factor} for a"):
            fit(series, field="stnet", spatial_factor=factor, temporal_gap=3, configuration=SMALL)
    with pytest.raises(ValueError, match="at least two must be kept, got 1 of 9 of a"):
        fit(series, field="stnet", spatial_factor=4, temporal_gap=20, configuration=SMALL)
    kept = [KeptSamples.read(blob_series((n,)), 4, gap).domain for n, gap in (("a", 3), ("b", 1))]
    with pytest.raises(ValueError, match=r"one temporal gap .* got \[1, 3\]"):
        create("stnet", type(kept[0])([*kept[0], *kept[1]]), SMALL)
    both = blob_series(("a", "b"))
    with pytest.raises(ValueError, match="spatial factor must be 4, got 2 for b"):
        fit(both, field="stnet", spatial_factor=[4, 2], temporal_gap=3, configuration=SMALL)
    with pytest.raises(ValueError, match=r"one temporal gap for all variables and steps, got \[1, 3\]"):
        fit(both, field="stnet", spatial_factor=4, temporal_gap=[3, 1], configuration=SMALL)
    for change, words in (
        ({"width_multiplier": 0}, "width_multiplier must be > 0"),
        ({"crop": 0}, "crop must be"),
    ):
        with pytest.raises(ValueError, match=words):
            create("stnet", kept[0], change)


def test_windows_pair_the_kept_nodes_with_what_lies_between_them():
    arrays = {"a": moving_blob((26, 9, 6, 8)), "b": moving_blob((26, 13, 5, 8), phase=2.0)}
    series = VolumeSeries.merged([VolumeSeries.from_arrays({k: v}) for k, v in arrays.items()])
    kept = KeptSamples.read(series, 4, 2)
    windows = Windows(kept, series, 4, 2, seed=0)
    # 9 kept steps, and 6 steps in a fifth of 26.
    assert len(windows.coarse_windows) == 2 * 6
    assert len(windows.fine_windows) == 2 * 3
    for step in range(10):
        ends, sequence = windows.coarse(step)
        assert sequence.shape == (4, 2, 2, 2)
        torch.testing.assert_close(ends[0, 1], sequence[3])
        ends, sequence = windows.fine(step)
        assert sequence.shape == (4, 8, 8, 8)
        torch.testing.assert_close(ends[0], sequence[[0, 3], ::4, ::4, ::4])
    again = Windows(kept, series, 4, 2, seed=0).fine(7)
    torch.testing.assert_close(again, windows.fine(7))
    truth = kept.domain[0].normalization.encode(arrays["a"][2])
    np.testing.assert_allclose(windows._full[0][2, :9, :6, :8], truth, atol=1e-6)


def test_averaging_down_keeps_constants_and_lines_at_the_kept_nodes():
    z = torch.arange(12.0).view(1, 12, 1, 1).expand(2, 12, 8, 4)
    down = averaged_down(z)
    assert down.shape == (2, 3, 2, 1)
    # The hat leaves the volume at both ends, by hand: 1 and, at node 8, 8·1 + (7 + 9)·¾ + … over 4.
    torch.testing.assert_close(down[0, :, 0, 0], torch.tensor([1.0, 4.0, 8.0]))
    torch.testing.assert_close(averaged_down(torch.full((1, 8, 8, 8), 3.0)), torch.full((1, 2, 2, 2), 3.0))


def test_the_stages_follow_the_schedule_and_learn(tmp_path):
    series = blob_series()
    stages = Schedule.of(0, 3)
    assert stages.supervised == 0
    assert stages.adversarial == 200 / 449
    seen = []
    recipe = replace(RECIPE, learning_rate=3e-3, epochs=15)
    fit(
        series,
        tmp_path / "s.stsr",
        field="stnet",
        configuration={"width_multiplier": 1 / 8, "crop": 3},
        recipe=recipe,
        spatial_factor=4,
        temporal_gap=1,
        on_progress=seen.append,
    )
    assert seen[-1].fraction == 1
    header = checkpoint.read_header(tmp_path / "s.stsr")
    assert header.history[0]["epochs"] == pytest.approx(15, abs=0.5)
    assert not checkpoint.load_training_state(tmp_path / "s.stsr")
    field = checkpoint.load(tmp_path / "s.stsr")
    truth = series["a"].array()
    error = np.square(evaluate(field, series["a"].grid, series["a"].times, "a", device="cpu") - truth)
    # The first three of nine steps are those it may see; a constant has the variance as its error.
    assert error[:3].mean() < 0.8 * truth[:3].var()


@pytest.mark.parametrize("stop_after", [2, 9, 11])
def test_a_stopped_run_resumes_exactly_in_every_stage(tmp_path, stop_after):
    series = VolumeSeries.from_arrays({"a": moving_blob((9, 9, 9, 9))})
    settings = {
        "configuration": SMALL,
        "recipe": replace(RECIPE, epochs=2),
        "spatial_factor": 4,
        "temporal_gap": 1,
        "field": "stnet",
    }
    schedule = Schedule.of(3, 1)
    whole = fit(series, **settings)
    path = tmp_path / "s.stsr"
    asked = iter([False] * (stop_after - 1) + [True])
    fit(series, path, should_stop=lambda: next(asked), **settings)
    stage = sum(stop_after / (2 * schedule.steps_per_epoch) >= f for f in schedule[1:])
    assert stage == {2: 0, 9: 1, 11: 2}[stop_after]
    values = evaluate(checkpoint.load(path), series["a"].grid, [3.0], "a", device="cpu")
    assert np.isfinite(values).all()
    for name, tensor in resume(path, series).state_dict().items():
        torch.testing.assert_close(tensor, whole.state_dict()[name], rtol=0, atol=0)


def test_variables_on_different_grids_share_the_network():
    arrays = {"a": moving_blob((6, 9, 9, 9)), "b": moving_blob((6, 5, 1, 12), phase=1.0)}
    series = VolumeSeries.merged([VolumeSeries.from_arrays({k: v}) for k, v in arrays.items()])
    field = fit(series, field="stnet", configuration=SMALL, recipe=replace(RECIPE, epochs=1), **KEPT)
    for variable in series:
        values = evaluate(field, variable.grid, variable.times, variable.name, device="cpu")
        assert values.shape == variable.array().shape
        assert np.isfinite(values).all()
