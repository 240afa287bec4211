"""Interpolation fields: kept samples, polynomials, convergence, edges, few nodes, irregular times, blends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields import create
from stsr_core.fields.interpolation import Cubic, InterpolatedSeries, TricubicLinear
from stsr_core.fields.interpolation.axis_basis import AxisBasis
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.model import checkpoint
from stsr_core.normalize import Normalization

FIELDS = [
    (TricubicLinear, {}),
    (TricubicLinear, {"kernel": "catmull_rom"}),
    (TricubicLinear, {"edge": "linear"}),
    (Cubic, {}),
    (Cubic, {"edge": "linear"}),
]

Function = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def on_grid(function: Function, grid: Grid, times: Sequence[float]) -> np.ndarray:
    axes = np.meshgrid(np.asarray(times, float), *(grid.axis(i) for i in range(3)), indexing="ij")
    return np.broadcast_to(function(*axes), axes[0].shape).astype(np.float32)


def domain_of(
    full: Grid, scale: int, full_times: Sequence[float], gap: int, names: Sequence[str] = ("a",)
) -> Domain:
    full_times = tuple(map(float, full_times))
    kept = full_times[:: gap + 1]
    return Domain(
        [VariableDomain(n, full.every(scale), kept, full, full_times, Normalization(-1, 1)) for n in names]
    )


def through(kind: Any, function: Function, domain: Domain, **configuration: str) -> Any:
    samples = {v.name: torch.from_numpy(on_grid(function, v.grid, v.times)) for v in domain}
    return kind.from_samples(domain, samples, **configuration)


def wave(t: np.ndarray, z: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.sin(0.7 * t + 0.5 * z) * np.cos(0.4 * y - 0.6 * x)


def random_samples(domain: Domain) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return {v.name: torch.rand(len(v.times), *v.grid.shape, generator=generator) * 2 - 1 for v in domain}


@pytest.mark.parametrize(("kind", "configuration"), FIELDS)
def test_kept_samples_are_reproduced(kind: Any, configuration: dict[str, str]) -> None:
    full = Grid((14, 9, 11), origin=(3.0, -1.0, 0.5), spacing=(0.1, 0.25, 2.0))
    domain = domain_of(full, 2, [0, 0.5, 2, 2.25, 3, 7, 8], 1)
    samples = random_samples(domain)
    field = kind.from_samples(domain, samples, **configuration)
    values = evaluate(field, domain[0].grid, domain[0].times, "a", device="cpu")
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, samples["a"].numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kernel", ["bspline", "catmull_rom"])
def test_half_way_in_time_is_the_mean_and_the_last_step_holds(kernel: str) -> None:
    domain = domain_of(Grid((8, 8, 8)), 2, range(7), 3)
    samples = random_samples(domain)
    field = TricubicLinear.from_samples(domain, samples, kernel=kernel)
    grid = Grid((8, 8, 8))
    kept = evaluate(field, grid, [0, 4], "a", device="cpu")
    half, quarter, after = evaluate(field, grid, [2, 1, 6], "a", device="cpu")
    np.testing.assert_allclose(half, kept.mean(0), rtol=0, atol=1e-6)
    np.testing.assert_allclose(quarter, 0.75 * kept[0] + 0.25 * kept[1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(after, kept[1], rtol=0, atol=1e-6)


def test_linear_time_is_linear_in_physical_time() -> None:
    domain = domain_of(Grid((2, 2, 2)), 1, [0, 1, 4], 0)
    field = through(TricubicLinear, lambda t, z, y, x: t / 4, domain)
    values = evaluate(field, Grid((2, 2, 2)), [0.5, 1.0, 2.5, 3.7], "a", device="cpu")[:, 0, 0, 0]
    # The samples themselves lie on one line, so every time does.
    np.testing.assert_allclose(values, np.array([0.5, 1.0, 2.5, 3.7]) / 4, atol=1e-6)


def test_cubic_is_exact_on_cubic_polynomials_with_irregular_times() -> None:
    def polynomial(t, z, y, x):
        return (1 + 0.2 * t - 0.05 * t**3) * (z**3 - z) * (1 + y**2 - y**3) * (0.5 + x - x**3) / 4

    full = Grid((9, 11, 13), origin=(-0.5, -0.5, -0.5), spacing=(1 / 8, 1 / 10, 1 / 12))
    domain = domain_of(full, 2, [0, 0.3, 0.5, 1.2, 1.5, 2.0, 2.1], 1)
    field = through(Cubic, polynomial, domain)
    fine, times = full.with_shape((17, 10, 23)), [0.1, 0.9, 1.7, 2.1]
    values = evaluate(field, fine, times, "a", device="cpu")
    np.testing.assert_allclose(values, on_grid(polynomial, fine, times), rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("kind", "configuration", "in_space", "in_time"),
    [
        (TricubicLinear, {}, 4, 2),
        (TricubicLinear, {"kernel": "catmull_rom"}, 3, 2),
        (Cubic, {}, 4, 4),
    ],
)
def test_convergence_orders(
    kind: Any, configuration: dict[str, str], in_space: float, in_time: float
) -> None:
    def errors(axis: str) -> list[float]:
        found = []
        for n in (9, 17, 33):
            shape = (1, 1, n) if axis == "x" else (1, 1, 1)
            times = np.linspace(0, 6, n) if axis == "t" else [0.0, 6.0]
            grid = Grid(shape, spacing=(1, 1, 6 / (n - 1)))
            field = through(
                kind,
                lambda t, z, y, x: np.sin((x if axis == "x" else t) + 0.3),
                domain_of(grid, 1, times, 0),
                **configuration,
            )
            fine = grid.with_shape((1, 1, 101))
            wanted = np.linspace(1.5, 4.5, 41) if axis == "t" else [0.0]
            inner = slice(25, 76) if axis == "x" else slice(None)
            difference = evaluate(field, fine, wanted, "a", device="cpu") - on_grid(
                lambda t, z, y, x: np.sin((x if axis == "x" else t) + 0.3), fine, wanted
            )
            found.append(float(np.abs(difference[..., inner]).max()))
        return found

    for axis, order in (("x", in_space), ("t", in_time)):
        coarse, middle, fine = errors(axis)
        assert np.log2(coarse / middle) > order - 0.5, (axis, coarse, middle, fine)
        assert np.log2(middle / fine) > order - 0.5, (axis, coarse, middle, fine)


@pytest.mark.parametrize(("kind", "configuration"), FIELDS)
@pytest.mark.filterwarnings("ignore::stsr_core.OutsideTrainedRange")
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 3), (3, 4, 2), (1, 5, 1)])
@pytest.mark.parametrize("n_times", [1, 2, 3, 4])
def test_few_nodes_and_steps(
    kind: Any, configuration: dict[str, str], shape: tuple[int, int, int], n_times: int
) -> None:
    domain = domain_of(Grid(shape), 1, range(n_times), 0)
    samples = random_samples(domain)
    field = kind.from_samples(domain, samples, **configuration)
    kept = evaluate(field, Grid(shape), domain[0].times, "a", device="cpu")
    np.testing.assert_allclose(kept, samples["a"].numpy(), rtol=0, atol=1e-5)
    assert np.all(np.isfinite(evaluate(field, Grid(shape).refined(2.5), [0, 0.4, 9], "a", device="cpu")))


def test_one_step_is_constant_in_time() -> None:
    domain = domain_of(Grid((4, 4, 4)), 1, [3.0], 0)
    field = through(Cubic, wave, domain)
    early, late = evaluate(field, Grid((4, 4, 4)), [-5, 12], "a", device="cpu")
    np.testing.assert_array_equal(early, late)


@pytest.mark.parametrize(("kind", "configuration"), FIELDS)
def test_edges_hold_or_go_on_along_the_tangent(kind: Any, configuration: dict[str, str]) -> None:
    domain = domain_of(Grid((1, 1, 8)), 3, range(3), 0)  # kept nodes 0, 3, 6; node 7 lies beyond
    field = through(kind, lambda t, z, y, x: 0.1 * x, domain, **configuration)
    values = evaluate(field, Grid((1, 1, 8)), [0], "a", device="cpu")[0, 0, 0]
    assert values[6] == pytest.approx(0.6, abs=1e-6)
    linear = configuration.get("edge") == "linear"
    assert values[7] == pytest.approx(0.7 if linear else 0.6, abs=1e-6)


def test_the_edge_rule_holds_in_time_too() -> None:
    domain = domain_of(Grid((1, 1, 1)), 1, range(6), 3)  # kept steps 0 and 4; step 5 lies beyond
    for kind in (TricubicLinear, Cubic):
        hold = through(kind, lambda t, z, y, x: 0.1 * t, domain)
        tangent = through(kind, lambda t, z, y, x: 0.1 * t, domain, edge="linear")
        assert evaluate(hold, Grid((1, 1, 1)), [5], "a", device="cpu").item() == pytest.approx(0.4, abs=1e-6)
        assert evaluate(tangent, Grid((1, 1, 1)), [5], "a", device="cpu").item() == pytest.approx(
            0.5, abs=1e-6
        )


def test_the_spline_agrees_with_scipy() -> None:
    from scipy.interpolate import CubicSpline

    nodes = np.array([-1.0, -0.6, -0.5, 0.1, 0.4, 1.0])
    values = np.cos(3 * nodes)
    basis = AxisBasis(nodes, "bspline")
    positions = np.linspace(-1, 1, 57)
    first, weights = basis.weights(positions)
    found = weights @ basis.coefficients(values)[first : first + weights.shape[1]]
    np.testing.assert_allclose(found, CubicSpline(nodes, values)(positions), atol=1e-13)


def test_catmull_rom_weights_half_way() -> None:
    first, weights = AxisBasis(np.arange(6.0), "catmull_rom").weights(np.array([2.5]))
    assert first == 1
    assert weights[0].tolist() == [-1 / 16, 9 / 16, 9 / 16, -1 / 16]


def test_members_blend_by_their_weights() -> None:
    domain = domain_of(Grid((6, 6, 6)), 1, range(4), 0, ("a", "b"))
    field = Cubic.from_samples(domain, random_samples(domain))
    assert field.latent("b").tolist() == [0, 1]
    fine = Grid((6, 6, 6)).refined(2)
    a, b = (evaluate(field, fine, [1.5], name, device="cpu") for name in "ab")
    mixed = evaluate(field, fine, [1.5], {"a": 0.25, "b": 0.75}, device="cpu")
    np.testing.assert_allclose(mixed, 0.25 * a + 0.75 * b, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("kind", "configuration"), FIELDS)
def test_result_does_not_depend_on_the_tile_nor_on_the_order_of_positions(
    kind: Any, configuration: dict[str, str]
) -> None:
    domain = domain_of(Grid((7, 9, 8)), 2, range(9), 1)
    field = kind.from_samples(domain, random_samples(domain), **configuration)
    grid, times = Grid((7, 9, 8)).refined(1.7), [7.3, 0, 2.2]
    whole, tiled = (evaluate(field, grid, times, "a", device="cpu", tile=t) for t in (10**6, 29))
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("kind", "configuration"), FIELDS)
def test_checkpoint_round_trip(kind: Any, configuration: dict[str, str], tmp_path: Any) -> None:
    domain = domain_of(Grid((7, 9, 8)), 2, range(9), 1, ("a.b", "c"))
    field = kind.from_samples(domain, random_samples(domain), **configuration)
    # These names stand in every model file.
    assert list(field.state_dict()) == ["members.0.coefficients", "members.1.coefficients"]
    checkpoint.save(tmp_path / "m.stsr", checkpoint.Header(kind.kind, field.configuration(), domain), field)
    again = checkpoint.load(tmp_path / "m.stsr")
    before, after = (evaluate(f, Grid((7, 9, 8)), [2.5], "c", device="cpu") for f in (field, again))
    np.testing.assert_array_equal(before, after)


def test_bad_arguments_are_named() -> None:
    domain = domain_of(Grid((4, 4, 4)), 1, range(2), 0)
    with pytest.raises(ValueError, match=r"kernel must be one of bspline, catmull_rom, got 'sinc'"):
        create("tricubic_linear", domain, {"kernel": "sinc"})
    with pytest.raises(ValueError, match=r"edge must be one of replicate, linear, got 'wrap'"):
        create("cubic", domain, {"edge": "wrap"})
    with pytest.raises(ValueError, match=r"cubic: .*'kernel'"):
        create("cubic", domain, {"kernel": "bspline"})
    with pytest.raises(ValueError, match=r"must hold every variable of the domain, 'a' is missing"):
        Cubic.from_samples(domain, {})
    with pytest.raises(ValueError, match=r"values must have shape .* = \(2, 4, 4, 4\), got \(1, 4, 4, 4\)"):
        Cubic.from_samples(domain, {"a": torch.zeros(1, 4, 4, 4)})
    with pytest.raises(
        ValueError, match=r"kernel must be one of nearest, linear, catmull_rom, bspline, got 'x'"
    ):
        InterpolatedSeries(domain[0], "x", "bspline", "replicate")
