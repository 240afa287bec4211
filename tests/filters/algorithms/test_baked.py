"""A baked model opens wherever its model does, and Status tells how near it is."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.io.vtk import arrays_of
from stsr_core.training.baking import bake
from stsr_filters import CompareToGT, LatentInterpolate, NeuralUpscale, STSRModel


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
