"""Filters and stsr.upscale answer one request with the same nodes, values, units and words."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import stsr_core as stsr
from stsr_core.io.vtk import arrays_of, grid_of
from stsr_filters import LatentInterpolate, STSRModel

TIMES = [0.3, 4.0, 7.5]


@pytest.mark.parametrize(
    ("kind", "prepare", "choices"),
    [
        (STSRModel, lambda a: a.SetFactor(1.5), {"factor": 1.5}),
        (STSRModel, lambda a: (a.SetOutputGrid(1), a.SetDimensions(4, 5, 6)), {"dimensions": (6, 5, 4)}),
        (STSRModel, lambda a: (a.SetOutputGrid(2), a.SetSpacing(1, 0.5, 0.3)), {"spacing": (0.3, 0.5, 1)}),
        (
            LatentInterpolate,
            lambda a: (a.SetBlend(1), a.SetWeights("p=1, u=3"), a.SetInterpolation(1)),
            {"blend": {"p": 1, "u": 3}, "interpolation": "spherical"},
        ),
    ],
)
def test_one_request_has_one_answer(model, tmp_path, events, kind, prepare, choices):
    algorithm = kind()
    algorithm.SetFileName(model)
    algorithm.SetBaseGrid(1)
    algorithm.SetDevice("cpu")
    prepare(algorithm)
    said = events(algorithm)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        stsr.upscale(model, tmp_path / "out.pvd", times=TIMES, device="cpu", **choices)
    series = stsr.open_series(tmp_path / "out.pvd")
    for i, time in enumerate(TIMES):
        algorithm.UpdateTimeStep(time)
        image = algorithm.GetOutputDataObject(0)
        assert series.variables[0].grid.matches(grid_of(image))
        found = arrays_of(image)
        assert tuple(found) == series.names
        for name, values in found.items():
            np.testing.assert_allclose(values, series[name].step(i), atol=1e-6)
    words = dict.fromkeys(text.partition(": ")[2] for text in said)
    assert list(words) == [str(w.message) for w in told]
    assert list(words)[-1] == "time 7.5 is outside the trained range 0 to 4.5; showing 4.5"
