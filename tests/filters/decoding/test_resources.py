"""What a decoder may take of this machine."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.io import required_bytes
from stsr_core.memory import total_memory
from stsr_core.request.mix import Mix
from stsr_filters import STSRModel
from stsr_filters.decoding.cache import StepCache
from stsr_filters.decoding.decoder import Decoder
from stsr_filters.decoding.order import Order, Performance, model_key
from stsr_filters.decoding.resources import cache_capacity, largest_factor

SMALL = Grid((8, 8, 8), (1.0, 2.0, 3.0), (0.2, 0.5, 1.0))


def decode(decoder, model, grid, name, time=1.0):
    order = Order(model_key(model), grid, ((name, Mix.of(name, time)),))
    return decoder.decode(order, Performance("cpu"), lambda *_: None, lambda: False)


def test_memory_is_checked_beforehand(model):
    assert required_bytes(Grid((10, 10, 10)), 1, {"a": "float32", "b": "float64"}) == 12000
    huge = Grid((100_000, 100_000, 1000))
    with pytest.raises(
        MemoryError, match=r"1000 x 100000 x 100000 nodes and 1 variables needs 36\.4 TiB of memory"
    ):
        decode(Decoder(), model, huge, "u")
    assert largest_factor(huge, {"a": "float32"}) == 1.0
    assert largest_factor(Grid((2, 2, 2)), {"a": "float32"}) == 16.0


@pytest.fixture
def tight(monkeypatch):
    """A decoder on a machine with room for three steps, those it keeps included."""
    step = 4 * SMALL.size
    cache = StepCache()
    monkeypatch.setattr("stsr_core.memory.available_memory", lambda: 3 * step - cache.n_bytes)
    return Decoder(cache), cache, step


def test_kept_steps_give_way_to_new_ones(tight, model):
    """With room for three steps every new one is decoded, and as many are kept as fit beside it."""
    decoder, cache, step = tight
    for time in (0.0, 0.5, 1.0, 1.5, 2.0):
        assert decode(decoder, model, SMALL, "u", time).device == "cpu"
        assert cache.n_bytes <= 3 * step
    assert cache.n_bytes == 3 * step
    for time in (1.0, 1.5, 2.0):
        assert decode(decoder, model, SMALL, "u", time).device == "cache"


def test_what_never_fits_is_refused_and_the_next_step_works(tight, model):
    decoder, _, _ = tight
    decode(decoder, model, SMALL, "u")
    with pytest.raises(MemoryError, match="an output of 16 x 16 x 16 nodes and 1 variables needs"):
        decode(decoder, model, Grid((16, 16, 16)), "u")
    assert decode(decoder, model, SMALL, "u").device == "cpu", "the kept step gave way"


def test_a_filter_goes_on_where_memory_is_short(model, monkeypatch):
    source = STSRModel()
    source.SetFileName(model)
    cache = source._decoder._steps
    step = 2 * 4 * 13 * 11 * 9
    monkeypatch.setattr("stsr_core.memory.available_memory", lambda: 3 * step - cache.n_bytes)
    for time in (0.0, 0.5, 1.0, 1.5, 2.0):
        source.UpdateTimeStep(time)
        assert source.GetLastError() == ""
        assert source.GetOutputDataObject(0).GetNumberOfPoints() == 13 * 11 * 9


def test_the_cache_is_bounded_in_bytes():
    def values(n):
        return np.zeros(n, np.float32)

    cache = StepCache()
    cache.keep({"a": values(10)}, 100)
    cache.keep({"large": values(26)}, 100)
    assert (cache.n_bytes, list(cache.take(["a", "large"]))) == (40, ["a"]), "a step too large is not kept"
    for i in range(5):
        cache.keep({(i, "u"): values(5), (i, "p"): values(5)}, 100)
    assert cache.n_bytes == 100, "five arrays"
    assert cache.has([(4, "u"), (3, "p")])
    assert not cache.has([(4, "u"), (2, "u")])
    cache.drop(lambda key: key[1] == "u")
    assert cache.n_bytes == 60
    cache.keep({"b": values(1)}, 4)
    assert (cache.n_bytes, cache.drop_oldest(), cache.drop_oldest()) == (4, True, False)
    assert 0 < cache_capacity() <= total_memory() // 8


def test_filters_on_one_model_share_what_was_decoded(model):
    first, second = STSRModel(), STSRModel()
    for source in (first, second):
        source.SetFileName(model)
        source.UpdateTimeStep(1.0)
    assert "from the cache" in second.GetStatus()
    second.UpdateTimeStep(2.0)
    assert first._decoder._field[1] is second._decoder._field[1], "one copy of the model"
    first.SetCacheSize(1)
    assert first._decoder.capacity == 1 << 20
    first.SetCacheSize(0)
    assert first._decoder.capacity == cache_capacity()
    first.SetCacheSteps(0)  # as states of older versions have it
    first.UpdateTimeStep(2.0)
    assert "from the cache" not in first.GetStatus()


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
