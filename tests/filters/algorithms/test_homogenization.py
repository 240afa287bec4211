"""Multiscale Diffusion and Neural Homogenization as plain VTK algorithms, against the core."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stsr_core.grid import Grid
from stsr_core.homogenization import file, solve
from stsr_core.homogenization.coefficients import of_phases, pattern, random_cells
from stsr_core.homogenization.configuration import Configuration
from stsr_core.io.vtk import arrays_of, to_vtk_image
from stsr_core.io.vtk_cells import add_cell_array, cell_arrays_of
from stsr_filters import CompareToGT, MultiscaleDiffusion, NeuralHomogenization
from stsr_filters.algorithms.neural_homogenization import Amplitude

pytestmark = pytest.mark.requires_vtk


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An untrained network for 16 cells and 4 coarse intervals."""
    import torch

    from stsr_core.homogenization.network import Network

    torch.manual_seed(0)
    configuration = Configuration(method="liif", preset="tiny", cells=16, coarse=4)
    path = tmp_path_factory.mktemp("model") / "h.stsr"
    file.save(path, file.Header(configuration), Network(configuration))
    return str(path)


def problem(intervals: int = 4, cells: int = 16, **entries) -> MultiscaleDiffusion:
    source = MultiscaleDiffusion()
    source.SetIntervals(intervals)
    source.SetCells(cells)
    for name, value in entries.items():
        getattr(source, f"Set{name}")(value)
    return source


def correction(source: MultiscaleDiffusion, model: str) -> NeuralHomogenization:
    homogenize = NeuralHomogenization()
    for port in (0, 1):
        homogenize.SetInputConnection(port, source.GetOutputPort(port))
    homogenize.SetModelFile(model)
    return homogenize


def test_cell_data_of_an_image_is_z_y_x() -> None:
    image = to_vtk_image(Grid((1, 3, 4)), {})
    values = np.arange(6.0).reshape(1, 2, 3)
    add_cell_array(image, "A", values)
    np.testing.assert_array_equal(cell_arrays_of(image)["A"], values)
    assert image.GetCellData().GetArray("A").GetValue(1) == 1  # x varies fastest
    with pytest.raises(ValueError, match=r"B: cell array must have shape \(Z, Y, X\) = \(1, 2, 3\)"):
        add_cell_array(image, "B", values[:, :1])


@pytest.mark.parametrize("intervals", [4, 32])
def test_the_source_solves_and_shows_its_coefficient(intervals: int) -> None:
    source = problem(intervals, Seed=7)
    source.Update()
    solution, cells = source.GetOutputDataObject(0), source.GetOutputDataObject(1)
    np.testing.assert_array_equal(arrays_of(solution)["u"][0], solve(random_cells(7, 16), intervals))
    assert solution.GetBounds() == pytest.approx((0, 1, 0, 1, 0, 0))
    np.testing.assert_array_equal(cell_arrays_of(cells)["A"][0], random_cells(7, 16))
    fine = cell_arrays_of(solution)  # A, where an element lies in one cell
    assert set(fine) == (set() if intervals == 4 else {"A"})
    if fine:
        np.testing.assert_array_equal(fine["A"][0], random_cells(7, 16).repeat(2, axis=0).repeat(2, axis=1))
    assert f"{intervals + 1} x {intervals + 1} x 1 nodes" in source.GetStatus()


def test_patterns_phases_and_load_arrive() -> None:
    source = problem(Pattern="stripes-4", Load=-2.0)
    source.SetPhases(2.0, 3.0)
    source.Update()
    coefficient = of_phases(pattern("stripes-4", 16), (2.0, 3.0))
    np.testing.assert_array_equal(
        arrays_of(source.GetOutputDataObject(0))["u"][0], solve(coefficient, 4, -2.0)
    )


def test_the_filter_gives_what_the_core_gives(model: str) -> None:
    from stsr_core.homogenization.prediction import correct

    source = problem(Seed=7)
    homogenize = correction(source, model)
    homogenize.SetScale(3.7)
    homogenize.Update()
    assert homogenize.GetLastError() == ""
    arrays = arrays_of(homogenize.GetOutputDataObject(0))
    coefficient = random_cells(7, 16)
    expected = correct(file.load(model), coefficient, solve(coefficient, 4), 3.7)
    np.testing.assert_array_equal(arrays["u"][0], expected)
    assert arrays["u_interpolated"].shape == (1, 16, 16)
    assert homogenize.GetOutputDataObject(0).GetBounds() == pytest.approx((0, 1, 0, 1, 0, 0))
    assert homogenize.GetStatus().startswith("liif: 16 x 16 x 1 nodes in ")
    changes = {"SetAmplitude": Amplitude.SHAPE, "SetKeepBoundary": 0}
    for setter, value in changes.items():
        getattr(homogenize, setter)(value)
    homogenize.Update()
    shape = correct(
        file.load(model), coefficient, solve(coefficient, 4), 3.7, amplitude="none", keep_boundary=False
    )
    np.testing.assert_array_equal(arrays_of(homogenize.GetOutputDataObject(0))["u"][0], shape)


def test_an_interpolated_coarse_node_is_kept(model: str) -> None:
    source = problem(Seed=1)
    homogenize = correction(source, model)
    homogenize.Update()
    cubic = arrays_of(homogenize.GetOutputDataObject(0))["u_interpolated"][0]
    np.testing.assert_allclose(cubic[::4, ::4], arrays_of(source.GetOutputDataObject(0))["u"][0], atol=1e-15)


def test_a_surface_is_as_high_as_its_values_if_it_is_asked_for(model: str) -> None:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    homogenize = correction(problem(Seed=7), model)
    homogenize.Update()
    assert homogenize.GetOutputDataObject(1).GetNumberOfPoints() == 0
    homogenize.SetWarpByHeight(1)
    homogenize.SetWarpFactor(20.0)
    homogenize.Update()
    image, surface = (homogenize.GetOutputDataObject(port) for port in (0, 1))
    values = arrays_of(image)["u"][0]
    assert (surface.GetClassName(), surface.GetNumberOfCells()) == ("vtkPolyData", 16**2)
    points = vtk_to_numpy(surface.GetPoints().GetData()).reshape(17, 17, 3)
    np.testing.assert_allclose(points[..., 2], 20 * values, rtol=1e-6)
    np.testing.assert_allclose(points[3, 5, :2], (5 / 16, 3 / 16), rtol=1e-6)
    names = {surface.GetPointData().GetArrayName(i) for i in range(2)}
    assert names == {"u", "u_interpolated"}
    before = surface.GetMTime()
    homogenize.Update(1)
    assert homogenize.GetOutputDataObject(1).GetMTime() == before


@pytest.mark.parametrize("warp", [0, 1])
def test_compare_to_gt_takes_the_flat_output(model: str, warp: int) -> None:
    homogenize, truth = correction(problem(Seed=7), model), problem(16, Seed=7)
    homogenize.SetWarpByHeight(warp)
    compare = CompareToGT()
    compare.SetInputConnection(0, homogenize.GetOutputPort())
    compare.SetInputConnection(1, truth.GetOutputPort())
    compare.SetIsosurface(0)
    compare.Update()
    assert compare.GetLastError() == ""
    table = compare.GetOutputDataObject(1)
    a, b = (arrays_of(x.GetOutputDataObject(0))["u"] for x in (truth, homogenize))
    assert table.GetColumnByName("rmse").GetValue(0) == pytest.approx(
        np.sqrt(np.mean((a - b) ** 2)), rel=1e-5
    )


def test_a_camera_computes_nothing_and_a_change_does(model: str) -> None:
    homogenize = correction(problem(), model)
    homogenize.Update()
    before = homogenize.GetOutputDataObject(0).GetMTime()
    homogenize.Update()
    homogenize.SetScale(4.0)  # as it was
    homogenize.Update()
    assert homogenize.GetOutputDataObject(0).GetMTime() == before
    homogenize.SetSmoothing(1)
    homogenize.Update()
    assert homogenize.GetOutputDataObject(0).GetMTime() > before


def test_a_stop_leaves_the_output_empty_and_it_goes_on_afterwards(model: str) -> None:
    homogenize = correction(problem(), model)
    homogenize.SetScale(64)

    def stop(*_: object) -> None:
        if (homogenize.GetProgressText() or "").endswith("correcting"):
            homogenize.SetAbortExecute(1)

    observer = homogenize.AddObserver("ProgressEvent", stop)
    homogenize.Update()
    assert homogenize.GetLastError() == "stopped before the end; the output is empty"
    assert homogenize.GetOutputDataObject(0).GetNumberOfPoints() == 0
    homogenize.RemoveObserver(observer)
    homogenize.Modified()
    homogenize.Update()
    assert homogenize.GetOutputDataObject(0).GetNumberOfPoints() == 257**2


@pytest.mark.parametrize(
    ("source", "entries", "text"),
    [
        ({}, {"ModelFile": ""}, "no model file is chosen"),
        ({}, {"ModelFile": "/nowhere.stsr"}, "/nowhere.stsr: cannot read the model"),
        ({"intervals": 8}, {}, "the coarse solution must have 5 x 5 nodes for this model, got shape (9, 9)"),
        ({"cells": 8}, {}, "the coefficient must have 16 x 16 cells for this model, got (8, 8)"),
        ({}, {"Scale": 0.1}, "scale must leave at least 2 intervals, got 0.1 of 4, which is 0.4"),
        ({}, {"Load": 0.0}, "load must be a finite number other than 0, got 0.0"),
        ({}, {"Amplitude": Amplitude.NETWORK}, "needs a network of scale physical, got one of scale image"),
        ({"Load": 0.0}, {}, ""),
    ],
)
def test_bad_input_in_one_sentence(model: str, vtk_errors, source: dict, entries: dict, text: str) -> None:
    made = problem(**source)
    homogenize = correction(made, model)
    for name, value in entries.items():
        getattr(homogenize, f"Set{name}")(value)
    homogenize.Update()
    if "Load" in source:
        assert made.GetLastError() == "load must be a finite number other than 0, got 0.0"
    else:
        assert text in homogenize.GetLastError() and "\n" not in homogenize.GetLastError()
        assert homogenize.GetStatus() == homogenize.GetLastError()
    assert homogenize.GetOutputDataObject(0).GetNumberOfPoints() == 0
    assert vtk_errors
    vtk_errors.clear()


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"Intervals": 1}, "Intervals must be >= 2, got 1"),
        ({"Cells": 1}, "cells must be a whole number >= 2, got 1"),
        ({"Pattern": "dots"}, "Pattern must be one of random, checkerboard-4"),
        ({"Seed": -1}, "seed must be a whole number >= 0, got -1"),
    ],
)
def test_a_problem_that_is_none_is_told(vtk_errors, entries: dict, text: str) -> None:
    source = problem(**{"Intervals": 4, **entries})
    source.Update()
    assert text in source.GetStatus()
    assert source.GetOutputDataObject(0).GetNumberOfPoints() == 0
    vtk_errors.clear()


def test_without_inputs_it_says_so(model: str, vtk_errors) -> None:
    homogenize = NeuralHomogenization()
    homogenize.SetModelFile(model)
    homogenize.Update()
    assert homogenize.GetLastError() == "the coarse solution is not connected"
    vtk_errors.clear()


def test_point_data_with_a_node_for_each_cell_is_a_coefficient(model: str, tmp_path: Path) -> None:
    from vtkmodules.vtkCommonExecutionModel import vtkTrivialProducer

    coefficient = random_cells(7, 16)
    producer = vtkTrivialProducer()
    producer.SetOutput(to_vtk_image(Grid((1, 16, 16)), {"A": coefficient[None]}))
    homogenize = correction(problem(Seed=7), model)
    homogenize.Update()
    expected = arrays_of(homogenize.GetOutputDataObject(0))["u"].copy()
    homogenize.SetInputConnection(1, producer.GetOutputPort())
    homogenize.Update()
    np.testing.assert_array_equal(arrays_of(homogenize.GetOutputDataObject(0))["u"], expected)
