"""Compare to GT inside ParaView, compared with the core; its pictures, and what it says without a display."""

from __future__ import annotations

import json

import numpy as np
import pytest
from models import blob_series

from stsr_core import metrics
from stsr_core.inference import evaluate
from stsr_core.model.checkpoint import load

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("compared")


@pytest.fixture(scope="module")
def found(session, material, folder):
    """What compare_session.py found."""
    return session("compare_session.py", material.model, material.series, str(folder))


@pytest.fixture(scope="module")
def both(material):
    """``both(name, i)``: ground truth and prediction at step ``i``."""
    field, series = load(material.model), blob_series(("a", "b"))

    def arrays(name, i):
        variable = series[name]
        predicted = evaluate(field, variable.grid, variable.times[i : i + 1], name, device="cpu")[0]
        return variable.step(i), predicted

    return arrays


def test_the_table_holds_what_the_metrics_say(found, both):
    assert found["defaults"] == [0, 0, "'Automatic'", "'Exact'", 1024, "'(same names)'"]
    assert found["ports"] == ["Errors", "Measures", "Picture", "Curves", "Overview"]
    assert [row["variable"] for row in found["measures"]] == ["a", "b"]
    for row in found["measures"]:
        truth, prediction = both(row["variable"], 2)
        data_range = metrics.value_range(truth)
        assert row["psnr"] == pytest.approx(metrics.psnr(truth, prediction, data_range=data_range), rel=1e-5)
        assert row["ssim"] == pytest.approx(metrics.ssim(truth, prediction, data_range=data_range), abs=1e-5)
        assert (row["time"], row["unit"]) == (12.0, "kg")
    assert found["status"].startswith("a: PSNR ")


def test_error_arrays(found, both):
    truth, prediction = both("a", 2)
    errors = {name: np.reshape(values, truth.shape) for name, values in found["errors"].items()}
    np.testing.assert_allclose(errors["a"], truth, rtol=1e-6)
    np.testing.assert_allclose(errors["a_prediction"], prediction, atol=1e-5)
    np.testing.assert_allclose(errors["a_error"], prediction - truth, atol=1e-5)


def test_other_times_grids_and_arrays_are_refused_in_words(found):
    assert found["listed"] == [10.0 + i for i in range(9)]
    assert found["other time"].startswith("the times differ: 11.3 in the prediction, 1")
    assert found["nearest"] == ["", 11.0]
    assert found["other grid"].startswith("the grids differ: 23 x 23 x 23 nodes over")
    assert found["resampled"] == ["", pytest.approx(found["measures"][0]["psnr"], rel=1e-4)]
    assert found["no array"] == "the prediction has no variable 'nothing'; it has a, b"
    assert found["paired"] == ["b"]
    assert found["offered"] == [["(same names)", "a", "b"]] * 2 + [["(first)", "a", "b"]]
    assert "the prediction must be image data (a uniform grid), got vtkPolyData" in found["wrong input"]


def test_all_time_steps_are_walked_once(found, both, folder):
    assert found["executions by all steps, and by another time"] == [1, 1]
    assert found["executions by camera"] == 0
    assert [row["time"] for row in found["curves"]] == found["listed"]
    for i, row in enumerate(found["curves"]):
        truth, prediction = both("b", i)
        expected = metrics.psnr(truth, prediction, data_range=metrics.value_range(truth))
        assert row["b_psnr"] == pytest.approx(expected, rel=1e-5)
        assert row["a_kept"] == row["b_kept"] == 1, "the model was trained on every step"
    kinds = [(row["variable"], row["steps"], row["n_steps"]) for row in found["means"]]
    assert kinds == [(name, kind, 9) for name in "ab" for kind in ("all", "kept")]
    written = json.loads((folder / "curves.json").read_text())
    assert len(written["curves"]) == 2 * 9


def test_the_picture_is_drawn(found):
    (width, height, depth), (least, most) = found["picture"]
    assert width > 3 * 64 and height > 64 and depth == 1
    assert (least, most) == (0.0, 255.0)
    assert all(row["a_cieluv"] > 0 for row in found["curves"])


def test_the_picture_is_shown_in_its_own_colours(found, folder):
    """By default ParaView would map the magnitude of red, green and blue."""
    from matplotlib.image import imread

    seen = imread(folder / "view.png")[..., :3]
    assert np.mean((seen > 0.99).all(axis=2)) > 0.05, "the sheet is white"
    assert np.mean(np.ptp(seen, axis=2) > 0.2) > 0.02, "the renderings are coloured, and as large as the view"
    assert found["active view"] is True, "it stays"


def test_colours_come_from_presets_and_states(found):
    for i, name in enumerate(("red.xml", "green.json", "blue.pvsm")):
        *hues, wrong = found["hues"][name]
        assert wrong == ""
        assert hues[i] > 100, name
        assert [n for j, n in enumerate(hues) if j != i] == [0, 0], name
    assert "nowhere.json" in found["hues"]["nowhere.json"][3]


def test_a_state_brings_everything_back(found):
    assert found["after pvsm"] == [1, 64, "'b'", 9]


def test_without_a_display_the_measures_are_there_and_one_sentence_says_what_is_not(session, material):
    found = session("no_display_session.py", material.model, material.series, display=False)
    assert found["wrong"] == ""
    (row,) = found["rows"]
    assert row["variable"] == "a" and np.isfinite([row["psnr"], row["ssim"]]).all()
    assert np.isnan([row["lpips"], row["cieluv"]]).all()
    remark = "the pictures are left out: rendering needs a display, which DISPLAY does not name"
    assert found["status"].count(remark) == 1
    assert found["picture"] == [255.0, 255.0]
