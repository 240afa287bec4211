"""Which samples are kept, how they are normalised, and the order they are visited in."""

import hashlib

import numpy as np
import pytest
import torch

from stsr_core.grid import Grid
from stsr_core.kept import Kept, kept_of, kept_steps, subsample
from stsr_core.sampling import GridRows, KeptSamples, Shuffle, minibatches
from stsr_core.series import VolumeSeries


def series_of(values: np.ndarray, **keywords) -> VolumeSeries:
    return VolumeSeries.from_arrays({"v": values}, **keywords)


@pytest.mark.parametrize(
    ("n_steps", "gap", "count", "last"),
    [
        (100, 3, 25, 97),
        (100, 5, 17, 97),
        (150, 7, 19, 145),
        (150, 3, 38, 149),
        (90, 3, 23, 89),
        (48, 3, 12, 45),
    ],
)
def test_kept_steps_follow_the_table_of_the_specification(n_steps, gap, count, last):
    kept = kept_steps(n_steps, gap)
    assert (len(kept), kept[-1] + 1) == (count, last)


def test_subsample_keeps_strided_voxels_and_their_positions():
    values = np.arange(5 * 7 * 6 * 4, dtype=np.float32).reshape(5, 7, 6, 4)
    grid = Grid((7, 6, 4), origin=(1, 2, 3), spacing=(0.5, 1, 2))
    coarse = subsample(series_of(values, grid=grid, times=[0, 1, 4, 5, 9]), 2, 1)["v"]
    np.testing.assert_array_equal(coarse.array(), values[::2, ::2, ::2, ::2])
    assert coarse.grid == Grid((4, 3, 2), (1, 2, 3), (1, 2, 4))
    assert coarse.times.tolist() == [0, 4, 9]


@pytest.mark.parametrize("factor", [0, -1, 1.5, float("nan")])
def test_a_bad_spatial_factor_is_refused(factor):
    with pytest.raises(ValueError, match="spatial factor must be a whole number >= 1"):
        subsample(series_of(np.zeros((1, 2, 2, 2), np.float32)), factor)


@pytest.mark.parametrize("gap", [-1, 0.5, float("inf")])
def test_a_bad_temporal_gap_is_refused(gap):
    with pytest.raises(ValueError, match=f"temporal gap must be a whole number >= 0, got {gap}"):
        subsample(series_of(np.zeros((1, 2, 2, 2), np.float32)), 1, gap)


def two_variables() -> VolumeSeries:
    draw = np.random.default_rng(0)
    return VolumeSeries.from_arrays({n: draw.random((7, 6, 5, 4), np.float32) for n in ("a", "b")})


def test_each_variable_can_have_its_own_factor_and_gap():
    series = two_variables()
    coarse = subsample(series, (2, 1), [0, 2])
    np.testing.assert_array_equal(coarse["a"].array(), series["a"].array()[:, ::2, ::2, ::2])
    np.testing.assert_array_equal(coarse["b"].array(), series["b"].array()[::3])
    kept = KeptSamples.read(series, (2, 1), [0, 2])
    assert [tuple(v.shape) for v in kept.values] == [(7, 3, 3, 2), (3, 6, 5, 4)]
    assert [v.grid for v in kept.domain] == [v.grid for v in coarse]
    assert kept.domain[1].times == (0, 3, 6)
    content = b"".join(np.ascontiguousarray(v.array()).tobytes() for v in coarse)
    assert kept.data_hash == hashlib.sha256(content).hexdigest()


def test_one_number_is_the_same_number_for_each_variable():
    series = two_variables()
    assert kept_of(series, 2, 3) == kept_of(series, [2, 2], np.array([3, 3])) == {n: Kept(2, 3) for n in "ab"}
    hashes = {KeptSamples.read(series, *kept).data_hash for kept in ((2, 3), ([2, 2], 3), ((2, 2), (3, 3)))}
    assert len(hashes) == 1
    assert kept_of(series) == {n: Kept() for n in "ab"}


@pytest.mark.parametrize("numbers", [[2], [2, 2, 2], ()])
def test_more_or_fewer_numbers_than_variables_are_refused(numbers):
    words = rf"must be one number, or one for each of the 2 variables \(a, b\), got {len(numbers)}$"
    with pytest.raises(ValueError, match=f"^spatial factor {words}"):
        KeptSamples.read(two_variables(), numbers)
    with pytest.raises(ValueError, match=f"^temporal gap {words}"):
        subsample(two_variables(), 1, numbers)
    with pytest.raises(ValueError, match="spatial factor must be a whole number >= 1, got 0"):
        subsample(two_variables(), [2, 0])


def test_kept_samples_are_normalised_over_the_whole_series_and_come_back():
    values = np.random.default_rng(0).normal(1e4, 3, (3, 4, 4, 4))
    kept = KeptSamples.read(series_of(values))
    back = kept.domain[0].normalization.decode(kept.values[0].double().numpy())
    assert kept.values[0].dtype == torch.float32
    assert float(kept.values[0].min()) == pytest.approx(-1, abs=1e-6)
    assert float(kept.values[0].max()) == pytest.approx(1, abs=1e-6)
    # Digits that float32 would lose at an offset of 1e4 survive.
    np.testing.assert_allclose(back, values, atol=2e-6)


def test_a_constant_series_becomes_zero_and_decodes_to_the_constant():
    kept = KeptSamples.read(series_of(np.full((2, 2, 2, 2), 7.25, np.float32)))
    assert not kept.values[0].any()
    assert kept.domain[0].normalization.decode(np.zeros(1)) == 7.25


def test_bad_values_are_named_by_step_and_count_or_filled():
    values = np.ones((4, 3, 3, 3), np.float32)
    values[2, 0, 0, :2] = (np.nan, np.inf)
    with pytest.raises(ValueError, match=r"v: step 2 \(time 2\) has 2 NaN or infinite values of 27"):
        KeptSamples.read(series_of(values))
    kept = KeptSamples.read(series_of(values), fill=0.0)
    assert kept.domain[0].normalization.low == 0.0


def test_rows_are_coordinates_and_values_of_kept_samples():
    values = torch.arange(3 * 2 * 4 * 5, dtype=torch.float32).reshape(3, 2, 4, 5)
    kept = KeptSamples.read(series_of(values.numpy()))
    rows = GridRows(kept.domain[0], values)
    coordinates, targets, mask = rows.batch(torch.arange(len(rows)))
    assert mask is None
    torch.testing.assert_close(targets, values.flatten())
    expected = torch.cartesian_prod(*(torch.linspace(-1, 1, n) for n in values.shape))
    torch.testing.assert_close(coordinates, expected)


def test_strided_samples_end_before_plus_one():
    kept = KeptSamples.read(series_of(np.zeros((97, 8, 8, 8), np.float32)), 4, 3)
    coordinates, _, _ = GridRows(kept.domain[0], kept.values[0]).batch(torch.tensor([7]))
    assert coordinates[0, 1:].tolist() == pytest.approx([0.142857, 0.142857, 0.142857], abs=1e-6)


@pytest.mark.parametrize("shard_rows", [7, 16, 1000])
def test_every_row_comes_once_per_epoch_in_an_order_that_the_seed_fixes(shard_rows):
    shuffle = Shuffle(100, 3, torch.device("cpu"), shard_rows)
    whole = shuffle.take(0, 0, 100)
    assert sorted(whole.tolist()) == list(range(100))
    assert whole.tolist() != list(range(100))
    again = Shuffle(100, 3, torch.device("cpu"), shard_rows)
    torch.testing.assert_close(again.take(0, 33, 61), whole[33:61])
    assert again.take(1, 0, 100).tolist() != whole.tolist()


def test_minibatches_take_from_all_variables_in_proportion():
    shuffles = [Shuffle(n, 0, torch.device("cpu")) for n in (90, 10)]
    batches = list(minibatches(shuffles, 20, epoch=0))
    assert [[len(i) for i in b] for b in batches] == [[18, 2]] * 5
    for v, n in enumerate((90, 10)):
        assert sorted(torch.cat([b[v] for b in batches]).tolist()) == list(range(n))
    resumed = list(minibatches(shuffles, 20, epoch=0, first=3))
    torch.testing.assert_close(resumed[0][0], batches[3][0])
