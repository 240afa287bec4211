"""Input that motion cannot follow, and numbers at the edge: finite, and never far from the better spline."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stsr_core.inference import evaluate
from stsr_core.sampling import KeptSamples
from stsr_core.series import VolumeSeries
from stsr_core.training import fit


def blob(n_steps=9, shape=(12, 12, 16), speed=0.6):
    """A blob that moves along x by ``speed`` nodes a step, (T, Z, Y, X) float64 in [0, 1]."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    around = (z - shape[0] / 2) ** 2 + (y - shape[1] / 2) ** 2
    return np.stack([np.exp(-(around + (x - 4 - speed * t) ** 2) / 12.5) for t in range(n_steps)])


def error_of(kind, values, gap=1, times=None):
    """Root mean square over all steps, over the range of the values; checks what holds of any input."""
    series = VolumeSeries.from_arrays({"a": values}, times=times)
    variable = series["a"]
    field = fit(series, field=kind, temporal_gap=gap, device="cpu")
    found = evaluate(field, variable.grid, variable.times, "a", device="cpu")
    span = float(values.max()) - float(values.min()) or 1.0
    error = (found.astype(np.float64) - values) / span
    assert found.dtype == values.dtype
    assert np.isfinite(found).all()
    assert np.abs(error[:: gap + 1]).max() < 1e-6, "kept samples"
    return np.sqrt(np.mean(error**2))


STEPS = np.arange(9)[:, None, None, None]
HARD = {
    "a feature appears": np.where(STEPS >= 5, blob(), 0),
    "another appears": blob() + np.where(STEPS >= 4, 2 * blob(speed=-0.3), 0),
    "all jumps": np.where(STEPS >= 5, blob()[:, :, ::-1, ::-1], blob()),
    "a step is constant": np.where(STEPS == 4, 0.5, blob()),
    "all is another value at once": np.where(STEPS >= 5, 1.0, 0.0) * np.ones((1, 8, 8, 8)),
    "the mean drifts": blob() + 10 * STEPS,
    "the gain grows": blob() * np.exp(0.5 * STEPS),
    "the gain jumps": np.where(STEPS >= 4, 10, 1) * blob(),
    "it flickers": blob() * np.where(STEPS // 2 % 2, 1, -1),
    "noise": np.random.default_rng(0).standard_normal((9, 8, 8, 8)),
}


@pytest.mark.parametrize("values", HARD.values(), ids=HARD.keys())
def test_what_cannot_be_followed_is_left_to_the_better_spline(values):
    values = values.astype(np.float32)
    motion, *splines = (error_of(kind, values) for kind in ("motion", "tricubic_linear", "cubic"))
    assert 20 * np.log10(motion / min(splines)) < 0.1, "dB"


@pytest.mark.parametrize("n_steps", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 16), (1, 12, 16), (2, 2, 2), (3, 1, 3)])
def test_few_steps_and_flat_axes(n_steps, shape):
    error_of("motion", blob(n_steps, shape).astype(np.float32))


@pytest.mark.parametrize("unit", [1e38, 1e30, 1.0, 1e-30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_unit_does_not_matter(unit, dtype):
    plain = error_of("motion", blob().astype(np.float32))
    assert error_of("motion", (unit * blob()).astype(dtype)) == pytest.approx(plain, rel=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "float16", "bool"])
def test_every_type_comes_back(dtype):
    error_of("motion", (100 * blob()).astype(dtype))


@pytest.mark.parametrize("value", [0.0, -7.5, 1e30])
def test_constants_are_exact(value):
    assert error_of("motion", np.full((5, 6, 6, 6), value, np.float32)) == 0


def test_steps_that_almost_coincide_and_lie_far_apart():
    error_of("motion", blob().astype(np.float32), times=[0, 1e-6, 1, 2, 2.5, 100, 101, 101.01, 150])


@pytest.mark.parametrize("times", [[0, 1, 1, 2], [0, 2, 1, 3], [3, 2, 1, 0], [0, 1, np.nan, 3]])
def test_times_that_do_not_increase_are_refused(times):
    with pytest.raises(ValueError, match="a: times must be finite and strictly increasing, got"):
        VolumeSeries.from_arrays({"a": blob(4)}, times=times)


@pytest.mark.parametrize(
    "values",
    [1e300 * blob(2), 1e-300 * blob(2), 3e38 * (2 * blob(2) - 1), np.float32(1e-40) * blob(2)],
    ids=["huge", "tiny", "wide", "denormal"],
)
def test_ranges_that_float32_cannot_hold_are_refused(values):
    with pytest.raises(ValueError, match=r"a: the range of the values must lie between 1e-37 and 3e\+38"):
        KeptSamples.read(VolumeSeries.from_arrays({"a": values}))


def test_a_large_offset_keeps_its_digits():
    kept = KeptSamples.read(VolumeSeries.from_arrays({"a": 1e12 + blob(2)}))
    plain = KeptSamples.read(VolumeSeries.from_arrays({"a": blob(2)}))
    torch.testing.assert_close(kept.values[0], plain.values[0], atol=1e-3, rtol=0)
