"""Finite elements and their solver: facts 1–8, 17 and 21 of the specification, and convergence rates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stsr_core.homogenization.coefficients import random_cells
from stsr_core.homogenization.diffusion import amplitude, compliance, energy, energy_error, smoothed, solve
from stsr_core.homogenization.elements import entry, moments, overlaps
from stsr_core.homogenization.multigrid import Multigrid, conjugate_gradients, prolongation
from stsr_core.homogenization.stencil import Stencil

ONE = np.ones((1, 1))
TWO_PHASES = np.array([[1.0, 100.0], [100.0, 1.0]])
CHECKERBOARD = np.where(np.add.outer(np.arange(4), np.arange(4)) % 2 == 0, 1.0, 100.0)
CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def element_matrices(coefficient: np.ndarray, intervals: int, quadrature: str = "exact") -> np.ndarray:
    """(N, N, 4, 4)."""
    of = moments(coefficient, intervals, quadrature)
    return np.moveaxis(np.array([[entry(of, p, q) for q in CORNERS] for p in CORNERS]), (0, 1), (2, 3))


# the element ----------------------------------------------------------------------------------------------


def test_fact_1_the_element_matrix() -> None:
    (matrix,) = np.unique(element_matrices(ONE, 3).reshape(9, 4, 4).round(12), axis=0)
    expected = [[4, -1, -1, -2], [-1, 4, -2, -1], [-1, -2, 4, -1], [-2, -1, -1, 4]]
    np.testing.assert_allclose(6 * matrix, expected, atol=1e-11)
    for cells in (3, 5, 6, 12):  # divides, does not divide, is divided
        found = element_matrices(random_cells(1, cells), 6)
        np.testing.assert_allclose(found.sum(axis=-1), 0, atol=1e-12)
        np.testing.assert_array_equal(found, np.swapaxes(found, -1, -2))


def test_fact_1_the_global_matrix_is_positive_definite() -> None:
    matrix = Stencil(moments(random_cells(0, 5), 4)).matrix().toarray()
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_sub_cells_are_integrated_exactly() -> None:
    """Gauss points on a mesh that has all boundaries of elements and cells as its own."""
    coefficient = random_cells(3, 3)
    gauss = 0.5 + np.array([-1, 1]) / np.sqrt(12)
    points = np.add.outer(np.arange(6), gauss).ravel() / 6  # of 2 elements and 3 cells
    hat = np.array([[1 - (t := 2 * p % 1), t] for p in points])
    slope = np.array([-2.0, 2.0])
    total = np.zeros((2, 2, 4, 4))
    for i, y in enumerate(points):
        for j, x in enumerate(points):
            gradients = np.array([[slope[a] * hat[j, b], hat[i, a] * slope[b]] for a, b in CORNERS])
            value = coefficient[int(3 * y), int(3 * x)] / 144
            total[int(2 * y), int(2 * x)] += value * gradients @ gradients.T
    np.testing.assert_allclose(element_matrices(coefficient, 2), total, rtol=1e-12, atol=1e-12)


def test_lengths_and_moments_of_an_axis_add_up() -> None:
    axis = overlaps(7, 5)
    np.testing.assert_allclose(axis.length.sum(axis=1), 1)
    np.testing.assert_allclose(axis.length.sum(axis=0), 7 / 5)
    for part, whole in zip((axis.lower, axis.mixed, axis.upper), (1 / 3, 1 / 6, 1 / 3), strict=True):
        np.testing.assert_allclose(part.sum(axis=1), whole)


def test_mean_and_midpoint_take_one_value_per_element() -> None:
    mean = element_matrices(TWO_PHASES, 3, "mean")[1, 1]
    np.testing.assert_allclose(mean / mean[0, 0] * 4, element_matrices(ONE, 2)[0, 0] * 6, atol=1e-12)
    np.testing.assert_allclose(mean[0, 0], 50.5 * 4 / 6)
    np.testing.assert_allclose(element_matrices(CHECKERBOARD, 2, "midpoint")[0, 1, 0, 0], 1 * 4 / 6)


def test_the_stencil_is_its_matrix() -> None:
    stencil = Stencil(moments(random_cells(2, 5), 6))
    values = torch.arange(25.0, dtype=torch.float64).view(5, 5) ** 2
    product = (stencil.matrix() @ values.numpy().ravel()).reshape(5, 5)
    np.testing.assert_allclose(stencil.apply(values).numpy(), product, rtol=1e-12)
    largest = np.linalg.eigvals(stencil.matrix().toarray() / stencil.centre.numpy().ravel()[:, None])
    assert largest.real.max() <= stencil.largest_ratio()


def test_an_assembly_by_scikit_fem_is_the_same() -> None:
    skfem = pytest.importorskip("skfem")
    coefficient = random_cells(5, 4)
    nodes = np.linspace(0, 1, 9)
    basis = skfem.Basis(skfem.MeshQuad.init_tensor(nodes, nodes), skfem.ElementQuad1())

    @skfem.BilinearForm
    def diffusion(u, v, w):
        x, y = (4 * w.x).astype(int)
        return coefficient[y, x] * (u.grad[0] * v.grad[0] + u.grad[1] * v.grad[1])

    inside = basis.mesh.interior_nodes()
    x, y = basis.mesh.p[:, inside]
    order = np.lexsort((x, y))
    theirs = diffusion.assemble(basis)[inside][:, inside].toarray()[np.ix_(order, order)]
    np.testing.assert_allclose(Stencil(moments(coefficient, 8)).matrix().toarray(), theirs, atol=1e-12)


# solutions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intervals", "largest", "of_load"),
    [
        (2, 0.09375, 0.0234375),
        (4, 0.0776785714, 0.0319754464),
        (8, 0.0745983014, 0.0343336007),
        (16, 0.0738993061, 0.0349401715),
        (32, 0.0737281169, 0.0350931272),
        (64, 0.0736855303, 0.0351314644),
        (128, 0.0736748967, 0.0351410558),
    ],
)
def test_fact_2_a_constant_coefficient(intervals: int, largest: float, of_load: float) -> None:
    values = solve(ONE, intervals)
    assert values.max() == pytest.approx(largest, abs=6e-11)
    assert compliance(values) == pytest.approx(of_load, abs=6e-11)


def test_the_rate_of_convergence_is_two() -> None:
    """Of the middle and of the energy, towards the series solution."""
    middle = [0.0736713532 - solve(ONE, n)[n // 2, n // 2] for n in (8, 16, 32)]
    energies = [0.0351442537 - compliance(solve(ONE, n)) for n in (8, 16, 32)]
    for errors in (middle, energies):
        rates = np.log2(np.abs(np.array(errors[:-1]) / np.array(errors[1:])))
        np.testing.assert_allclose(rates, 2, atol=0.03)


def test_fact_3_linearity_and_symmetry() -> None:
    tenth = solve(10 * ONE, 4)
    assert tenth.max() == pytest.approx(0.00776785714, abs=6e-12)
    np.testing.assert_allclose(solve(ONE, 4, load=-3.0), -30 * tenth, rtol=1e-12)
    values = solve(CHECKERBOARD, 16)
    assert values.min() >= 0
    np.testing.assert_array_equal(values[[0, -1]], 0)
    np.testing.assert_array_equal(values[:, [0, -1]], 0)
    # A and its quarter turns differ by a shift of phases: the diagonal mirrors leave it as it is.
    np.testing.assert_allclose(values, values.T, atol=1e-14)
    np.testing.assert_allclose(values, values[::-1, ::-1], atol=1e-14)


@pytest.mark.parametrize(
    ("intervals", "centre", "of_load"),
    [
        (2, 0.0018564356, 0.000464108911),
        (4, 0.0015381895, 0.003476134304),
        (8, 0.0014771941, 0.004558479104),
        (16, 0.0014633526, 0.004856533353),
        (32, 0.0014599627, 0.004933138910),
        (64, 0.0014591194, 0.004952451514),
    ],
)
def test_fact_4_four_cells(intervals: int, centre: float, of_load: float) -> None:
    values = solve(TWO_PHASES, intervals)
    assert values[intervals // 2, intervals // 2] == pytest.approx(centre, abs=6e-11)
    assert compliance(values) == pytest.approx(of_load, abs=6e-13)


@pytest.mark.parametrize(
    ("intervals", "centre", "of_load"),
    [
        (2, 0.0018564356, 0.000464108911),
        (4, 0.0016637898, 0.000653872665),
        (8, 0.0019849880, 0.001518255125),
        (16, 0.0023059139, 0.001874063288),
    ],
)
def test_fact_5_a_checkerboard(intervals: int, centre: float, of_load: float) -> None:
    values = solve(CHECKERBOARD, intervals)
    assert values[intervals // 2, intervals // 2] == pytest.approx(centre, abs=6e-11)
    assert compliance(values) == pytest.approx(of_load, abs=6e-13)


@pytest.fixture(scope="module")
def of_two_seeds() -> dict[int, list[np.ndarray]]:
    """Seed → solutions with 32, 64, 128, 256 and 512 intervals."""
    return {seed: [solve(random_cells(seed), n) for n in (32, 64, 128, 256, 512)] for seed in (0, 1)}


def test_fact_6_compliance_never_decreases(of_two_seeds) -> None:
    found = [compliance(values) for values in of_two_seeds[0]]
    expected = [0.000704612, 0.000784070, 0.001693844, 0.001950218, 0.002131035]
    np.testing.assert_allclose(found, expected, atol=6e-10)
    assert np.all(np.diff([compliance(values) for values in of_two_seeds[1]]) > 0)


def test_fact_7_the_largest_values(of_two_seeds) -> None:
    expected = {
        0: [0.001500684, 0.001676432, 0.003921624, 0.004495143, 0.004907130],
        1: [0.001507893, 0.001699798, 0.004030016, 0.004624823, 0.005043518],
    }
    for seed, values in expected.items():
        np.testing.assert_allclose([v.max() for v in of_two_seeds[seed]], values, rtol=1e-6)


def test_fact_17_the_solver_commutes_with_the_symmetries_of_the_square() -> None:
    coefficient = random_cells(4, 12)
    values = solve(coefficient, 20)
    np.testing.assert_allclose(solve(np.rot90(coefficient), 20), np.rot90(values), atol=1e-13)
    np.testing.assert_allclose(solve(coefficient.T, 20), values.T, atol=1e-13)


def test_fact_21_the_coarse_matrix_is_the_galerkin_matrix() -> None:
    coefficient = random_cells(6, 16)
    up = prolongation(8, 4).toarray()
    up = np.kron(up, up)
    fine, coarse = (Stencil(moments(coefficient, n)).matrix().toarray() for n in (8, 4))
    np.testing.assert_allclose(up.T @ fine @ up, coarse, rtol=0, atol=1e-10)


# the solver -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intervals", [96, 101, 150])
def test_multigrid_reaches_the_residual_in_few_steps_on_any_grid(intervals: int) -> None:
    """Even and odd, nested or not, against the direct solution."""
    multigrid = Multigrid(random_cells(7, 32), intervals)
    right = torch.full((intervals - 1, intervals - 1), 1 / intervals**2, dtype=torch.float64)
    values, steps = conjugate_gradients(multigrid, right, 1e-10)
    assert not multigrid.is_direct and steps <= (20 if intervals == 96 else 35)
    residual = right - multigrid.stencil.apply(values)
    assert float(residual.norm() / right.norm()) <= 1.01e-10
    again, further = conjugate_gradients(multigrid, right, 1e-9, start=values)
    assert further == 0 and torch.equal(again, values)


def test_the_energy_of_a_solution_is_its_compliance() -> None:
    coefficient = random_cells(8, 6)
    values = solve(coefficient, 12)
    assert energy(coefficient, values) == pytest.approx(compliance(values), rel=1e-9)
    # The Galerkin method on the span of the solution finds the solution.
    for sweeps in (0, 1, 5):
        assert amplitude(coefficient, 7 * values, sweeps=sweeps) == pytest.approx(1 / 7, rel=1e-6)
    assert energy_error(coefficient, values, 0.75 * values) == pytest.approx(0.25, rel=1e-9)


def test_sweeps_find_the_amplitude_of_a_rough_shape() -> None:
    """A tenth of noise from node to node takes most of the factor away, unless it is smoothed before."""
    coefficient = random_cells(9, 16)
    truth = solve(coefficient, 64)
    shape = truth.copy()
    shape[1:-1, 1:-1] *= 1 + 0.1 * np.random.default_rng(0).standard_normal((63, 63))
    assert amplitude(coefficient, shape) < 0.5
    assert amplitude(coefficient, shape, sweeps=4) == pytest.approx(1, abs=0.02)


def test_smoothing_takes_energy_out_of_the_error() -> None:
    coefficient = random_cells(9, 16)
    truth = solve(coefficient, 32)
    start = 1.2 * truth
    start[1:-1, 1:-1] *= 1 + 0.1 * np.random.default_rng(0).standard_normal((31, 31))
    errors = [energy_error(coefficient, truth, smoothed(coefficient, start, sweeps=n)) for n in (0, 1, 3)]
    assert errors[0] > 2 * errors[1] > 2 * errors[2]
    np.testing.assert_allclose(smoothed(coefficient, truth, sweeps=2), truth, atol=1e-12)


@pytest.mark.parametrize(
    ("coefficient", "arguments", "text"),
    [
        (np.ones((2, 3)), {}, r"a square \(E, E\) of cells, got shape \(2, 3\)"),
        (np.array([[1.0, 0.0], [1.0, 1.0]]), {}, "> 0 in every cell, got 0 in row 0, column 1"),
        (np.array([[1.0, np.nan], [1.0, 1.0]]), {}, "finite in every cell"),
        (ONE, {"intervals": 1}, "intervals must be a whole number >= 2, got 1"),
        (ONE, {"load": 0}, "load must be a finite number other than 0, got 0"),
        (ONE, {"quadrature": "simpson"}, "one of exact, mean, midpoint, got 'simpson'"),
    ],
)
def test_bad_input_in_one_sentence(coefficient: np.ndarray, arguments: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        solve(coefficient, **{"intervals": 4, **arguments})


def test_a_grid_that_does_not_fit_in_memory_is_refused() -> None:
    with pytest.raises(MemoryError, match="a solution on 1000000 x 1000000 elements needs"):
        solve(ONE, 1_000_000)
