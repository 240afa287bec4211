"""stsr.upscale: what `stsr upscale` does, in Python, from a field or a model file."""

from __future__ import annotations

import numpy as np
import pytest
from models import blob_series, header_of, small_siren

import stsr_core as stsr
from stsr_core.grid import Grid
from stsr_core.inference.latent import interpolated
from stsr_core.model import checkpoint


@pytest.fixture(scope="module")
def field():
    return small_siren(("a", "b"))


def test_a_field_and_its_file_give_the_same(field, tmp_path):
    checkpoint.save(tmp_path / "m.stsr", header_of(field), field)
    seen: list[tuple[float, str]] = []
    for model, name in ((field, "field.pvd"), (tmp_path / "m.stsr", "file.pvd")):
        output = stsr.upscale(
            model,
            tmp_path / name,
            factor=(1, 2, 0.5),  # (z, y, x)
            time_factor=1.5,
            device="cpu",
            on_progress=lambda fraction, text: seen.append((fraction, text)),
        )
    grid = blob_series()["a"].grid.refined((1, 2, 0.5))
    assert output.grid == grid
    assert seen[-1] == (1.0, "step 13 of 13")
    written, again = (stsr.open_series(tmp_path / name) for name in ("field.pvd", "file.pvd"))
    assert written.names == again.names == ("a", "b")
    assert written["a"].grid.matches(grid)
    np.testing.assert_allclose(written["a"].times, 10 + np.arange(13) * 8 / 12)
    assert written["b"].unit == "kg"
    for name in "ab":
        expected = stsr.evaluate(field, grid, written[name].times, name, device="cpu")
        np.testing.assert_allclose(written[name].array(), expected, atol=1e-6)
        np.testing.assert_array_equal(written[name].array(), again[name].array())


def test_a_blend_over_another_grid_at_given_times(field, tmp_path):
    grid, weights = Grid((3, 4, 5), (1.5, 2.5, 3.5), (0.5, 0.5, 0.5)), {"b": 0.25, "a": 0.75}
    choices = {"like": grid, "times": [10.5, 12], "blend": weights, "device": "cpu"}
    stsr.upscale(field, tmp_path / "line.h5", **choices)
    stsr.upscale(field, tmp_path / "arc.h5", interpolation="spherical", **choices)
    for name, way in (("line.h5", "linear"), ("arc.h5", "spherical")):
        found = stsr.open_series(tmp_path / name)["interpolated"]
        latent, _ = interpolated(field, weights, way)
        expected = stsr.evaluate(field, grid, [10.5, 12], weights, latent=latent, device="cpu")
        np.testing.assert_allclose(found.array(), expected, atol=1e-6)
        assert found.unit == "kg"


def test_times_outside_are_told_once_and_keep_the_times_asked_for(field, tmp_path):
    with pytest.warns(stsr.OutsideTrainedRange) as told:
        stsr.upscale(field, tmp_path / "out.h5", dimensions=(2, 2, 2), times=[17, 18, 19, 20], device="cpu")
    sentence = "2 of 4 times (19 to 20) are outside the trained range 10 to 18; showing 18"
    assert [str(w.message) for w in told] == [sentence], "a and b have one range"
    series = stsr.open_series(tmp_path / "out.h5")
    assert series["a"].times.tolist() == [17, 18, 19, 20]
    np.testing.assert_array_equal(series["a"].step(3), series["a"].step(1))


def test_a_grid_beyond_or_outside_the_model_is_told_as_in_the_filters(field, tmp_path):
    wide = Grid((3, 3, 3), (1, 2, 3), (4, 1, 1))
    with pytest.warns(UserWarning, match="values beyond the model's region are extrapolated"):
        stsr.upscale(field, tmp_path / "wide.vti", like=wide, times=[12], device="cpu")
    with pytest.raises(ValueError, match="the grid to match lies outside the model: the region spans X 90"):
        stsr.upscale(field, tmp_path / "far.vti", like=Grid((3, 3, 3), (1, 2, 90)), times=[12])
    assert not (tmp_path / "far.vti").exists()


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"factor": 2, "spacing": 1}, "at most one of factor, dimensions, spacing, like can be chosen, got"),
        ({"times": [1], "time_factor": 2}, "at most one of times, time_factor can be chosen"),
        ({"variables": "a", "blend": {"a": 1}}, "at most one of variables, blend can be chosen"),
        ({"factor": 0}, "Factor must be a finite number > 0, got 0"),
        ({"factor": (1, 2)}, r"factor must be one number or three \(z, y, x\), got 2"),
        ({"dimensions": (2, 2)}, r"dimensions must be three numbers >= 1, got \(2, 2\)"),
        ({"spacing": -1}, "Spacing must be three finite numbers > 0"),
        ({"time_factor": float("nan")}, "Time Factor must be a finite number > 0, got nan"),
        ({"times": [2, 1]}, "times must be finite, strictly increasing and at least one, got 2 1"),
        ({"variables": ["q"]}, "the model has no variable 'q'; it has a, b"),
        ({"blend": {"a": 1.0, "b": -1.0}}, "Weights must be finite numbers >= 0, got -1 for b"),
        ({"blend": {"a": 1.0}, "interpolation": "cubic"}, "interpolation must be linear or spherical"),
        ({"interpolation": "spherical"}, "interpolation is that of a blend"),
    ],
)
def test_what_cannot_be_is_refused_in_words(field, tmp_path, choices, words):
    with pytest.raises(ValueError, match=words):
        stsr.upscale(field, tmp_path / "out.pvd", **choices)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_is_replaced_only_when_asked(field, tmp_path):
    choices = {"dimensions": (2, 2, 2), "times": [10], "variables": "a", "device": "cpu"}
    stsr.upscale(field, tmp_path / "out.vti", **choices)
    before = (tmp_path / "out.vti").read_bytes()
    with pytest.raises(FileExistsError, match=r"out\.vti exists; choose another output, or overwrite it"):
        stsr.upscale(field, tmp_path / "out.vti", **choices)
    assert (tmp_path / "out.vti").read_bytes() == before
    stsr.upscale(field, tmp_path / "out.vti", **{**choices, "times": [18]}, overwrite=True)
    assert (tmp_path / "out.vti").read_bytes() != before
