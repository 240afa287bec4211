"""Motion and error bars beside the values: in physical units, on any grid, of the types announced."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from models import small_siren

import stsr_core as stsr
from stsr_core.cli import main
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.base import Moving, Uncertain
from stsr_core.fields.kinds import KINDS, field_class
from stsr_core.grid import IDENTITY, Grid
from stsr_core.inference.beside import evaluate_beside
from stsr_core.inference.mixed import evaluate_mix, require_known
from stsr_core.io import open_series
from stsr_core.normalize import Normalization
from stsr_core.request.extras import Extras, Quantity, Uncertainty
from stsr_core.request.mix import Mix
from stsr_core.request.output import Request
from stsr_core.series import VolumeSeries

SHAPE, SPEED, DURATION = (13, 13, 21), 0.6, 2.0
#: A quarter turn about z: the grid's x axis is y of space, its y axis is −x.
TURN = (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
#: Nodes per step × spacing along x / time per step.
VELOCITY = SPEED * 0.5 / DURATION


def blob_series(direction=IDENTITY) -> VolumeSeries:
    """A blob that moves along the grid's x axis at the same speed, one step each 2 s, in metres."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    frames = [
        np.exp(-((z - 6) ** 2 + (y - 6) ** 2 + (x - 7 - SPEED * t) ** 2) / (2 * 2.5**2)) for t in range(9)
    ]
    grid = Grid(SHAPE, (5.0, 4.0, 3.0), (2.0, 1.0, 0.5), direction)
    values = {"a": np.stack(frames).astype(np.float32)}
    return VolumeSeries.from_arrays(values, grid, DURATION * np.arange(9), {"a": "kg"}, "s", "m")


def fitted(series, path=None):
    return stsr.fit(series, path, field="motion", spatial_factor=2, temporal_gap=1, device="cpu")


@pytest.fixture(scope="module")
def field():
    return fitted(blob_series())


def around_blob(grid: Grid, time: float) -> tuple[slice, ...]:
    """Nodes near the blob's centre, where the motion is sure."""
    scale = (grid.shape[2] - 1) // (SHAPE[2] - 1)
    center = (6 * scale, 6 * scale, round((7 + SPEED * time / DURATION) * scale))
    return tuple(slice(c - 2, c + 3) for c in center)


@pytest.mark.parametrize("time", [0.0, 3.3, 8.0, 15.0])
@pytest.mark.parametrize("factor", [1, 2])
def test_motion_is_the_speed_of_what_passes_in_length_per_time(field, time, factor):
    grid = field.domain[0].full_grid.refined(factor)
    found = evaluate_beside(field, grid, time, "a", Quantity.MOTION, device="cpu")
    assert found.shape == (*grid.shape, 3)
    assert found.dtype == np.float32
    near = found[around_blob(grid, time)].reshape(-1, 3)
    np.testing.assert_allclose(near.mean(0), [VELOCITY, 0, 0], atol=0.1 * VELOCITY)


def test_motion_points_along_the_axes_of_a_rotated_grid(field):
    turned = fitted(blob_series(TURN))
    here, there = (
        evaluate_beside(f, f.domain[0].full_grid, 5.0, "a", Quantity.MOTION) for f in (field, turned)
    )
    np.testing.assert_allclose(there, np.stack([-here[..., 1], here[..., 0], here[..., 2]], -1), atol=1e-6)


def test_motion_does_not_depend_on_tiles_and_parts(field):
    grid = field.domain[0].full_grid
    whole = evaluate_beside(field, grid, 5.0, "a", Quantity.MOTION)
    reports: list[float] = []
    tiled = evaluate_beside(field, grid, 5.0, "a", Quantity.MOTION, tile=100, on_progress=reports.append)
    np.testing.assert_allclose(tiled, whole, atol=1e-6)
    assert reports == sorted(reports)
    assert reports[-1] == 1
    part = Grid((4, *grid.shape[1:]), (5.0 + 2 * 3, 4.0, 3.0), grid.spacing)
    slab = evaluate_beside(field, part, 5.0, "a", Quantity.MOTION)
    np.testing.assert_allclose(slab, whole[3:7], atol=1e-6)
    with pytest.raises(stsr.inference.Stopped):
        evaluate_beside(field, grid, 5.0, "a", Quantity.MOTION, should_abort=lambda: True)


def test_a_single_step_and_a_single_layer_do_not_move():
    series = blob_series()["a"]
    alone = fitted(VolumeSeries.from_arrays({"a": series.array()[:1]}, series.grid, [0.0]))
    assert not evaluate_beside(alone, series.grid, 0.0, "a", Quantity.MOTION).any()
    flat_grid = Grid((1, *SHAPE[1:]), spacing=series.grid.spacing)
    flat = fitted(VolumeSeries.from_arrays({"a": series.array()[:, 6:7]}, flat_grid, series.times))
    found = evaluate_beside(flat, flat_grid, 8.0, "a", Quantity.MOTION)
    assert not found[..., 2].any()
    assert found[0, 6, 9, 0] == pytest.approx(VELOCITY, rel=0.1)


def test_a_model_without_says_who_has_it():
    siren = small_siren()
    with pytest.raises(
        ValueError, match="kind modulated_siren has no motion; models of the kind motion or m"
    ):
        require_known(siren, [Mix.of("a", 10.0, Quantity.MOTION)])
    with pytest.raises(ValueError, match="kind modulated_siren has no error bars"):
        require_known(siren, [Mix.of("a", 10.0), Mix.of("a", 10.0, Quantity.LOWER)])
    assert [kind for kind in KINDS if issubclass(field_class(kind), Moving)] == ["motion", "mixture", "baked"]


class CertainlyUncertain(torch.nn.Module):
    """Values −1, with a normalised standard error of (t + 2)/10 and twice that as half-width."""

    kind = "nearest"

    def __init__(self, dtype: str) -> None:
        super().__init__()
        grid = Grid((3, 4, 5))
        times = (0.0, 1.0, 2.0)
        self.domain = Domain(
            [VariableDomain("n", grid, times, grid, times, Normalization(10.0, 30.0), dtype, "K")]
        )
        self.asked = 0

    def latent(self, variable):
        return torch.ones(1)

    def sampler(self, latent, variable=None):
        def sample(axes):
            self.asked += 1
            return torch.full([len(a) for a in axes], -1.0)

        return sample

    def spread(self, variable):
        def standard_error(axes):
            return ((axes[0] + 2) / 10).view(-1, 1, 1, 1).expand([len(a) for a in axes])

        return SimpleNamespace(
            standard_error=standard_error, half_width=lambda axes: 2 * standard_error(axes)
        )

    def bytes_per_sample(self):
        return 4


@pytest.mark.parametrize(
    ("dtype", "bounds"), [("uint8", "float32"), ("float32", "float32"), ("float64", "float64")]
)
def test_error_bars_are_physical_and_stand_around_the_values(dtype, bounds):
    field = CertainlyUncertain(dtype)
    assert isinstance(field, Uncertain)
    request = Request(extras=Extras(uncertainty=Uncertainty.INTERVAL))
    content = request.output(field.domain).content
    step, known = content.step(1.0), {}
    found = {
        name: evaluate_mix(field, field.domain[0].grid, mix, known=known, device="cpu")
        for name, mix in step.arrays.items()
    }
    assert {name: values.dtype.name for name, values in found.items()} == content.dtypes
    assert content.dtypes == {
        "n": dtype,
        "n_standard_error": "float32",
        "n_lower": bounds,
        "n_upper": bounds,
    }
    assert set(content.units.values()) == {"K"}
    # Half the range is 10; t = 1 is 0 in normalised coordinates.
    means = {name: values.mean() for name, values in found.items()}
    expected = {"n": 10, "n_standard_error": 2, "n_lower": 6, "n_upper": 14}
    assert means == pytest.approx(expected, rel=1e-6)
    assert field.asked == 1, "the values are computed once"


def test_what_is_announced_holds_for_vectors_too():
    domain = small_siren(("a", "a_motion")).domain
    with pytest.raises(ValueError, match="two arrays would be called a_motion"):
        Request(extras=Extras(motion=True)).output(domain)
    content = Request(("a",), extras=Extras(motion=True)).output(domain, speed_unit="m/s").content
    assert content.units == {"a": "kg", "a_motion": "m/s"}
    assert np.dtype(content.dtypes["a_motion"]).itemsize == 12
    assert content.title == "a with motion"
    with pytest.raises(ValueError, match="Uncertainty must be 0"):
        Request(extras=Extras(uncertainty=5)).output(domain)


@pytest.mark.parametrize("suffix", [".pvd", ".h5"])
def test_upscale_writes_the_components_of_motion(tmp_path, suffix):
    model = tmp_path / "m.stsr"
    fitted(blob_series(), model)
    path = tmp_path / f"out{suffix}"
    assert main(["upscale", str(model), "--motion", "--times", "3.3", "-o", str(path)]) == 0
    series = open_series(path)
    assert series.names == ("a", "a_motion_X", "a_motion_Y", "a_motion_Z")
    assert series["a_motion_Y"].unit == "m/s"
    field = stsr.load(model)
    expected = evaluate_beside(field, field.domain[0].grid, 3.3, "a", Quantity.MOTION)
    for i, axis in enumerate("XYZ"):
        np.testing.assert_array_equal(series[f"a_motion_{axis}"].step(0), expected[..., i])


def test_upscale_refuses_in_words_before_anything_is_written(tmp_path, field):
    out = tmp_path / "out.pvd"
    with pytest.raises(ValueError, match="uncertainty must be standard_error or interval, got 'wide'"):
        stsr.upscale(field, out, uncertainty="wide")
    with pytest.raises(ValueError, match="has no motion"):
        stsr.upscale(small_siren(), out, motion=True)
    with pytest.raises(ValueError, match="a blend has no motion"):
        stsr.upscale(small_siren(("a", "b")), out, blend="a=1,b=1", motion=True)
    assert not list(tmp_path.iterdir())
