"""``mesh.stsr``: what pyvista finds by itself, where the points lie, what is refused."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("pyvista", reason="needs pyvista")

import pyvista as pv

from stsr_core import OutsideTrainedRange
from stsr_core.inference import evaluate


@pytest.fixture
def ramp():
    """u = x + 2z, which every interpolation must give back, on points that begin at (1, 2, 3)."""
    mesh = pv.ImageData(dimensions=(5, 6, 7), spacing=(1, 2, 3), origin=(1, 2, 3))
    mesh["u"] = mesh.points[:, 0] + 2 * mesh.points[:, 2]
    return mesh


def _ramp_error(mesh):
    return np.abs(mesh["u"] - mesh.points[:, 0] - 2 * mesh.points[:, 2]).max()


def test_pyvista_finds_the_accessor_and_brings_no_torch():
    code = (
        "import sys, pyvista\n"
        "mesh = pyvista.ImageData(dimensions=(2, 2, 2))\n"
        "assert 'stsr' in dir(mesh) and 'stsr_filters' not in sys.modules\n"
        "print(*(name for name in dir(mesh.stsr) if name[0] != '_'), 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["compare", "difference", "upscale", "False"], done.stderr
    assert "half-voxel" in pv.ImageData.stsr.upscale.__doc__


def test_end_points_stay_where_resample_would_shift_them(ramp):
    fine = ramp.stsr.upscale(2)
    assert fine.dimensions == (9, 11, 13) and fine.bounds == ramp.bounds
    assert _ramp_error(fine) < 1e-5
    assert ramp.resample(2).bounds != ramp.bounds


@pytest.mark.parametrize(
    ("choice", "dimensions"),
    [
        ({}, (9, 11, 13)),
        ({"factor": (1, 2, 3)}, (5, 11, 19)),
        ({"dimensions": (3, 4, 5)}, (3, 4, 5)),
        ({"spacing": 0.5}, (9, 21, 37)),
    ],
)
def test_the_points_are_chosen_in_the_order_x_y_z(ramp, choice, dimensions):
    assert ramp.stsr.upscale(**choice).dimensions == dimensions


def test_the_reference_image_is_met_with_its_offset(ramp):
    like = pv.ImageData(dimensions=(3, 4, 5), spacing=(0.5, 0.25, 1), origin=(1, 2, 3), offset=(1, 2, 1))
    found = ramp.stsr.upscale(reference_image=like)
    assert (found.extent, found.origin, found.spacing) == (like.extent, like.origin, like.spacing)
    np.testing.assert_allclose(found.points, like.points)
    assert _ramp_error(found) < 1e-5


def test_inplace_changes_the_mesh_and_returns_it(ramp):
    assert ramp.stsr.upscale(2, inplace=True) is ramp
    assert ramp.dimensions == (9, 11, 13) and _ramp_error(ramp) < 1e-5


def test_an_evenly_spaced_rectilinear_grid_is_the_same(ramp):
    grid = ramp.cast_to_rectilinear_grid()
    np.testing.assert_array_equal(grid.stsr.upscale(2)["u"], ramp.stsr.upscale(2)["u"])
    with pytest.raises(TypeError, match="inplace must be False but for ImageData, got a RectilinearGrid"):
        grid.stsr.upscale(2, inplace=True)


def test_a_model_is_shown_over_the_mesh_at_any_time(series, blobs):
    mesh = series[0]
    fine = mesh.stsr.upscale(2, time=13.3, variables="b", model=blobs.path)
    grid = series.volumes["b"].grid.refined(2)
    expected = evaluate(blobs.field, grid, [13.3], "b")[0]
    least = blobs.domain.variable("b").normalization.low  # blobs never go below it, nor does what is shown
    np.testing.assert_array_equal(fine["b"], np.maximum(expected, np.float32(least)).ravel())
    assert fine.point_data.keys() == ["b"] and fine.field_data["TimeValue"][0] == 13.3
    # Without a time that of the mesh, and without a choice the points the samples were kept from.
    same = mesh.stsr.upscale(model=blobs)
    np.testing.assert_allclose(same["a"], mesh["a"], atol=1e-5)
    with pytest.warns(OutsideTrainedRange, match="time 99 is outside"):
        mesh.stsr.upscale(model=blobs, time=99)


def test_a_bar_is_shown_where_one_is_wanted(ramp, capsys):
    ramp.stsr.upscale(2)
    assert capsys.readouterr().err == ""
    ramp.stsr.upscale(2, progress_bar=True)
    assert "interpolate: 100%" in capsys.readouterr().err


def test_compare_tells_the_errors_and_measures_them(series):
    truth = series[3]
    other = truth.copy()
    other["a"] = truth["a"] + np.float32(0.1)
    found = other.stsr.compare(truth)
    assert found.value("rmse", "a") == pytest.approx(0.1, rel=1e-4)
    # 20·log10(range / 0.1)
    assert found.value("psnr", "a") == pytest.approx(20 * np.log10(np.ptp(truth["a"]) / 0.1), abs=1e-3)
    np.testing.assert_allclose(found.errors["a_error"], 0.1, atol=1e-5)
    assert "PSNR [dB]" in found.table.row_arrays["(measure)"]
    assert "PSNR ↑ [dB]" in found._repr_html_() and "RMSE ↓ [kg]" in found._repr_html_()
    difference = other.stsr.difference(truth)
    assert difference.active_scalars_name == "a_error"
    np.testing.assert_allclose(difference["a_error"], 0.1, atol=1e-5)


def test_a_prediction_on_other_points_is_brought_to_the_true_ones(ramp):
    found = ramp.stsr.compare(ramp.stsr.upscale(2))
    assert found.errors.dimensions == (9, 11, 13)
    assert found.value("max_error") < 1e-5
    assert any("were resampled" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("wrong", "kind", "sentence"),
    [
        ({"factor": 2, "spacing": 1}, ValueError, "at most one of .* got factor and spacing"),
        ({"factor": -1}, ValueError, "Factor must be a finite number > 0, got -1"),
        ({"factor": "two"}, ValueError, "factor must be a number or three .x, y, z., got 'two'"),
        ({"dimensions": (2, 2)}, ValueError, "dimensions must be three numbers"),
        ({"dimensions": (2.5, 2, 2)}, ValueError, "dimensions must be three whole numbers"),
        ({"time": 3.0}, ValueError, "a time needs a model"),
        ({"model": "nothing.stsr"}, ValueError, "nothing.stsr: cannot read the model"),
        ({"variables": "w"}, KeyError, "no variable 'w'"),
        ({"reference_image": pv.Sphere()}, TypeError, "reference_image must be ImageData .* got PolyData"),
    ],
)
def test_every_wrong_argument_is_one_sentence(ramp, wrong, kind, sentence):
    with pytest.raises(kind, match=sentence) as caught:
        ramp.stsr.upscale(**wrong)
    assert "\n" not in str(caught.value)


def test_every_wrong_mesh_is_one_sentence(ramp, series, blobs):
    with pytest.raises(ValueError, match=r"time must be a finite number \(the model spans 10 to 18\)"):
        series[0].copy().stsr.upscale(model=blobs, time=np.nan)
    with pytest.raises(ValueError, match=r"got cell data alone; mesh\.cells_to_points"):
        ramp.points_to_cells().stsr.upscale(2)
    with pytest.raises(ValueError, match="must have a numeric point array, got none"):
        pv.ImageData(dimensions=(3, 3, 3)).stsr.upscale(2)
    uneven = pv.RectilinearGrid([0.0, 1.0, 3.0], [0.0, 1.0], [0.0, 1.0])
    with pytest.raises(ValueError, match="x axis must be evenly spaced"):
        uneven.stsr.upscale(2)
    with pytest.raises(TypeError, match="truth must be ImageData"):
        ramp.stsr.compare(pv.Sphere())
    with pytest.raises(ValueError, match="outside the model"):
        pv.ImageData(dimensions=(3, 3, 3), origin=(900, 0, 0)).stsr.upscale(model=blobs, time=12)
    assert not hasattr(pv.Sphere(), "stsr")
