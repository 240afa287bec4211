"""A baked model opens wherever its model does, and Status tells how near it is; Bake Steps makes one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from processes import gone, until

from stsr_core.io.vtk import arrays_of
from stsr_core.training.baking import bake
from stsr_filters import CompareToGT, LatentInterpolate, NeuralUpscale, STSRModel
from stsr_filters.pipeline import live


@pytest.fixture(scope="module")
def baked(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("baked") / "b.stsr"
    bake(model, path, device="cpu")
    return str(path)


def shown(algorithm, time=1.5):
    algorithm.UpdateTimeStep(time)
    return arrays_of(algorithm.GetOutputDataObject(0))


@pytest.mark.parametrize("kind", [STSRModel, LatentInterpolate])
def test_sources_show_the_same_steps(kind, model, baked):
    found = []
    for path in (model, baked):
        algorithm = kind()
        algorithm.SetFileName(path)
        found.append(shown(algorithm))
    said, meant = found[1], found[0]
    assert said.keys() == meant.keys()
    if kind is LatentInterpolate:  # the mean of what is shown of each: no latent vector is left to bend it
        return
    for name in said:
        np.testing.assert_allclose(said[name], meant[name], atol=1e-3)
    assert "steps of a model of kind modulated_siren, PSNR against it half-way" in algorithm.GetStatus()


def test_filters_on_a_series_take_it(baked):
    truth = STSRModel()
    truth.SetFileName(baked)
    upscale = NeuralUpscale()
    upscale.SetInputConnection(truth.GetOutputPort())
    upscale.SetModelFile(baked)
    assert shown(upscale, 1.75).keys() == {"u", "p"}
    assert "PSNR against it" in upscale.GetModelSummary()
    compare = CompareToGT()
    compare.SetInputConnection(0, upscale.GetOutputPort())
    compare.SetInputConnection(1, truth.GetOutputPort())
    compare.SetResample(1)
    compare.UpdateTimeStep(1.5)
    assert not compare.GetLastError()


@pytest.fixture
def own(model, tmp_path):
    """A copy of the model in a folder of its own."""
    return shutil.copy(model, tmp_path / "m.stsr")


def source_of(path, kind=STSRModel, **properties):
    source = kind()
    source.SetFileName(str(path))
    for name, value in {"Device": "cpu", "Threads": 1, "BakeSteps": 1, **properties}.items():
        getattr(source, f"Set{name}")(value)
    return source


def baked_files(path):
    return sorted(name for name in os.listdir(Path(path).parent) if "-baked-" in name)


def test_bake_steps_makes_a_file_that_the_next_session_finds(own):
    """A script waits for it; what is shown is what the model says, at steps and grid of the output."""
    plain = shown(source_of(own, BakeSteps=0))
    assert not baked_files(own)
    source = source_of(own)
    values = shown(source)
    for name in plain:
        np.testing.assert_allclose(values[name], plain[name], atol=1e-3)
    assert "; baked steps of a model of kind modulated_siren, PSNR against it half-way" in source.GetStatus()
    (name,) = baked_files(own)
    changed = os.stat(Path(own).with_name(name)).st_mtime_ns

    again = source_of(own)
    np.testing.assert_array_equal(shown(again)["u"], values["u"])
    assert os.stat(Path(own).with_name(name)).st_mtime_ns == changed, "it was baked again"

    source.SetFactor(0.5)
    coarse = shown(source)["u"]
    assert coarse.shape != values["u"].shape
    assert len(baked_files(own)) == 2, "another grid is another file"
    source.SetBakeSteps(0)
    assert "baked" not in (shown(source), source.GetStatus())[1]


def test_a_mixture_of_members_is_baked_as_it_is(own):
    plain, baked = (source_of(own, LatentInterpolate, BakeSteps=on) for on in (0, 1))
    for mixture in (plain, baked):
        mixture.SetWeight(0.3)
    at = plain_times(plain)[1]
    np.testing.assert_allclose(shown(baked, at)["interpolated"], shown(plain, at)["interpolated"], atol=1e-3)
    assert "baked steps" in baked.GetStatus()


def plain_times(source):
    source.UpdateInformation()
    information = source.GetOutputInformation(0)
    return information.Get(source.GetExecutive().TIME_STEPS())


@pytest.mark.parametrize(
    ("kind", "properties", "why"),
    [
        (STSRModel, {"Uncertainty": 1}, "baked steps have no error bars: choose no Uncertainty, or no Bake"),
        (LatentInterpolate, {"Blend": 2}, "a sweep between members has no steps in time to bake"),
    ],
)
def test_what_cannot_be_baked_is_said(own, kind, properties, why, vtk_errors):
    source = source_of(own, kind, **properties)
    source.UpdateTimeStep(0.5)
    assert why in source.GetLastError()
    assert why in vtk_errors.pop()
    assert not baked_files(own)


def test_a_window_goes_on_while_steps_are_baked(own, monkeypatch):
    """It shows the model itself at first, hears of the end, and shows the baked steps then."""
    monkeypatch.setattr(live, "_windows", [])  # of the plugin, if another test has loaded it
    monkeypatch.setattr(live, "window_waits", lambda: True)
    source = source_of(own)
    values = shown(source)
    assert "; baking, 0%: starting" in source.GetStatus()
    until(source.GetNeedsUpdate, source.GetStatus())
    source.Update()
    assert "; baked steps of a model" in source.GetStatus()
    assert not source.GetNeedsUpdate()
    np.testing.assert_allclose(shown(source)["u"], values["u"], atol=1e-3)


def test_a_filter_that_goes_stops_what_it_bakes(own, monkeypatch):
    monkeypatch.setattr(live, "_windows", [])  # of the plugin, if another test has loaded it
    monkeypatch.setattr(live, "window_waits", lambda: True)
    source = source_of(own, TimeSteps=0, TimeFactor=2000.0)
    source.Update()
    pid = source._baked._run.pid
    del source
    gone(pid)
    assert os.listdir(Path(own).parent) == [Path(own).name]
