"""Any grid, any times, any variable: the one way to values."""

import numpy as np
import pytest
import torch
from models import blob_series, small_siren

from stsr_core.coordinates import OutsideTrainedRange
from stsr_core.fields import create, field_class
from stsr_core.fields.interpolation import TricubicLinear
from stsr_core.grid import Grid
from stsr_core.inference import blended, default_tile, evaluate, resolve_device, tiles
from stsr_core.interrupts import Stopped
from stsr_core.sampling import KeptSamples


@pytest.mark.parametrize("tile", [1, 7, 100, 12**3, 10**6])
def test_the_result_does_not_depend_on_the_tile(tile):
    field = small_siren()
    grid = field.domain[0].grid.with_shape((5, 6, 7))
    whole = evaluate(field, grid, [10, 12.5], "a", tile=10**9, device="cpu")
    assert whole.shape == (2, 5, 6, 7)
    np.testing.assert_allclose(
        evaluate(field, grid, [10, 12.5], "a", tile=tile, device="cpu"), whole, atol=5e-6
    )


def test_tiles_cover_every_element_once():
    for tile in (1, 3, 5, 8, 24, 200):
        count = np.zeros((2, 3, 4, 5), int)
        for part in tiles(count.shape, tile):
            assert 1 <= count[part].size <= tile
            count[part] += 1
        assert (count == 1).all()


@pytest.mark.parametrize("kind", ["motion", "mixture"])
def test_what_reads_frames_is_evaluated_in_slabs_of_some_layers(kind):
    field = create(kind, KeptSamples.read(blob_series()).domain)
    for steps in (1, 100):
        tile = default_tile(field, torch.device("cpu"), steps * 256**3)
        assert 8 * 256**2 < tile <= 2**30 / field.bytes_per_sample()


def test_physical_positions_decide_not_indices():
    field = small_siren()
    full = evaluate(field, field.domain[0].grid, [10, 11], "a", device="cpu")
    part = Grid((3, 3, 3), origin=(2, 3, 4), spacing=(1, 1, 1))
    values = evaluate(field, part, [11], "a", device="cpu")
    np.testing.assert_allclose(values[0], full[1, 2:7:2, 2:7:2, 2:7:2], atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_leave_in_the_dtype_they_came_with(dtype):
    field = small_siren(dtype=dtype)
    assert evaluate(field, field.domain[0].grid, [10], "a").dtype == dtype


def test_two_calls_agree_bit_by_bit():
    field = small_siren()
    first, second = (evaluate(field, field.domain[0].grid, [10.3], "a", device="cpu") for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_progress_rises_to_one_and_an_abort_comes_within_one_tile():
    field = small_siren()
    seen: list[float] = []
    evaluate(field, field.domain[0].grid, [10, 11], "a", on_progress=seen.append)
    assert len(seen) >= 20
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1)
    with pytest.raises(Stopped):
        evaluate(
            field,
            field.domain[0].grid,
            [10],
            "a",
            on_progress=seen.append,
            should_abort=lambda: len(seen) > 30,
        )


def test_out_of_memory_halves_the_tile_and_gives_the_same_values():
    field = small_siren()
    expected = evaluate(field, field.domain[0].grid, [10], "a", device="cpu")
    sampler_of = field.sampler
    sizes: list[int] = []

    class Limited(torch.nn.Module):
        """The same field on a device with room for 300 samples."""

        domain = field.domain
        latent = staticmethod(field.latent)
        bytes_per_sample = staticmethod(field.bytes_per_sample)

        def sampler(self, latent, variable=None):
            inner = sampler_of(latent, variable)

            def sample(axes):
                sizes.append(int(np.prod([len(a) for a in axes])))
                if sizes[-1] > 300:
                    raise torch.cuda.OutOfMemoryError("no room")
                return inner(axes)

            return sample

    values = evaluate(Limited(), field.domain[0].grid, [10], "a", device="cpu", tile=1728)
    np.testing.assert_allclose(values, expected, atol=5e-6)
    assert max(sizes) == 1728


def test_weights_blend_latents_and_value_ranges():
    kept = KeptSamples.read(blob_series(("a", "b")))
    field = TricubicLinear.from_samples(kept.domain, dict(zip(kept.domain.names, kept.values, strict=True)))
    grid = kept.domain[0].grid
    a, b = (evaluate(field, grid, [12], name) for name in ("a", "b"))
    np.testing.assert_allclose(evaluate(field, grid, [12], {"a": 1.0, "b": 0.0}), a, atol=1e-5)
    middle = evaluate(field, grid, [12], {"a": 0.5, "b": 0.5})
    np.testing.assert_allclose(middle, (a + b) / 2, atol=2e-2)
    latent, _, domain = blended(field, {"b": 0.25, "a": 0.75})
    assert latent.tolist() == [0.75, 0.25]
    assert domain.name == "b"


def test_words_for_what_is_not_there():
    field = small_siren()
    with pytest.raises(ValueError, match="the model has no variable 'q'; it has a"):
        evaluate(field, field.domain[0].grid, [10], "q")
    with pytest.raises(ValueError, match="device must be auto, cpu"):
        resolve_device("gpu7")
    with pytest.raises(ValueError, match="direction matrix"):
        evaluate(field, Grid((2, 2, 2), direction=(0, 1, 0, 1, 0, 0, 0, 0, 1)), [10], "a")
    with pytest.raises(ValueError, match="out must have shape"):
        evaluate(field, field.domain[0].grid, [10], "a", out=np.empty((1, 2, 2, 2)))


@pytest.mark.parametrize("kind", ["modulated_siren", "cubic", "nearest"])
def test_a_time_outside_the_trained_range_shows_its_end_with_one_warning(kind):
    """Networks and interpolations alike; blob_series has the times 10 to 18."""
    kept = KeptSamples.read(blob_series())
    field = small_siren() if kind == "modulated_siren" else interpolating(kind, kept)
    grid = kept.domain[0].grid
    first, last = evaluate(field, grid, [10, 18], "a", device="cpu")
    with pytest.warns(OutsideTrainedRange) as told:
        before, inside, after, later = evaluate(field, grid, [9, 11, 18.5, 40], "a", device="cpu")
    sentence = "3 of 4 times (9 to 40) are outside the trained range 10 to 18; showing 10 and 18"
    assert [str(w.message) for w in told] == [sentence]
    assert told[0].filename == __file__, "the warning names the caller"
    for shown, expected in ((before, first), (after, last), (later, last)):
        np.testing.assert_allclose(shown, expected, atol=1e-6)
    assert np.abs(inside - first).max() > 1e-3
    with pytest.warns(OutsideTrainedRange, match=r"^time 19 is outside .* 10 to 18; showing 18$"):
        np.testing.assert_allclose(evaluate(field, grid, [19], "a", device="cpu")[0], last, atol=1e-6)


def test_rounding_at_an_end_is_not_outside():
    field = small_siren()
    evaluate(field, Grid((1, 1, 1), (1, 2, 3)), [18 + 1e-12], "a", device="cpu")


def interpolating(kind, kept):
    """The interpolation of a kind through kept samples."""
    samples = dict(zip(kept.domain.names, kept.values, strict=True))
    return field_class(kind).from_samples(kept.domain, samples)
