"""Values leave in the type they came in: whole numbers are rounded to the nearest and clipped, once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stsr_core.coordinates import VariableDomain
from stsr_core.fields import create
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.io import open_series, write_series
from stsr_core.metrics import max_error, psnr, rmse, ssim, value_range
from stsr_core.model import checkpoint
from stsr_core.normalize import as_type
from stsr_core.series import VolumeSeries
from stsr_core.training import fit

GRID = Grid((4, 5, 6))
TYPES = ["uint8", "int8", "int16", "uint16", "float16", "float32", "float64", "bool"]


def steps(dtype: str) -> np.ndarray:
    """(3, 4, 5, 6): noise from end to end of the type, or in [-2, 2] where it is a type of fractions."""
    random = np.random.default_rng(0)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return random.uniform(-2, 2, (3, *GRID.shape)).astype(kind)
    low, high = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
    return random.integers(low, high, (3, *GRID.shape), endpoint=True).astype(kind)


@pytest.mark.parametrize("dtype", TYPES)
def test_kept_samples_come_back_as_they_were(dtype):
    values = steps(dtype)
    field = fit(VolumeSeries.from_arrays({"a": values}, GRID), field="nearest", device="cpu")
    found = evaluate(field, GRID, [0, 1, 2], "a", device="cpu")
    assert found.dtype == values.dtype
    if values.dtype.kind == "f":
        # Float64 is held as float32 over its range of 4.
        np.testing.assert_allclose(found, values, atol=4e-3 if dtype == "float16" else 1e-6)
    else:
        np.testing.assert_array_equal(found, values)


def test_what_overshoots_is_clipped_not_wrapped():
    """A cubic through a step swings beyond both ends: as uint8 it must not come back at the other end."""
    values = np.zeros((1, 1, 1, 8), np.uint8)
    values[..., 4:] = 255
    series = VolumeSeries.from_arrays({"a": values, "b": values.astype(np.float32)})
    field = fit(series, field="cubic", device="cpu")
    fine = series["a"].grid.refined(4)
    whole, exact = (evaluate(field, fine, [0], name, device="cpu") for name in "ab")
    assert exact.min() < -1 and exact.max() > 256
    np.testing.assert_array_equal(whole, np.clip(np.rint(exact), 0, 255).astype(np.uint8))


def test_a_blend_has_the_type_of_its_first_variable_and_out_its_own():
    series = VolumeSeries.from_arrays({"a": steps("uint8"), "b": steps("float64")}, GRID)
    field = fit(series, field="nearest", device="cpu")
    for first, second, dtype in (("a", "b", np.uint8), ("b", "a", np.float64)):
        assert evaluate(field, GRID, [1], {first: 0.5, second: 0.5}, device="cpu").dtype == dtype
    out = np.empty((1, *GRID.shape), np.float32)
    fine = evaluate(field, GRID, [1], {"a": 0.5, "b": 0.5}, device="cpu", out=out)
    assert fine is out and np.any(out != np.rint(out)), "a caller who brings floats gets them unrounded"


@pytest.mark.parametrize("dtype", TYPES)
def test_the_type_is_kept_in_the_model_file(tmp_path, dtype):
    series = VolumeSeries.from_arrays({"a": steps(dtype)}, GRID)
    fit(series, tmp_path / "m.stsr", field="nearest", device="cpu")
    field = checkpoint.load(tmp_path / "m.stsr")
    assert field.domain[0].dtype == dtype
    assert evaluate(field, GRID, [1], "a", device="cpu").dtype == dtype


@pytest.mark.parametrize("wrong", ["O", "U3", "complex64", "M8[s]"])
def test_a_model_of_what_is_no_number_is_refused(wrong):
    series = VolumeSeries.from_arrays({"a": steps("float32")}, GRID)
    data = fit(series, field="nearest", device="cpu").domain[0].to_json() | {"dtype": wrong}
    with pytest.raises(ValueError, match="the dtype of a must be a type of real numbers"):
        VariableDomain.from_json(data)


def test_old_models_know_two_types():
    series = VolumeSeries.from_arrays({"a": steps("uint8")}, GRID)
    field = fit(series, field="nearest", device="cpu")
    old = VariableDomain.from_json(field.domain[0].to_json() | {"dtype": "float32"})
    again = create(field.kind, type(field.domain)([old]), field.configuration())
    again.load_state_dict(field.state_dict())
    found = evaluate(again, GRID, [0], "a", device="cpu")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], steps("uint8")[0], atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16"])
def test_from_file_to_model_to_file(tmp_path, dtype):
    write_series(tmp_path / "in.h5", VolumeSeries.from_arrays({"a": steps(dtype)}, GRID))
    field = fit(open_series(tmp_path / "in.h5"), field="tricubic_linear", device="cpu")
    fine, times = GRID.refined(2), [0.0, 0.5, 1.0, 1.5, 2.0]
    write_series(
        tmp_path / "out.h5",
        fine,
        times,
        lambda i: {"a": evaluate(field, fine, times[i : i + 1], "a", device="cpu")[0]},
    )
    found = open_series(tmp_path / "out.h5")["a"]
    assert found.dtype == dtype
    kept = found.array()[::2, ::2, ::2, ::2].astype(np.float64)
    np.testing.assert_allclose(kept, steps(dtype).astype(np.float64), rtol=0, atol=1e-6)


floats = st.floats(-(2.0**99), 2.0**99, width=32)


@given(arrays(np.float32, 20, elements=floats), st.sampled_from([t for t in TYPES if t != "bool"]))
def test_no_value_is_further_off_than_rounding_and_the_range_demand(values, dtype):
    found = as_type(values, dtype)
    kind = np.dtype(dtype)
    assert found.dtype == kind and found.shape == values.shape
    information = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    inside = np.clip(values.astype(np.float64), float(information.min), float(information.max))
    slack = 0.5 if kind.kind != "f" else np.abs(inside) * float(np.finfo(kind).eps) + 1e-7
    assert np.all(np.abs(found.astype(np.float64) - inside) <= slack)


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint64"])
def test_the_ends_of_large_integers_do_not_overflow(dtype):
    """Float32 cannot hold 2**31 - 1: what it rounds to is beyond the range, and a cast of it undefined."""
    information = np.iinfo(dtype)
    found = as_type(np.array([-1e30, 1e30], np.float32), dtype)
    assert int(found[0]) == information.min
    assert information.max * 0.9999 < int(found[1]) <= information.max


def test_measures_of_unsigned_numbers_do_not_wrap():
    random = np.random.default_rng(0)
    a, b = (random.integers(0, 256, (12, 12, 12), dtype=np.uint8) for _ in range(2))
    c, d = a.astype(np.float64), b.astype(np.float64)
    assert value_range(a) == value_range(c)
    assert rmse(a, b) == rmse(c, d) == pytest.approx(np.sqrt(np.mean((c - d) ** 2)))
    assert max_error(a, b) == max_error(c, d)
    assert psnr(a, b, data_range=255) == psnr(c, d, data_range=255)
    assert ssim(a, b, data_range=255) == ssim(c, d, data_range=255)
