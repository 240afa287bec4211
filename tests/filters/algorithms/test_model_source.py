"""STSR Model: a model as a source, and models of one step, of one layer, of rotated and differing grids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from vtkmodules.vtkCommonExecutionModel import vtkStreamingDemandDrivenPipeline

from stsr_core.coordinates import Domain
from stsr_core.grid import Grid
from stsr_core.io.vtk import arrays_of, grid_of
from stsr_filters import NeuralUpscale, STSRModel


def source(path):
    algorithm = STSRModel()
    algorithm.SetFileName(str(path))
    return algorithm


def image(algorithm):
    return algorithm.GetOutputDataObject(0)


def test_the_model_alone_gives_its_own_region(model, small_domains, expected):
    algorithm = source(model)
    algorithm.UpdateTimeStep(1.7)
    full = small_domains[0].full_grid
    assert grid_of(image(algorithm)).matches(full)
    np.testing.assert_allclose(arrays_of(image(algorithm))["p"], expected(full, 1.7, "p"), atol=1e-6)
    algorithm.SetBaseGrid(1)
    algorithm.SetFactor(3)
    algorithm.UpdateTimeStep(1.7)
    assert grid_of(image(algorithm)).matches(small_domains[0].grid.refined(3))
    assert algorithm.GetFileName() == model


def test_a_missing_model_is_told_once_and_a_good_one_works(model, vtk_errors):
    algorithm = STSRModel()
    algorithm.UpdateInformation()
    assert algorithm.GetStatus() == "no model file is chosen"
    assert not vtk_errors
    algorithm.SetFileName(None)  # ParaView's empty string
    algorithm.Update()
    assert "no model file is chosen" in vtk_errors.pop()
    algorithm.SetFileName(model)
    algorithm.Update()
    assert image(algorithm).GetDimensions() == (13, 11, 9)


def test_unknown_base_grid(model, vtk_errors):
    algorithm = source(model)
    algorithm.SetBaseGrid(4)
    algorithm.Update()
    assert "Base Grid must be 0 (original) or 1 (kept nodes), got 4" in vtk_errors.pop()


def test_a_model_of_one_step_has_no_time(tmp_path, models):
    algorithm = source(models.save_model(tmp_path / "m.stsr", models.domain(full_times=(3.0,))))
    algorithm.UpdateInformation()
    info = algorithm.GetOutputInformation(0)
    assert not info.Has(vtkStreamingDemandDrivenPipeline.TIME_STEPS())
    assert not info.Has(vtkStreamingDemandDrivenPipeline.TIME_RANGE())
    algorithm.UpdateTimeStep(99.0)
    assert image(algorithm).GetDimensions() == (13, 11, 9)
    assert algorithm.GetTimeRange() == [0.0, 0.0]


def test_a_flat_model_stays_flat(tmp_path, models):
    flat = Grid((1, 11, 13))
    algorithm = source(models.save_model(tmp_path / "m.stsr", models.domain(flat)))
    algorithm.SetFactor(2)
    algorithm.UpdateTimeStep(1.0)
    assert image(algorithm).GetDimensions() == (25, 21, 1)


def test_a_rotated_model_over_a_part_of_its_region(tmp_path, models, coarse):
    turned = Grid((9, 11, 13), (1.0, 2.0, 3.0), (0.25, 0.5, 1.0), (0, -1, 0, 1, 0, 0, 0, 0, 1))
    path = models.save_model(tmp_path / "m.stsr", models.domain(turned))
    whole = source(path)
    whole.UpdateTimeStep(1.0)
    part = NeuralUpscale()
    # Nodes 4 … 9 of the model's x axis, which runs along y in space.
    some = coarse(replace(turned, shape=(9, 11, 6), origin=(1.0, 2.0 + 4.0, 3.0)))
    part.SetInputConnection(0, some.GetOutputPort())
    part.SetModelFile(str(path))
    part.SetFactor(1)
    part.UpdateTimeStep(1.0)
    assert image(part).GetOrigin() == (3.0, 6.0, 1.0)
    np.testing.assert_allclose(
        arrays_of(image(part))["u"], arrays_of(image(whole))["u"][:, :, 4:10], atol=1e-6
    )


def test_variables_on_differing_grids_are_told(tmp_path, models):
    u, p = models.domain()
    other = replace(p, full_grid=Grid((9, 11, 25), (1.0, 2.0, 3.0), (0.25, 0.5, 0.5)))
    algorithm = source(models.save_model(tmp_path / "m.stsr", Domain((u, other))))
    algorithm.UpdateTimeStep(1.0)
    assert "p was trained on another grid than u" in algorithm.GetStatus()
    algorithm.GetVariableSelection().DisableArray("u")
    algorithm.UpdateTimeStep(1.0)
    assert image(algorithm).GetDimensions() == (25, 11, 9)
    assert "another grid" not in algorithm.GetStatus()
