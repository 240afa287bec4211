"""Missing samples: left out of what is learned, filled for the splines, NaN in the output."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from models import moving_blob

from stsr_core.fields import KINDS
from stsr_core.fields.interpolation.gaps import filled
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.inference import evaluate
from stsr_core.measuring.comparison import compare, with_baselines
from stsr_core.model import checkpoint
from stsr_core.sampling import GridRows, KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit, resume

ABLE = [name for name, kind in KINDS.items() if kind.has_gaps]
SMALL = {"network": {"width": 16, "depth": 2, "latent_length": 3}, "rehearsal_steps": 20}
KEPT = {"spatial_factor": 2, "temporal_gap": 1}


def series_of(values, **options):
    return VolumeSeries.from_arrays({"a": values}, **options)


def blob():
    return moving_blob((9, 13, 13, 13))


def island():
    """Where there is land: a box whose faces are not those of the kept nodes."""
    land = np.zeros((13, 13, 13), bool)
    land[:, 3:8, 4:9] = True
    return land


def with_island():
    values = blob()
    values[:, island()] = np.nan
    return series_of(values)


def learn(series, output=None, kind="motion", **options):
    if kind == "mixture":
        options = {"configuration": SMALL, "epochs": 2, **options}
    return fit(series, output, field=kind, fill="mask", device="cpu", **KEPT, **options)


def at(field, series, times, scale=1.0):
    return evaluate(field, series["a"].grid.refined(scale), times, "a", device="cpu")


@pytest.mark.parametrize("kind", ABLE)
def test_what_is_missing_at_all_kept_steps_is_nan_at_all_times_and_nothing_else_is(kind):
    series = with_island()
    field = learn(series, kind=kind)
    # Of the land the kept nodes 4, 6 along y and 4, 6, 8 along x are seen; middles to the sea are sea.
    expected = np.zeros((13, 13, 13), bool)
    expected[:, 4:7, 4:9] = True
    for values in at(field, series, [0.0, 0.3, 1.0, 4.0, 7.9]):
        np.testing.assert_array_equal(np.isnan(values), expected)


@pytest.mark.parametrize("kind", ["cubic", "motion", "mixture"])
def test_what_is_missing_has_no_say(kind):
    """The sea is as it would be with the land's true values: within the error that is there anyway."""
    series, sea = with_island(), ~island()
    sea[:, 2:9, 3:10] = False
    field, whole = learn(series, kind=kind), learn(series_of(blob()), kind=kind)
    error, usual = (np.abs(at(f, series, [3.0, 5.0]) - blob()[[3, 5]])[:, sea].max() for f in (field, whole))
    assert error < 1.5 * usual + 0.02
    found = at(field, series, [2.0])[0, ::2, ::2, ::2]
    truth = series["a"].step(2)[::2, ::2, ::2]
    known = np.isfinite(truth)
    np.testing.assert_allclose(found[known], truth[known], atol=1e-4)


def test_a_gap_of_one_step_reaches_half_way_to_the_next():
    values = blob()
    values[4, 6, 6, 6] = np.inf
    series = series_of(values)
    field = learn(series)
    gone = np.isnan(at(field, series, [2.9, 3.1, 4.0, 4.9, 5.1])[:, 6, 6, 6])
    assert gone.tolist() == [False, True, True, True, False]
    assert np.isfinite(at(field, series, [4.0])[0, 5, 6, 6]), "the middle between a gap and a sample"


def test_a_step_without_any_sample():
    values = blob()
    values[4] = np.nan
    field = learn(series_of(values))
    gone = np.isnan(at(field, series_of(values), [2.9, 3.1, 4.0, 5.1]))
    assert [bool(step.all()) for step in gone] == [False, True, True, False]
    assert [bool(step.any()) for step in gone] == [False, True, True, False]


@pytest.mark.parametrize("kind", ["motion", "mixture"])
def test_gaps_travel_with_the_model(kind, tmp_path):
    series = with_island()
    field = learn(series, tmp_path / "m.stsr", kind=kind)
    again = checkpoint.load(tmp_path / "m.stsr")
    assert again.domain[0].masked
    np.testing.assert_allclose(at(again, series, [3.5], 1.5), at(field, series, [3.5], 1.5), atol=1e-3)


def test_a_stopped_run_goes_on(tmp_path):
    path, asked = tmp_path / "m.stsr", []

    def stop():
        asked.append(path.exists())
        return sum(asked) > 25

    learn(with_island(), path, "mixture", should_stop=stop, epochs=30)
    assert checkpoint.read_header(path).training["data"]["fill"] == "mask"
    finished = resume(path, with_island(), device="cpu")
    assert np.isnan(at(finished, with_island(), [3.0])).any()
    assert all(torch.isfinite(p).all() for p in finished.network.parameters())


def test_data_without_gaps_is_learned_as_ever(tmp_path):
    plain = fit(series_of(blob()), field="motion", device="cpu", **KEPT)
    masked = learn(series_of(blob()))
    assert masked.domain == plain.domain and not masked.domain[0].masked
    assert masked.state_dict().keys() == plain.state_dict().keys()


def test_it_is_measured_where_both_have_a_value():
    series = with_island()
    fields, seconds = with_baselines(series, learn(series), 0.0, 2, 1, "cpu", "mask")
    for row in compare(series, fields, 2, 1, device="cpu").rows(seconds):
        assert all(np.isfinite(mean) for mean in (row.kept, row.unseen, row.unseen_inside)), row


def test_blends_have_the_gaps_of_all():
    values = blob()
    values[:, 0, 0, 0] = np.nan
    both = VolumeSeries.from_arrays({"a": with_island()["a"].array(), "b": values})
    for kind in ("motion", "mixture"):
        field = learn(both, kind=kind)
        found = evaluate(field, both["a"].grid, [3.0], {"a": 0.5, "b": 0.5}, device="cpu")[0]
        assert np.isnan(found[0, 0, 0]) and np.isnan(found[5, 6, 6]) and np.isfinite(found[5, 1, 1])


def test_ranges_and_rows_are_of_known_samples():
    values = np.ones((2, 2, 2, 2), np.float32)
    values[1], values[0, 0, 0] = 3.0, (np.nan, -np.inf)
    kept = KeptSamples.read(series_of(values), fill="mask")
    assert (kept.domain[0].normalization.low, kept.domain[0].normalization.high) == (1.0, 3.0)
    rows = GridRows(kept.domain[0], kept.values[0])
    _, targets, mask = rows.batch(torch.arange(16))
    assert mask.tolist() == [False] * 2 + [True] * 14
    assert targets.tolist() == [0.0] * 2 + [-1.0] * 6 + [1.0] * 8


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda v: np.full_like(v, np.nan), {}, "a: at least one kept value must not be missing, got none"),
        (
            lambda v: v,
            {"kind": "coordnet"},
            "field must be one of .*, mixture where missing values are left out",
        ),
    ],
)
def test_what_cannot_be_left_out_is_said(change, options, message):
    with pytest.raises(ValueError, match=message):
        learn(series_of(change(blob())), **options)


def test_whole_numbers_cannot_be_missing():
    """As from a pipeline that marks points as blank after a first step without any."""
    steps = [np.zeros((3, 3, 3), np.uint8), np.full((3, 3, 3), np.nan)]
    series = VolumeSeries.from_arrays({"a": np.zeros((2, 3, 3, 3), np.uint8)})
    (variable,) = series.variables
    object.__setattr__(variable, "read", steps.__getitem__)
    with pytest.raises(ValueError, match=r"a: missing values must be of a floating-point type .* got uint8"):
        KeptSamples.read(series, fill="mask")


def test_filled_values_are_smooth_and_known_ones_stay():
    z, y, x = np.meshgrid(*(np.arange(12.0),) * 3, indexing="ij")
    values = torch.from_numpy(np.stack([0.3 * x + 0.1 * y, 0.2 * z - 0.1 * x])).float()
    holed = values.clone()
    holed[:, 4:8, 4:8, 4:8] = torch.nan
    found = filled(holed)
    known = ~holed.isnan()
    assert torch.equal(found[known], holed[known])
    assert float((found - values).abs().max()) < 0.1, "a plane is harmonic"


def test_motion_does_not_see_what_was_filled():
    x = np.arange(32)
    frames = np.stack([np.broadcast_to(np.sin(0.5 * (x - 0.8 * t)), (12, 12, 32)) for t in range(3)])
    frames = torch.from_numpy(frames.copy()).float()[:, None]
    known = torch.ones(3, 12, 12, 32, dtype=torch.bool)
    known[..., 14:20] = False
    spoiled = torch.where(known[:, None], frames, frames.flip(0))  # it would move the other way
    flow = estimate_flow(spoiled, (0.0, 1.0, 2.0), known=known)
    blind = estimate_flow(spoiled, (0.0, 1.0, 2.0))
    error, fooled = (float((f[:, 2, 2:-2, 2:-2, 10:13] - 0.8).abs().mean()) for f in (flow, blind))
    assert error < 0.7 * fooled
