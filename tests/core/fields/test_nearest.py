"""The nearest kept sample as a field."""

import numpy as np
import pytest
import torch
from models import blob_series

from stsr_core.fields.interpolation.axis_basis import AxisBasis
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.series import VolumeSeries
from stsr_core.training import fit


def test_a_middle_belongs_to_the_lower_node_also_after_rounding_to_float32():
    nodes = np.linspace(-1, 1, 64)[::2]
    middles = np.linspace(-1, 1, 64)[1:-1:2].astype(np.float32).astype(np.float64)
    basis = AxisBasis(nodes, "nearest")
    first, weights = basis.weights(middles)
    np.testing.assert_array_equal(first + weights.argmax(1), np.arange(31))
    assert set(np.unique(weights)) == {0.0, 1.0}
    first, weights = basis.weights(np.array([-5.0, nodes[3] + 0.6 * 2 / 31.5, 5.0]))
    np.testing.assert_array_equal(first + weights.argmax(1), [0, 4, 31])


def test_the_series_is_held_in_blocks(tmp_path):
    series = blob_series(("a", "b"))
    fit(series, tmp_path / "nearest.stsr", field="nearest", spatial_factor=2, temporal_gap=3)
    field = checkpoint.load(tmp_path / "nearest.stsr")
    truth = series["b"].array()
    values = evaluate(field, series["b"].grid, series["b"].times, "b", device="cpu")
    kept = truth[::4, ::2, ::2, ::2]
    held = kept.repeat(2, 1).repeat(2, 2).repeat(2, 3)[[0, 0, 0, 1, 1, 1, 1, 2, 2]]
    np.testing.assert_allclose(values, held, atol=1e-5)


@pytest.mark.filterwarnings("ignore::stsr_core.OutsideTrainedRange")
def test_nearness_is_of_physical_times():
    series = VolumeSeries.from_arrays(
        {"a": np.arange(3, dtype=np.float32).reshape(3, 1, 1, 1)}, Grid((1, 1, 1)), [0.0, 1.0, 9.0]
    )
    field = fit(series, field="nearest")
    values = evaluate(field, Grid((1, 1, 1)), [-1, 0.5, 0.6, 5.0, 5.1, 99], "a", device="cpu")
    np.testing.assert_array_equal(values.ravel(), [0, 0, 1, 1, 2, 2])


def test_a_blend_is_the_weighted_sum_and_nothing_can_be_configured():
    series = blob_series(("a", "b"))
    field = fit(series, field="nearest", spatial_factor=3)
    axes = tuple(torch.linspace(-1, 1, n) for n in (4, 5, 6, 7))
    latents = field.latent("a"), field.latent("b"), torch.tensor([0.25, 0.75])
    a, b, blend = (field.sampler(latent)(axes) for latent in latents)
    torch.testing.assert_close(blend, 0.25 * a + 0.75 * b)
    with pytest.raises(TypeError, match="kernel"):
        fit(series, field="nearest", configuration={"kernel": "cubic"})
