"""Inside ParaView: Neural Upscale and STSR Model as a script uses them, compared with the core."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.inference import evaluate
from stsr_core.model.checkpoint import load

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def found(session, material):
    """What paraview_session.py found."""
    return session("paraview_session.py", material.model, material.series)


@pytest.fixture(scope="module")
def field(material):
    return load(material.model)


def test_defaults_are_not_moved_by_the_model(found):
    assert found["defaults"] == [2.0, "'auto'", "'Training grid'", [64, 64, 64]]
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


def test_calculators_of_paraview_work_on_what_is_shown(found):
    """They begin with a name that the environment's newer numpy has no more."""
    twice, once = found["calculated"]
    assert len(twice) > 1
    np.testing.assert_allclose(twice, 2 * np.array(once), rtol=1e-6)


def test_failures_reach_the_script(found):
    assert found["wrong model"] == "/nowhere.stsr: cannot read the model: No such file or directory"
    assert "must be image data (a uniform grid), got vtkPolyData" in found["wrong input"]
    assert found["wrong factor"] == "Factor must be a finite number > 0, got -1"
    assert found["no model"].startswith("no model file is chosen")


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
