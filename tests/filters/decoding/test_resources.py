"""What a decoder may take of this machine."""

from __future__ import annotations

import re

import pytest

from stsr_core.grid import Grid
from stsr_filters.decoding.decoder import Performance
from stsr_filters.decoding.resources import check_memory, largest_factor, step_bytes


def test_memory_is_checked_beforehand():
    assert step_bytes(Grid((10, 10, 10)), ["float32", "float64"]) == 12000
    huge = Grid((100_000, 100_000, 1000))
    with pytest.raises(
        MemoryError, match=r"1000 x 100000 x 100000 nodes and 1 variables needs 36\.4 TiB of memory"
    ):
        check_memory(huge, ["float32"])
    assert largest_factor(huge, ["float32"]) == 1.0
    assert largest_factor(Grid((2, 2, 2)), ["float32"]) == 16.0


@pytest.mark.parametrize(
    ("performance", "message"),
    [
        (Performance(device="gpu"), "Device must be auto, cpu, cuda, cuda:N or mps, got 'gpu'"),
        (Performance(tile=-1), "Tile Size must be >= 0"),
        (Performance(threads=-2), "Threads must be >= 0"),
    ],
)
def test_performance_is_checked(performance, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        performance.check()
