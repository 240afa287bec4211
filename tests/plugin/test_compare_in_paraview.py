"""Compare to GT inside ParaView: one pvpython session and one MPI run, compared with the core."""

from __future__ import annotations

import json

import numpy as np
import pytest
from models import blob_series

from stsr_core import metrics
from stsr_core.checkpoint import load
from stsr_core.inference import evaluate

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def session(run, material, root, tmp_path_factory):
    """What compare_session.py found, and the folder it wrote to."""
    folder = tmp_path_factory.mktemp("compared")
    script = root / "tests/plugin/compare_session.py"
    done = run("pvpython", str(script), material.model, material.series, str(folder))
    lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
    assert lines, done.stdout
    return json.loads(lines[0][len("found:") :]), folder


@pytest.fixture(scope="module")
def found(session):
    return session[0]


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
    assert found["ports"] == ["Errors", "Measures", "Picture", "Curves"]
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
    assert found["offered"] == ["(same names)", "a", "b"]
    assert "the prediction must be image data (a uniform grid), got vtkPolyData" in found["wrong input"]


def test_all_time_steps_are_walked_once(found, both, session):
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
    written = json.loads((session[1] / "curves.json").read_text())
    assert len(written["curves"]) == 2 * 9


def test_the_picture_is_drawn(found):
    (width, height, depth), (least, most) = found["picture"]
    assert width > 3 * 64 and height > 64 and depth == 1
    assert (least, most) == (0.0, 255.0)
    assert all(row["a_cieluv"] > 0 for row in found["curves"])


def test_a_state_brings_everything_back(found):
    assert found["after pvsm"] == [1, 64, "'b'", 9]


MPI = """
import sys
from stsr_plugin import check
from paraview import servermanager, simple
model, series = sys.argv[1:3]
truth = simple.OpenDataFile(series)
compare = simple.ComparetoGT(Prediction=simple.NeuralUpscale(Input=truth, ModelFile=model, Factor=1),
                             GroundTruth=truth, AllTimeSteps=1)
check(compare, 12.0)
ranks = simple.ProcessIdScalars(Input=compare)
ranks.UpdatePipeline(12.0)
total = simple.IntegrateVariables(Input=compare)
total.UpdatePipeline(12.0)
data = servermanager.Fetch(total)
sums = [data.GetPointData().GetArray(name).GetValue(0) for name in ("a_error", "b_absolute_error")]
volume = data.GetCellData().GetArray("Volume").GetValue(0)
info = [compare.GetDataInformation(port).GetNumberOfRows() for port in (1, 3)]
psnr = servermanager.Fetch(compare, 0, idx=1).GetColumnByName("psnr").GetValue(1)
print("found:", ranks.PointData["ProcessId"].GetRange()[1], *info, psnr, volume, *sums)
"""


@pytest.mark.requires_mpi
def test_two_ranks_share_the_errors_and_write_one_table(run, material, tmp_path):
    script = tmp_path / "compare.py"
    script.write_text(MPI)
    results = []
    for prefix in ((), ("mpiexec", "-n", "2")):
        done = run("pvbatch", str(script), material.model, material.series, prefix=prefix)
        lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
        assert lines, done.stdout
        results.append([float(x) for x in lines[0].split()[1:]])
    serial, parallel = results
    assert (serial[0], parallel[0]) == (0, 1), "the second rank holds a part"
    assert serial[1:3] == parallel[1:3] == [2, 9]
    assert parallel[3:] == pytest.approx(serial[3:], rel=1e-5)
    assert serial[4] == pytest.approx(5.5**3, rel=1e-6)
