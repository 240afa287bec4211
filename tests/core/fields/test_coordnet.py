"""CoordNet: the published sizes, one output per variable, trained by the loop."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from models import blob_series, moving_blob

from stsr_core.fields import create
from stsr_core.fields.coordnet import CoordNet, ResidualBlock
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import RECIPES, fit, resume

SMALL = {"widths": [8, 16], "depth": 1, "omega": 10.0}
QUICK = replace(RECIPES["coordnet"], learning_rate=3e-3, batch_rows=1024, epochs=10)


def small(names=("a", "b"), **configuration):
    torch.manual_seed(0)
    domain = KeptSamples.read(blob_series(names)).domain
    return CoordNet(domain, **{**SMALL, **configuration}).eval()


@pytest.mark.parametrize(("n", "count"), [(1, 1_486_148), (3, 1_487_186), (4, 1_487_708), (5, 1_488_232)])
def test_published_parameter_counts(n, count):
    field = CoordNet(KeptSamples.read(blob_series("abcde"[:n])).domain)
    assert sum(p.numel() for p in field.parameters()) == count
    # 5.67 is the size in MiB that the STSR-INR paper prints.
    assert round(4 * count / 2**20, 4) == {1: 5.6692, 3: 5.6732, 4: 5.6752, 5: 5.6772}[n]


def test_state_dict_keys_are_the_published_ones():
    expected = {f"net.{i}.net.{j}.linear" for i in range(14) for j in (0, 1)}
    expected |= {f"net.{i}.transform.linear" for i in (0, 1, 2, 13)}
    keys = CoordNet(KeptSamples.read(blob_series()).domain).state_dict()
    assert set(keys) == {f"{key}.{part}" for key in expected for part in ("weight", "bias")}


def test_initial_weights_follow_the_width_of_their_input():
    field = CoordNet(KeptSamples.read(blob_series()).domain)
    for block, n_in, n_out in ((field.net[0], 4, 64), (field.net[5], 256, 256)):
        for layer, width in zip(block.net, (n_in, n_out), strict=True):
            bound = math.sqrt(6 / width) / 30
            assert 0.97 * bound < layer.linear.weight.abs().max() <= bound


def test_zero_weights_halve_or_blank_the_input_and_outputs_stay_in_range():
    x = torch.rand(5, 8)
    for block, expected in (
        (ResidualBlock(8, 8, 30.0), x / 2),
        (ResidualBlock(8, 3, 30.0), torch.zeros(5, 3)),
    ):
        for parameter in block.parameters():
            torch.nn.init.zeros_(parameter)
        torch.testing.assert_close(block(x), expected)
    values = small()(torch.rand(200, 4) * 2 - 1)
    assert values.shape == (200, 2)
    assert values.abs().max() <= 1


@pytest.mark.parametrize("change", [{"widths": [8, 24]}, {"depth": 2}, {"omega": 5.0}])
def test_every_configuration_entry_changes_the_network(change):
    x = torch.linspace(-1, 1, 40).view(10, 4)
    assert not torch.allclose(small()(x), small(**change)(x))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widths": []}, r"widths must be numbers >= 1, at least one, got \(\)"),
        ({"depth": -1}, "depth must be >= 0, got -1"),
        ({"omega": 0}, "omega must be > 0, got 0"),
    ],
)
def test_bad_configuration_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        small(**change)
    with pytest.raises(TypeError, match="width"):
        small(width=3)


def test_the_sampler_picks_and_blends_outputs():
    field = small()
    axes = tuple(torch.linspace(-1, 1, n) for n in (3, 12, 13, 14))
    with torch.inference_mode():
        rows = field(torch.cartesian_prod(*axes)).view(3, 12, 13, 14, 2)
        for latent, expected in (
            (field.latent("b"), rows[..., 1]),
            (torch.tensor([0.25, 0.75]), 0.25 * rows[..., 0] + 0.75 * rows[..., 1]),
        ):
            torch.testing.assert_close(field.sampler(latent)(axes), expected, atol=1e-6, rtol=0)


def test_one_row_has_a_target_for_every_variable():
    kept = KeptSamples.read(blob_series(("a", "b")), 2, 1)
    (rows,) = CoordNet(kept.domain, **SMALL).training_rows(kept.values)
    assert len(rows) == kept.values[0].numel()
    coordinates, targets, mask = rows.batch(torch.tensor([0, 7, 6 * 6 * 6 + 1]))
    assert mask is None
    torch.testing.assert_close(targets[2], torch.stack([v[1, 0, 0, 1] for v in kept.values]))
    torch.testing.assert_close(coordinates[1], torch.tensor([-1, -1, 2 * 2 / 11 - 1, 2 * 2 / 11 - 1]))


def test_gradients_reach_every_parameter_and_groups_hold_each_once():
    field = small(widths=[8, 32])
    field.loss(0, torch.rand(20, 4), torch.rand(20, 2), None, None).backward()
    assert all(p.grad is not None and p.grad.any() for p in field.parameters())
    groups = field.parameter_groups()
    ids = [id(p) for group in groups.values() for p in group]
    assert len(ids) == len(set(ids)) == len(list(field.parameters()))
    assert groups["matrices"]
    assert field.epoch_penalty() is None


def test_it_learns_two_variables_and_comes_back_from_its_file(tmp_path):
    series = blob_series(("a", "b"))
    fit(series, tmp_path / "c.stsr", field="coordnet", configuration=SMALL, recipe=QUICK)
    field = checkpoint.load(tmp_path / "c.stsr")
    for variable in series:
        values = evaluate(field, variable.grid, variable.times, variable.name, device="cpu")
        assert 20 - 10 * math.log10(np.mean((values - variable.array()) ** 2)) > 27


def test_a_stopped_run_resumes_exactly(tmp_path):
    series, settings = blob_series(("a", "b")), {"configuration": SMALL, "recipe": replace(QUICK, epochs=2)}
    whole = fit(series, field="coordnet", **settings)
    steps = iter([False] * 20 + [True])
    path = tmp_path / "c.stsr"
    fit(series, path, field="coordnet", should_stop=lambda: next(steps), **settings)
    for name, tensor in resume(path, series).state_dict().items():
        torch.testing.assert_close(tensor, whole.state_dict()[name], rtol=0, atol=0)


def test_variables_on_different_grids_or_times_are_refused_in_one_sentence():
    parts = [VolumeSeries.from_arrays({"a": moving_blob()})]
    for shape in ((9, 12, 12, 10), (5, 12, 12, 12)):
        series = VolumeSeries.merged([*parts, VolumeSeries.from_arrays({"b": moving_blob(shape)})])
        with pytest.raises(
            ValueError, match=r"coordnet .* must have the same grid and times; a keeps .* b keeps"
        ):
            create("coordnet", KeptSamples.read(series).domain, SMALL)
