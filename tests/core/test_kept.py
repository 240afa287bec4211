"""Kept samples are one idea: read out of a whole series or at hand step by step, they are the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from models import QUICK, SMALL, moving_blob

from stsr_core.grid import Grid
from stsr_core.kept import Kept, KeptSeries, kept_steps, subsample
from stsr_core.model import checkpoint
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit, resume

FACTORS, GAPS = [2, 3], [1, 0]


def two_grids() -> VolumeSeries:
    """Variables of different grids, types and, with FACTORS and GAPS, different parts kept."""
    times = [0.0, 1.0, 1.5, 4.0, 7.0]
    arrays = {"a": moving_blob((5, 9, 8, 7)), "b": moving_blob((5, 6, 7, 8), phase=1.0, dtype=np.float64)}
    grids = {"a": Grid((9, 8, 7), (1.0, 2.0, 3.0), (0.5, 0.5, 1.0)), "b": Grid((6, 7, 8))}
    parts = [VolumeSeries.from_arrays({n: arrays[n]}, grids[n], times, {n: "kg"}, "s") for n in arrays]
    return replace(VolumeSeries.merged(parts), length_unit="m")


def described(series: VolumeSeries) -> VolumeSeries:
    """The same series when its steps are gone."""

    def gone(i: int) -> np.ndarray:
        raise AssertionError(f"step {i} of the whole series is read")

    return replace(series, variables=tuple(replace(v, read=gone) for v in series))


def at_hand(series: VolumeSeries, factors=FACTORS, gaps=GAPS) -> KeptSeries:
    """What is left of it where only kept voxels of kept steps were ever held."""
    kept = {name: Kept(*both) for name, *both in zip(series.names, factors, gaps, strict=True)}
    steps = {
        v.name: [
            v.step(int(i))[(slice(None, None, kept[v.name].spatial_factor),) * 3].copy()
            for i in kept_steps(len(v.times), kept[v.name].temporal_gap)
        ]
        for v in series
    }
    return KeptSeries.of_steps(described(series), kept, steps)


def test_steps_at_hand_are_the_samples_of_the_series_read_whole():
    series = two_grids()
    whole, parts = KeptSamples.read(series, FACTORS, GAPS), KeptSamples.of(at_hand(series))
    assert parts.data_hash == whole.data_hash
    assert parts.domain == whole.domain
    assert parts.settings == whole.settings == {"spatial_factor": FACTORS, "temporal_gap": GAPS, "fill": None}
    for a, b in zip(parts.values, whole.values, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    coarse = subsample(series, FACTORS, GAPS)
    for variable, part in zip(coarse, at_hand(series).part, strict=True):
        assert (part.grid, part.unit, part.dtype) == (variable.grid, variable.unit, variable.dtype)
        np.testing.assert_array_equal(part.times, variable.times)
        np.testing.assert_array_equal(part.array(), variable.array())


def test_fit_takes_kept_samples_as_they_are(tmp_path):
    series = two_grids()
    settings = {"field": "modulated_siren", "configuration": SMALL, "recipe": QUICK, "seed": 3}
    whole = fit(series, tmp_path / "whole.stsr", spatial_factor=FACTORS, temporal_gap=GAPS, **settings)
    parts = fit(KeptSamples.of(at_hand(series)), tmp_path / "parts.stsr", **settings)
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], tensor, rtol=0, atol=0)
    first, second = (checkpoint.read_header(tmp_path / f"{n}.stsr") for n in ("whole", "parts"))
    assert (first.data_hash, first.domain) == (second.data_hash, second.domain)
    assert first.history[0]["data"] == second.history[0]["data"]
    assert (second.time_unit, second.length_unit) == ("s", "m")


@pytest.mark.parametrize("field", ["tricubic_linear", "nearest"])
def test_interpolations_take_them_too(field):
    series = two_grids()
    whole = fit(series, field=field, spatial_factor=FACTORS, temporal_gap=GAPS)
    parts = fit(KeptSamples.of(at_hand(series)), field=field)
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], tensor, rtol=0, atol=0)


def test_a_run_on_a_series_resumes_on_its_kept_samples(tmp_path):
    series, path = two_grids(), tmp_path / "m.stsr"
    recipe = replace(QUICK, batch_rows=64)
    settings = {
        "field": "modulated_siren",
        "configuration": SMALL,
        "recipe": recipe,
        "spatial_factor": FACTORS,
        "temporal_gap": GAPS,
    }
    whole = fit(series, **settings)
    asked = iter([False, False, True])
    fit(series, path, should_stop=lambda: next(asked), **settings)
    other = KeptSamples.of(at_hand(series, [3, 3]))
    with pytest.raises(ValueError, match="kept samples differ"):
        resume(path, other)
    resumed = resume(path, KeptSamples.of(at_hand(series)))
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor, rtol=0, atol=0)


def test_what_is_kept_already_is_not_thinned_again():
    kept = KeptSamples.of(at_hand(two_grids()))
    for more in ({"spatial_factor": 2}, {"temporal_gap": 1}, {"fill": 0.0}):
        with pytest.raises(ValueError, match="belong to a whole series, got them with kept samples"):
            fit(kept, **more)


def test_a_missing_step_is_noticed():
    series = VolumeSeries.from_arrays({"a": moving_blob((5, 4, 4, 4))})
    with pytest.raises(ValueError, match=r"a: steps must be the 3 that are kept of 5, got 2"):
        KeptSeries.of_steps(series, {"a": Kept(1, 1)}, {"a": [np.zeros((4, 4, 4), np.float32)] * 2})
    short = KeptSeries.of_steps(series, {"a": Kept(2, 1)}, {"a": [np.zeros((4, 4, 4), np.float32)] * 3})
    with pytest.raises(ValueError, match=r"a: step 0 must have shape \(Z, Y, X\) = \(2, 2, 2\)"):
        KeptSamples.of(short)
