"""Error bars: from the kept data alone, 0 on what was kept, and wide enough for nine values in ten."""

from __future__ import annotations

import numpy as np
import pytest
from models import moving_blob

from stsr_core.fields.interpolation.field import Cubic
from stsr_core.inference import evaluate
from stsr_core.inference.beside import evaluate_beside
from stsr_core.inference.upscaling import upscale
from stsr_core.io import open_series
from stsr_core.model import checkpoint, container
from stsr_core.request.extras import Quantity
from stsr_core.series import VolumeSeries
from stsr_core.training import fit

KEPT = {"spatial_factor": 2, "temporal_gap": 1, "device": "cpu"}


def series(values=None, scale=1.0):
    return VolumeSeries.from_arrays(
        {"a": scale * (moving_blob((9, 16, 16, 16)) if values is None else values)}
    )


def bars(field, time, quantity=Quantity.HALF_WIDTH):
    return evaluate_beside(field, field.domain[0].full_grid, time, "a", quantity, device="cpu")


@pytest.fixture(scope="module")
def field():
    return fit(series(), field="motion", **KEPT)


def test_most_values_lie_within_the_interval_and_it_is_no_wider_than_the_data(field):
    truth = series()["a"]
    inside = (slice(0, 15),) * 3
    within, widths = [], []
    for i in (1, 3, 5, 7):
        found = evaluate(field, truth.grid, [i], "a", device="cpu")[0]
        half = bars(field, float(i))
        within.append((np.abs(found - truth.step(i)) <= half)[inside])
        widths.append(half[inside])
    assert np.mean(within) > 0.7
    assert np.mean(widths) < 0.2 * np.ptp(truth.step(1))


def test_kept_samples_are_certain_and_what_lies_between_is_not(field):
    for quantity in (Quantity.HALF_WIDTH, Quantity.STANDARD_ERROR):
        kept = bars(field, 4.0, quantity)
        assert np.abs(kept[::2, ::2, ::2]).max() < 1e-6 * kept.max()
        assert kept[1::2].min() > 0
        assert bars(field, 5.0, quantity)[::2, ::2, ::2].min() > 0, "between two steps"
    nodes = (slice(None, None, 2),) * 3
    assert bars(field, 4.25)[nodes].mean() < bars(field, 5.0)[nodes].mean()


def test_values_ten_times_larger_have_errors_ten_times_larger(field):
    larger = fit(series(scale=10.0), field="motion", **KEPT)
    np.testing.assert_allclose(bars(larger, 5.0), 10 * bars(field, 5.0), rtol=1e-3)


def test_constant_values_are_certain():
    still = fit(series(np.full((9, 8, 8, 8), 3.0, np.float32)), field="motion", **KEPT)
    assert np.all(bars(still, 3.0) == 0)


def test_tiles_change_nothing_and_a_file_brings_them_back(field, tmp_path):
    path = tmp_path / "m.stsr"
    fit(series(), path, field="motion", **KEPT)
    again = checkpoint.load(path)
    np.testing.assert_array_equal(bars(again, 5.0), bars(field, 5.0))
    grid = field.domain[0].full_grid
    tiled = evaluate_beside(field, grid, 5.0, "a", Quantity.HALF_WIDTH, device="cpu", tile=100)
    np.testing.assert_allclose(tiled, bars(field, 5.0), rtol=1e-4, atol=1e-7)


def test_too_few_steps_have_none():
    two = fit(series(moving_blob((3, 8, 8, 8))), field="motion", **KEPT)
    with pytest.raises(ValueError, match="a: error bars need three kept steps to rehearse with, got 2"):
        two.spread("a")
    assert not hasattr(Cubic, "spread")


@pytest.mark.parametrize("kind", ["motion", "mixture"])
def test_a_model_written_before_them_still_loads_and_says_that_it_has_none(kind, tmp_path):
    path = tmp_path / "older.stsr"
    network = {"width": 16, "depth": 2, "latent_length": 2}
    quick = {"epochs": 1, "configuration": {"network": network, "rehearsal_steps": 5}}
    written = fit(series(), path, field=kind, **KEPT, **(quick if kind == "mixture" else {}))
    header = checkpoint.read_header(path)
    tensors = {k: v for k, v in written.state_dict().items() if k.split(".")[-1] != "errors"}
    assert len(tensors) < len(written.state_dict())
    container.write(path, checkpoint.FIELD, checkpoint.header_to_json(header), tensors)
    older = checkpoint.load(path)
    grid = written.domain[0].full_grid
    values = [evaluate(f, grid, [5.0], "a", device="cpu") for f in (older, written)]
    np.testing.assert_array_equal(*values)
    with pytest.raises(ValueError, match="a: error bars are learnt while fitting, and this model has none"):
        older.spread("a")


def test_one_missing_tensor_that_is_none_of_theirs_is_an_error(field, tmp_path):
    path = tmp_path / "m.stsr"
    fit(series(), path, field="motion", **KEPT)
    header = checkpoint.header_to_json(checkpoint.read_header(path))
    tensors = {k: v for k, v in field.state_dict().items() if k != "weights"}
    container.write(path, checkpoint.FIELD, header, tensors)
    with pytest.raises(checkpoint.CheckpointError, match="weights"):
        checkpoint.load(path)


def test_they_leave_as_files(field, tmp_path):
    out = tmp_path / "out.pvd"
    upscale(field, out, times=[5.0], uncertainty="interval", device="cpu")
    written = open_series(out)
    assert set(written.names) == {"a", "a_standard_error", "a_lower", "a_upper"}
    value, low, high = (written[name].step(0) for name in ("a", "a_lower", "a_upper"))
    assert np.all(low <= value) and np.all(value <= high) and np.any(low < high)
