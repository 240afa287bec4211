"""Inside ParaView: one pvpython session and one MPI run, their findings compared with the core."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stsr_core.checkpoint import load
from stsr_core.inference import evaluate

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def found(run, material, root, tmp_path_factory):
    """What paraview_session.py found."""
    folder = tmp_path_factory.mktemp("states")
    script = root / "tests/plugin/paraview_session.py"
    done = run("pvpython", str(script), material.model, material.series, str(folder))
    lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
    assert lines, done.stdout
    return json.loads(lines[0][len("found:") :])


@pytest.fixture(scope="module")
def field(material):
    return load(material.model)


def test_defaults_are_not_moved_by_the_model(found):
    assert found["defaults"] == [2.0, "'auto'", "'Factor'", [64, 64, 64]]
    assert found["variables"] == ["a", "b"]


def test_extent_and_times_are_known_before_execution(found):
    assert found["extent before"] == [0, 16, 0, 16, 0, 16]
    assert found["listed"] == [10 + 0.25 * i for i in range(33)]
    assert found["range"] == [10.0, 18.0]
    assert found["factors"][0] == pytest.approx(1 / 11)
    assert "a: 12 x 12 x 12 of 12 x 12 x 12 nodes" in found["summary"]


def test_values_are_those_of_the_core(found, field):
    grid = field.domain[0].grid.refined(1.5)
    for name in ("a", "b"):
        expected = evaluate(field, grid, [11.3], name, device="cpu")[0]
        np.testing.assert_allclose(np.reshape(found["upscaled"][name], grid.shape), expected, atol=1e-5)
    assert found["bounds"] == [3.0, 8.5, 2.0, 7.5, 1.0, 6.5]
    assert found["status"].startswith("a, b: 17 x 17 x 17 nodes at t = 11.3 in")
    assert found["last error"] == ""


def test_selection_and_match(found):
    assert found["chosen"] == ["b"]
    assert found["matched"] == [0, 11, 0, 11, 0, 11]


def test_opening_a_model_file_gives_a_source(found, field):
    assert found["opened as"] == "STSRModel"
    assert found["opened variables"] == ["a", "b"]
    expected = evaluate(field, field.domain[0].grid, [12.0], "a", device="cpu")[0]
    np.testing.assert_allclose(np.reshape(found["source"], expected.shape), expected, atol=1e-5)


def test_camera_and_colour_do_not_run_the_network_again(found):
    assert found["executions by camera and colour"] == 0
    assert found["executions by time"] == 1


def test_failures_reach_the_script(found):
    assert found["wrong model"] == "/nowhere.stsr: cannot read the model: No such file or directory"
    assert "must be image data (a uniform grid), got vtkPolyData" in found["wrong input"]
    assert found["wrong factor"] == "Factor must be a finite number > 0, got -1"
    assert found["no model"].startswith("no model file is chosen")


def test_states_bring_everything_back(found, material):
    kept = [material.model, 1.25, ["b"], ["b"]]
    assert found["after pvsm"] == kept
    assert found["after python state"] == kept
    # What a trace would record as well: ParaView writes both with the same code.
    assert "kept = NeuralUpscale(registrationName='kept', Input=" in found["script"]
    assert f"ModelFile='{material.model}'" in found["script"].replace(" ", "")
    assert "kept.Factor = 1.25" in found["script"]
    assert "kept.Variables = ['b']" in found["script"]


MPI = """
import sys
from paraview import servermanager, simple
from stsr_plugin import check
model, series = sys.argv[1:3]
upscale = simple.NeuralUpscale(Input=simple.OpenDataFile(series), ModelFile=model, Factor=1.5)
check(upscale, 11.3)
ranks = simple.ProcessIdScalars(Input=upscale)
ranks.UpdatePipeline(11.3)
total = simple.IntegrateVariables(Input=upscale)
total.UpdatePipeline(11.3)
data = servermanager.Fetch(total)
sums = [data.GetPointData().GetArray(name).GetValue(0) for name in ("a", "b")]
volume = data.GetCellData().GetArray("Volume").GetValue(0)
print("found:", ranks.PointData["ProcessId"].GetRange()[1], volume, *sums)
"""


@pytest.mark.requires_mpi
def test_two_ranks_share_the_output_and_equal_one(run, material, tmp_path):
    script = tmp_path / "integrate.py"
    script.write_text(MPI)
    results = []
    for prefix in ((), ("mpiexec", "-n", "2")):
        done = run("pvbatch", str(script), material.model, material.series, prefix=prefix)
        lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
        assert lines, done.stdout
        results.append([float(x) for x in lines[0].split()[1:]])
    serial, parallel = results
    assert (serial[0], parallel[0]) == (0, 1), "the second rank holds a part"
    assert serial[1] == pytest.approx(5.5**3, rel=1e-6)
    assert parallel[1:] == pytest.approx(serial[1:], rel=1e-5)


def test_a_bad_model_ends_a_batch_script(run, material, tmp_path):
    script = tmp_path / "bad.py"
    script.write_text(
        "from paraview import simple\nfrom stsr_plugin import check\n"
        "check(simple.STSRModel(FileName='/nowhere.stsr'))\nprint('went on')\n"
    )
    done = run("pvbatch", str(script))
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert "FilterFailed: /nowhere.stsr: cannot read the model" in done.stdout
