"""One compact network: it says what a model says, everywhere, and stands in a file of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from models import SMALL, blob_series

from stsr_core.coordinates import Domain
from stsr_core.fields import create
from stsr_core.inference import evaluate
from stsr_core.inference.latent import interpolated
from stsr_core.model import checkpoint
from stsr_core.model.summary import describe
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import RECIPES, fit, resume
from stsr_core.training.distillation import rows as rows_module
from stsr_core.training.distillation.compact import compact
from stsr_core.training.distillation.distil import between_shares, kept_values, student
from stsr_core.training.distillation.rows import RandomVolumes
from stsr_core.training.session import decibels

KEPT = {"spatial_factor": 2, "temporal_gap": 1}
QUICK = replace(RECIPES["modulated_siren"], minutes=None, epochs=12, batch_rows=512)
MIXTURE = {"network": SMALL, "rehearsal_steps": 20}


def learn(series, output=None, **options):
    """A mixture, then its compact network; both in some passes."""
    settings = {"recipe": QUICK, "configuration": MIXTURE, "device": "cpu", **KEPT, **options}
    return fit(series, output, field="mixture", compact=True, **settings)


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    """The file of a mixture of two members."""
    path = tmp_path_factory.mktemp("mixture") / "m.stsr"
    recipe = replace(QUICK, epochs=4)
    fit(blob_series(("a", "b")), path, field="mixture", recipe=recipe, configuration=MIXTURE, **KEPT)
    return path


def everywhere(field, variable="a", latent=None):
    domain = field.domain.variable("a")
    times = np.linspace(domain.full_times[0], domain.full_times[-1], 7)
    return evaluate(field, domain.full_grid, times, variable, latent=latent, device="cpu")


def psnr(found, expected):
    return 20 * np.log10(np.ptp(expected)) - 10 * np.log10(np.mean((found - expected) ** 2))


def assert_same_weights(a, b):
    for (name, expected), found in zip(a.state_dict().items(), b.state_dict().values(), strict=True):
        assert torch.equal(expected, found), name


def test_it_says_between_the_kept_samples_what_the_model_says(tmp_path):
    """And better than a network of the same passes that saw the kept samples alone."""
    series = blob_series()
    fit(series, tmp_path / "m.stsr", field="motion", **KEPT)
    model = everywhere(checkpoint.load(tmp_path / "m.stsr"))
    recipe, path = replace(QUICK, epochs=60), tmp_path / "c.stsr"
    small = compact(tmp_path / "m.stsr", path, recipe=recipe, configuration=SMALL, device="cpu")
    reached = psnr(everywhere(small), model)
    alone = fit(series, field="modulated_siren", recipe=recipe, configuration=SMALL, device="cpu", **KEPT)
    assert reached > max(25.0, psnr(everywhere(alone), model) + 1.0)
    told = checkpoint.read_header(path).history[-1]["compact_of"]
    assert told["kind"] == "motion"
    assert told["psnr"] == pytest.approx(reached, abs=4.0), "its places and its range are others"


def test_the_file_holds_the_network_alone_and_the_whole_history(tmp_path, mixture):
    path = tmp_path / "c.stsr"
    field = compact(mixture, path, recipe=QUICK, device="cpu")
    source, header = checkpoint.read_header(mixture), checkpoint.read_header(path)
    assert header.kind == "modulated_siren"
    assert header.configuration == field.configuration()
    assert {k: header.configuration[k] for k in SMALL} == SMALL, "as a mixture's own network"
    assert (header.data_hash, header.domain, header.training) == (source.data_hash, source.domain, None)
    assert header.history[:-1] == source.history
    assert header.history[-1]["data"] == source.history[-1]["data"]
    assert f"PSNR against it {header.history[-1]['compact_of']['psnr']:.2f} dB" in describe(header)
    assert path.stat().st_size < mixture.stat().st_size
    np.testing.assert_array_equal(everywhere(checkpoint.load(path)), everywhere(field))


def test_members_have_latent_vectors_and_lie_apart(tmp_path, mixture):
    field = compact(mixture, tmp_path / "c.stsr", recipe=replace(QUICK, epochs=60), device="cpu")
    model = checkpoint.load(mixture)
    each = {name: everywhere(field, name) for name in "ab"}
    for name, other in ("ab", "ba"):
        expected = everywhere(model, name)
        assert psnr(each[name], expected) > psnr(each[other], expected) + 3.0
    latent, _ = interpolated(field, {"a": 1.0, "b": 1.0}, "spherical")
    between = everywhere(field, latent=latent)
    assert np.isfinite(between).all()
    assert min(np.abs(between - values).max() for values in each.values()) > 0.1


def test_fit_makes_a_mixture_and_then_its_network(tmp_path):
    path, told = tmp_path / "c.stsr", []
    field = learn(blob_series(), path, on_progress=told.append)
    header = checkpoint.read_header(path)
    first, second = header.history
    assert header.kind == field.kind == "modulated_siren"
    assert header.training is None
    assert "chosen" in first
    assert second["compact_of"]["kind"] == "mixture"
    fractions = [p.fraction for p in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert_same_weights(field, learn(blob_series()))


def test_stopped_while_it_distils_the_mixture_stands_and_the_rest_resumes(tmp_path):
    path = tmp_path / "c.stsr"

    def learned():
        return path.exists() and "learned" in (checkpoint.read_header(path).training or {})

    field = learn(blob_series(), path, should_stop=learned)
    header = checkpoint.read_header(path)
    assert field.kind == header.kind == "mixture"
    np.testing.assert_allclose(everywhere(checkpoint.load(path)), everywhere(field), atol=1e-5)
    finished = resume(path, blob_series(), device="cpu")
    assert checkpoint.read_header(path).kind == finished.kind == "modulated_siren"
    assert_same_weights(finished, learn(blob_series()))


def test_stopped_in_the_mixture_it_goes_on_to_the_network(tmp_path):
    path = tmp_path / "c.stsr"
    assert learn(blob_series(), path, should_stop=lambda: True).kind == "mixture"
    finished = resume(path, blob_series(), device="cpu")
    assert_same_weights(finished, learn(blob_series()))


def test_a_stopped_network_resumes_exactly(tmp_path, mixture, monkeypatch):
    monkeypatch.setattr(rows_module, "POOL_VOLUMES", 8)  # so few that places have been given up by then
    whole = compact(mixture, tmp_path / "whole.stsr", recipe=QUICK, device="cpu")
    asked = []
    path = tmp_path / "c.stsr"
    compact(mixture, path, recipe=QUICK, device="cpu", should_stop=lambda: asked.append(0) or len(asked) > 60)
    assert checkpoint.read_header(path).training["step"] == 61
    with pytest.raises(ValueError, match="goes on with `stsr compact --resume`"):
        resume(path, blob_series(("a", "b")))
    assert_same_weights(compact(mixture, path, resume=True, device="cpu"), whole)
    with pytest.raises(ValueError, match="nothing to resume, it is no unfinished compact network"):
        compact(mixture, path, resume=True)


def test_another_model_is_no_one_to_go_on_with(tmp_path, mixture):
    path = tmp_path / "c.stsr"
    compact(mixture, path, recipe=QUICK, device="cpu", should_stop=lambda: True)
    other = tmp_path / "other.stsr"
    fit(blob_series(("a", "b")), other, field="motion", **KEPT)
    with pytest.raises(ValueError, match="cannot resume, it is made from another model"):
        compact(other, path, resume=True)


def test_it_begins_where_the_mixtures_own_network_has_come_to(mixture):
    field = checkpoint.load(mixture)
    begun = student(field, 0)
    assert_same_weights(begun, field.network)
    other = student(field, 0, {"width": 16})
    assert other.config.width == 16
    shares = {"shares": [[1.0, 0.95], [0.2, 0.5]]}
    assert between_shares(begun, field, shares) == pytest.approx([0.0, 0.4]), "what it knows is not asked for"
    assert between_shares(other, field, shares) == [0.5, 0.5], "a new one must be told all of it"
    assert between_shares(begun, field, {}) == [0.5, 0.5]


def test_values_that_are_missing_teach_nothing():
    whole = blob_series()["a"]
    truth = whole.array()[::2]
    values = whole.array().copy()
    values[:, :4, :4, :4] = np.nan
    holes = VolumeSeries.from_arrays({"a": values}, whole.grid, whole.times)
    field = learn(holes, fill="mask", recipe=replace(QUICK, epochs=40))
    found = evaluate(field, whole.grid, whole.times[::2], "a", device="cpu")
    assert np.isfinite(found).all()
    assert psnr(found[:, 4:], truth[:, 4:]) > 25.0


def test_what_stands_there_is_not_replaced(tmp_path, mixture):
    path = tmp_path / "c.stsr"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        compact(mixture, path)
    with pytest.raises(ValueError, match="needs a file of its own"):
        compact(mixture, mixture, overwrite=True)
    with pytest.raises(ValueError, match="compact goes with the field mixture, got cubic"):
        fit(blob_series(), field="cubic", compact=True)
    assert path.read_bytes() == b"mine"


def test_random_volumes_cover_time_and_space_evenly():
    kept = KeptSamples.read(blob_series(), 2, 1)
    volumes = RandomVolumes(create("nearest", kept.domain), 0, (3,))
    axes = [volumes.axes(k) for k in range(64)]
    assert np.histogram([float(t) for (t, *_) in axes], 4, (-1, 1))[0].tolist() == pytest.approx(
        [16] * 4, abs=1
    )
    bounds = np.linspace(-1, 1, 6 + 1)
    for _, *space in axes:
        for axis in space:
            assert np.histogram(axis.numpy(), bounds)[0].tolist() == [1] * 6
    assert all(torch.equal(a, b) for a, b in zip(volumes.axes(5), axes[5], strict=True))


def test_axes_and_series_of_one_node_stay_where_they_are():
    flat = VolumeSeries.from_arrays({"a": np.ones((1, 1, 5, 4), np.float32)})
    volumes = RandomVolumes(create("nearest", KeptSamples.read(flat).domain), 0, (0,))
    time, z, *_ = volumes.axes(2)
    assert (time.tolist(), z.tolist()) == ([0.0], [0.0])


def test_large_grids_are_drawn_from_more_coarsely(monkeypatch):
    domain: Domain = KeptSamples.read(blob_series(), 2, 1).domain
    monkeypatch.setattr(rows_module, "LEAST_ROWS", 30)
    monkeypatch.setattr(rows_module, "NODES_PER_ROW", 4)
    assert RandomVolumes(create("nearest", domain), 0, (0,)).shape == (4, 4, 4)
    monkeypatch.setattr(rows_module, "MOST_ROWS", 8)
    monkeypatch.setattr(rows_module, "LEAST_ROWS", 8)
    assert RandomVolumes(create("nearest", domain), 0, (0,)).shape == (2, 2, 2)


def test_kept_samples_come_from_the_field_itself():
    kept = KeptSamples.read(blob_series(("a", "b")), 2, 1)
    field = create("cubic", kept.domain)
    field.fill(kept.values)
    for i, values in enumerate(kept.values):
        torch.testing.assert_close(kept_values(field, i), values, atol=1e-5, rtol=0)
    assert decibels(4.0) == 0.0
