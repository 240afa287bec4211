"""Latent Interpolate in a plain VTK pipeline: values, sweeps, names that stay, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from vtkmodules.vtkCommonDataModel import vtkDataObject
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.inference.latent import interpolated
from stsr_core.io.vtk import arrays_of, grid_of
from stsr_core.model.checkpoint import load
from stsr_core.request.blend import BlendChoice, BlendMode, parsed_weights
from stsr_filters import LatentInterpolate


@pytest.fixture
def source(model):
    algorithm = LatentInterpolate()
    algorithm.SetFileName(model)
    return algorithm


@pytest.fixture(scope="module")
def mixed(model):
    """What the core says: (grid, time, weights, interpolation) → (Z, Y, X)."""
    field = load(model)

    def values(grid, time, weights, interpolation="linear"):
        latent, _ = interpolated(field, weights, interpolation)
        return evaluate(field, grid, [time], weights, latent=latent, device="cpu")[0]

    return values


def image(algorithm):
    return algorithm.GetOutputDataObject(0)


def values(algorithm):
    return arrays_of(image(algorithm))["interpolated"].copy()


def field_data(algorithm, name):
    array = image(algorithm).GetFieldData().GetAbstractArray(f"interpolated {name}")
    return [array.GetValue(i) for i in range(array.GetNumberOfValues())]


def listed_times(algorithm):
    info = algorithm.GetOutputInformation(0)
    key = vtkStreamingDemandDrivenPipeline.TIME_STEPS()
    return [key.Get(info, i) for i in range(key.Length(info))]


def test_two_members_and_a_weight(source, small_domains, mixed, expected):
    full = small_domains[0].full_grid
    source.SetWeight(0.25)
    source.UpdateTimeStep(1.7)
    assert grid_of(image(source)).matches(full)
    np.testing.assert_allclose(values(source), mixed(full, 1.7, {"u": 0.75, "p": 0.25}), atol=1e-6)
    assert field_data(source, "members") == ["u", "p"]
    assert field_data(source, "weights") == [0.75, 0.25]
    assert source.GetStatus().startswith("u 0.75 + p 0.25: 13 x 11 x 9 nodes at t = 1.7 in")
    assert listed_times(source) == [0.5 * i for i in range(10)], "all steps of the series"
    for weight, name in ((0.0, "u"), (1.0, "p")):
        source.SetWeight(weight)
        source.UpdateTimeStep(1.7)
        np.testing.assert_allclose(values(source), expected(full, 1.7, name), atol=1e-5)
        # The name stays, or else the colours would go with every move of the slider.
        assert list(arrays_of(image(source))) == ["interpolated"]


def test_members_by_name_and_any_resolution(source, small_domains, mixed):
    source.SetFirst("p")
    source.SetWeight(0.25)
    source.SetInterpolation(1)
    source.SetFactor(1.5)
    source.UpdateTimeStep(0.3)
    grid = small_domains[0].full_grid.refined(1.5)
    expected = mixed(grid, 0.3, {"p": 0.75, "u": 0.25}, "spherical")
    np.testing.assert_allclose(values(source), expected, atol=1e-6)
    assert not np.allclose(expected, mixed(grid, 0.3, {"p": 0.75, "u": 0.25}))
    assert source.GetStatus().startswith("p 0.75 + u 0.25 (spherical): 19 x 16 x 13 nodes")
    assert source.GetMemberChoices() == ["(automatic)", "u", "p"]
    source.SetFirst("(automatic)")
    source.SetSecond(None)
    source.UpdateTimeStep(0.3)
    assert source.GetStatus().startswith("u 0.75 + p 0.25")


def test_the_value_range_is_interpolated(source):
    """Both normalised to [−1, 1]: an affine from [−1, 3] and [−1, 5] half-way is the one of [−1, 4]."""
    source.UpdateTimeStep(1.0)
    field = load(source.GetFileName())
    low, high = field.domain[0].normalization, field.domain[1].normalization
    _, between = interpolated(field, {"u": 0.5, "p": 0.5})
    assert (between.low, between.high) == (0.5 * (low.low + high.low), 0.5 * (low.high + high.high))
    assert (between.low, between.high) == (-1.0, 4.0)


def test_weights_are_normalised_with_a_warning(source, small_domains, mixed, events):
    seen = events(source)
    source.SetBlend(1)
    source.SetWeights("u=1, p = 3")
    source.UpdateTimeStep(1.0)
    full = small_domains[0].full_grid
    np.testing.assert_allclose(values(source), mixed(full, 1.0, {"u": 0.25, "p": 0.75}), atol=1e-6)
    warning = "the weights sum to 4, not 1; each was divided by 4"
    assert seen == [f"Latent Interpolate: {warning}"]
    assert source.GetStatus().endswith(warning)
    source.SetWeights("u=0.25, p=0.75")
    source.UpdateTimeStep(1.0)
    assert len(seen) == 1
    assert "from the cache" in source.GetStatus(), "the same mix is not computed twice"


def test_a_sweep_runs_through_the_members_at_one_time(source, small_domains, mixed):
    source.SetBlend(2)
    source.SetSweepFactor(4)
    source.SetSimulationTime(2.3)
    source.UpdateInformation()
    assert listed_times(source) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert source.GetPositions() == [0.0, 1.0], "what the animation shows"
    assert source.GetTimeRange() == [0.0, 4.5], "of the simulation, not of the sweep"
    full = small_domains[0].full_grid
    for position in (0.0, 0.6, 1.0):
        source.UpdateTimeStep(position)
        expected = mixed(full, 2.3, {"u": 1 - position, "p": position})
        np.testing.assert_allclose(values(source), expected, atol=1e-6)
        assert image(source).GetInformation().Get(vtkDataObject.DATA_TIME_STEP()) == position
    assert "at position 1, simulation time 2.3" in source.GetStatus()
    source.UpdateTimeStep(7.0)
    assert "position 7 is outside the members 0 to 1; showing 1" in source.GetStatus()


@pytest.fixture(scope="module")
def three():
    """Shares of three members."""
    choice = BlendChoice(BlendMode.SWEEP)
    return lambda position: dict(choice.shares(["a", "b", "c"], position).weights)


def test_positions_between_three_members(three):
    assert three(0.0) == {"a": 1.0, "b": 0.0, "c": 0.0}
    assert three(1.0) == {"a": 0.0, "b": 1.0, "c": 0.0}
    assert three(1.75) == {"a": 0.0, "b": 0.25, "c": 0.75}
    assert three(2.0) == {"a": 0.0, "b": 0.0, "c": 1.0}
    assert three(-1.0) == three(0.0)


def other_grid_model(tmp_path, models, **changes):
    u, p = models.domain()
    return str(models.save_model(tmp_path / "m.stsr", Domain((u, replace(p, **changes)))))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"full_grid": Grid((9, 11, 25), (1.0, 2.0, 3.0), (0.25, 0.5, 0.5))},
            "p lives on another grid (25 x 11 x 9 nodes) than u (13 x 11 x 9), in the same box",
        ),
        (
            {"full_grid": Grid((9, 11, 13), (0.0, 2.0, 3.0), (0.25, 0.5, 1.0))},
            "p lives in another box (X 3 to 15, Y 2 to 7, Z 0 to 2) than u (X 3 to 15, Y 2 to 7, Z 1 to 3); "
            "each is taken at the same place relative to its box",
        ),
        (
            {"full_times": tuple(range(10))},
            "p spans other times (0 to 9) than u (0 to 4.5); each is taken at the same fraction of its own",
        ),
    ],
)
def test_members_that_live_elsewhere_are_told(tmp_path, models, changes, words):
    algorithm = LatentInterpolate()
    algorithm.SetFileName(other_grid_model(tmp_path, models, **changes))
    algorithm.UpdateTimeStep(1.0)
    assert words in algorithm.GetStatus()
    assert image(algorithm).GetDimensions() == (13, 11, 9)


@pytest.mark.parametrize(
    ("setter", "value", "sentence"),
    [
        ("SetSecond", "T", "the model has no member 'T'; it has u, p"),
        ("SetWeight", 1.5, "Weight must lie between 0 and 1, got 1.5"),
        ("SetInterpolation", 2, "Interpolation must be 0 (linear) or 1 (spherical), got 2"),
        ("SetBlend", 3, "Blend must be 0 (two members), 1 (weights) or 2 (sweep), got 3"),
        ("SetSweepFactor", 0.0, "Sweep Factor must be a finite number > 0, got 0"),
        ("SetWeights", "u=0, p=0", "at least one of the Weights must be > 0, got only zeros"),
        (
            "SetWeights",
            "u=1, p=-1",
            "Weights must be like run01=0.5, run02=0.5 with numbers >= 0, got 'p=-1'",
        ),
        ("SetWeights", "u", "Weights must be like run01=0.5, run02=0.5 with numbers >= 0, got 'u'"),
        ("SetWeights", "u=1, u=2", "Weights must name each member once, got u twice"),
        ("SetWeights", "u=1, q=1", "the model has no member 'q'; it has u, p"),
        ("SetWeights", None, "Weights must be like run01=0.5, run02=0.5, got nothing"),
    ],
)
def test_what_is_refused_is_said_and_leaves_nothing(source, vtk_errors, setter, value, sentence):
    if setter == "SetWeights":
        source.SetBlend(1)
    getattr(source, setter)(value)
    source.Update()
    assert source.GetLastError() == sentence
    assert sentence in vtk_errors.pop()
    assert not vtk_errors
    assert image(source).GetNumberOfPoints() == 0


def test_too_few_members(source, tmp_path, models, vtk_errors):
    source.GetMembersSelection().DisableArray("p")
    source.Update()
    assert source.GetLastError() == "", "only a sweep asks which members are ticked"
    source.SetBlend(2)
    source.Update()
    assert "a sweep needs two or more members, got u" in vtk_errors.pop()
    alone = Domain(models.domain()[:1])
    source.SetFileName(str(models.save_model(tmp_path / "one.stsr", alone)))
    source.Update()
    assert "nothing to interpolate between: the model has u alone" in vtk_errors.pop()


def test_names_with_equals_signs_and_spaces():
    assert parsed_weights("Re=160 = 1").weights == (("Re=160", 1.0),)
    assert parsed_weights(" a b=0.5,c=0.5, ").weights == (("a b", 0.5), ("c", 0.5))


def test_it_stops_and_goes_on(source, vtk_errors):
    ticks = []

    def stop(*_):
        ticks.append(1)
        if source.GetProgressText():  # VTK itself sends events before and after
            source.SetAbortExecute(1)

    source.AddObserver("ProgressEvent", stop)
    source.SetFactor(2)
    source.Update()
    assert source.GetLastError() == "stopped before the end; the output is empty"
    assert image(source).GetNumberOfPoints() == 0
    source.RemoveObservers("ProgressEvent")
    source.Modified()
    source.Update()
    assert image(source).GetNumberOfPoints() == 25 * 21 * 17
    assert torch.isfinite(torch.as_tensor(values(source))).all()
