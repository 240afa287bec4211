"""The block partition against a literal split of arrays, and against the numbers of the specification."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stsr_core.coordinates import VariableDomain
from stsr_core.fields.stsr_inr.partition import BlockPartition, BlockRows, axis_blocks
from stsr_core.grid import Grid
from stsr_core.normalize import Normalization


def literal_split(volume: np.ndarray, n_splits: int) -> list[np.ndarray]:
    """Halve arrays (Z, Y, X) along x, y, z, x, …, with a zero slice before odd ones."""
    blocks = [volume]
    for split in range(n_splits):
        axis = 2 - split % 3
        halves = []
        for block in blocks:
            if block.shape[axis] % 2:
                before = [(0, 0)] * 3
                before[axis] = (1, 0)
                block = np.pad(block, before)
            halves += np.split(block, 2, axis=axis)
        blocks = halves
    return blocks


def rows_of(volume: np.ndarray, n_heads: int, scale: int = 1, mask_padding: bool = True) -> BlockRows:
    partition = BlockPartition(volume.shape[1:], n_heads, (scale,) * 3)
    times = torch.linspace(-1, 1, len(volume))
    return BlockRows(partition, times, torch.from_numpy(volume), mask_padding)


def linear(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_eight_heads_of_a_small_volume() -> None:
    _, targets, mask = rows_of(linear((1, 4, 4, 4)), 8).batch(torch.arange(2))
    assert targets[0].tolist() == [0, 32, 8, 40, 2, 34, 10, 42]
    assert targets[1].tolist() == [1, 33, 9, 41, 3, 35, 11, 43]
    assert mask is None


def test_odd_sizes_make_a_block_of_three_by_two_by_two() -> None:
    partition = BlockPartition((3, 4, 5), 8)
    assert partition.block == (2, 2, 3)
    assert len(rows_of(linear((1, 3, 4, 5)), 8)) == 12


@pytest.mark.parametrize("n_splits", range(7))
def test_rows_are_the_literal_split_for_odd_and_even_sizes(n_splits: int) -> None:
    for shape in product((4, 5), (6, 7), (8, 9)):
        volume = linear((2, *shape)) + 1
        rows = rows_of(volume, 2**n_splits)
        _, targets, mask = rows.batch(torch.arange(len(rows)))
        for step in range(2):
            blocks = literal_split(volume[step], n_splits)
            expected = np.stack([block.reshape(-1) for block in blocks], -1)
            half = slice(step * len(expected), (step + 1) * len(expected))
            np.testing.assert_array_equal(targets[half].numpy(), expected)
            if mask is not None:
                np.testing.assert_array_equal(mask[half].numpy(), expected != 0)


@settings(max_examples=40, deadline=None)
@given(shape=st.tuples(*[st.integers(1, 9)] * 3), n_splits=st.integers(0, 7), n_steps=st.integers(1, 2))
def test_every_sample_is_a_target_exactly_once(
    shape: tuple[int, int, int], n_splits: int, n_steps: int
) -> None:
    volume = linear((n_steps, *shape))
    rows = rows_of(volume, 2**n_splits)
    _, targets, mask = rows.batch(torch.arange(len(rows)))
    kept = targets if mask is None else targets[mask]
    assert sorted(kept.flatten().tolist()) == volume.reshape(-1).tolist()


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), n_splits=st.integers(0, 3), scale=st.integers(1, 4))
def test_every_full_node_lies_in_its_own_block(n: int, n_splits: int, scale: int) -> None:
    partition = BlockPartition((1, 1, n), 2 ** (3 * n_splits), (1, 1, scale))
    blocks = partition.axes[2]
    node = np.arange(n * scale)
    number, position = partition.locate(2, node.astype(np.float64))
    starts, firsts = np.array(blocks.starts), np.array(blocks.firsts)
    np.testing.assert_array_equal(starts[number] * scale + position, node)
    assert np.all((node >= firsts[number] * scale) & (position < blocks.length * scale))


def test_block_sizes_of_the_papers_volumes() -> None:
    assert BlockPartition((62, 62, 150), 8, (4, 4, 4)).full_block == (124, 124, 300)
    assert BlockPartition((30, 45, 75), 8, (4, 4, 4)).full_block == (60, 92, 152)
    assert BlockPartition((30, 45, 75), 8, (4, 4, 4)).block == (15, 23, 38)


def test_row_count_of_the_papers_training() -> None:
    rows = BlockRows(
        BlockPartition((62, 62, 150), 8, (4, 4, 4)), torch.zeros(25), torch.empty(25, 62, 62, 150), True
    )
    assert 4 * len(rows) == 7_207_500


def test_coordinates_run_x_first() -> None:
    coordinates, _, _ = rows_of(linear((1, 2, 2, 3)), 1).batch(torch.arange(4))
    assert coordinates[:, 1:].tolist() == [[-1, -1, -1], [-1, -1, 0], [-1, -1, 1], [-1, 1, -1]]
    assert coordinates.dtype == torch.float32


def test_last_training_coordinate_ends_before_one() -> None:
    rows = rows_of(linear((1, 1, 1, 4)), 2, scale=4)
    coordinates, _, _ = rows.batch(torch.arange(2))
    assert coordinates[:, 3].tolist() == pytest.approx([-1, 0.142857], abs=1e-6)
    partition = BlockPartition((1, 1, 75), 1, (1, 1, 4))
    assert partition.local_coordinate(2, np.array([296.0]))[0] == pytest.approx(0.979933, abs=1e-6)


def test_eight_head_numbers_are_x_then_y_then_z() -> None:
    blocks = BlockPartition((4, 4, 4), 8).head_blocks
    assert all(head == 4 * x + 2 * y + z for head, (z, y, x) in enumerate(blocks))
    counts = [len(axis.starts) for axis in BlockPartition((8, 8, 8), 16).axes]
    assert counts == [2, 2, 4]


def test_padding_is_masked_or_trained_as_zero() -> None:
    volume = linear((1, 3, 4, 5)) + 1
    _, targets, mask = rows_of(volume, 8).batch(torch.arange(12))
    assert mask is not None and mask.shape == (12, 8) and int(mask.sum()) == volume.size
    assert torch.all(targets[~mask] == 0)
    _, same, no_mask = rows_of(volume, 8, mask_padding=False).batch(torch.arange(12))
    assert no_mask is None and torch.equal(same, targets)


def test_positions_in_a_gap_go_to_the_nearer_block() -> None:
    partition = BlockPartition((1, 1, 8), 2, (1, 1, 2))
    number, position = partition.locate(2, np.array([7.0, 7.25, 7.75, 8.0, -0.25, 15.5]))
    assert number.tolist() == [0, 0, 1, 1, 0, 1]
    assert position.tolist() == [7, 7.25, -0.25, 0, -0.25, 7.5]
    assert partition.local_coordinate(2, position)[1] > 1


def test_axis_blocks_pad_at_the_low_end() -> None:
    blocks = axis_blocks(5, 2)
    assert blocks.length == 2
    assert blocks.starts == (-2, 0, 1, 3)
    assert blocks.firsts == (0, 0, 2, 3)


def test_scale_follows_from_the_spacings() -> None:
    full = Grid((9, 9, 9), spacing=(0.1, 0.2, 0.3))
    domain = VariableDomain("a", full.every(4), (0.0,), full, (0.0,), Normalization(-1, 1))
    assert BlockPartition.of(domain, 8).scale == (4, 4, 4)
    uneven = VariableDomain(
        "a", Grid((3, 3, 3), spacing=(0.25, 0.4, 0.3)), (0.0,), full, (0.0,), domain.normalization
    )
    with pytest.raises(
        ValueError, match=r"a: coarse spacing must be a whole multiple of the full spacing 0.1, got 0.25"
    ):
        BlockPartition.of(uneven, 8)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"heads must be a power of two, got 6"):
        BlockPartition((4, 4, 4), 6)
    with pytest.raises(ValueError, match=r"values must have shape .* = \(2, 4, 4, 4\), got \(1, 4, 4, 4\)"):
        BlockRows(BlockPartition((4, 4, 4), 8), torch.zeros(2), torch.zeros(1, 4, 4, 4), True)
