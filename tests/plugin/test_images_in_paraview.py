"""Inside ParaView: a database of images in its own colours, from angles and from another view's camera."""

from __future__ import annotations

import numpy as np
import pytest

from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.writing import write

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
VIEWS = [(0.0, phi) for phi in (-90.0, 0.0, 90.0, 180.0)] + [(60.0, 0.0)]


def color(time: float, theta: float, phi: float) -> list[int]:
    """The one colour of an image."""
    return [round(10 * time), round((phi + 180) / 2), round(theta) + 100]


@pytest.fixture(scope="module")
def found(session, tmp_path_factory):
    """What images_session.py found."""
    folder = tmp_path_factory.mktemp("images")
    records = [Record(t, *view, v) for t in (1.0, 2.0, 4.0) for v in ("w", "u") for view in VIEWS]
    images = [(r, np.full((40, 48, 3), color(r.time, r.theta, r.phi), np.uint8)) for r in records]
    write(folder / "d.cdb", images)
    return session("images_session.py", str(folder / "d.cdb"), str(folder))


def test_times_and_variables_are_those_of_the_database(found):
    assert found["times"] == [1.0, 2.0, 4.0]
    assert found["choices"] == ["(automatic)", "w", "u"]


def test_a_picture_is_drawn_in_its_own_colours(found):
    assert found["representation"] == ["STSRPictureRepresentation", 0]
    assert found["drawn"] == color(2.0, 0.0, 90.0)
    failed, status, view = found["angles"]
    assert (failed, view) == ("", [0.0, 90.0])
    assert status.startswith("u at t = 2, θ 0.0°, φ 90.0°: 48 x 40 pixels")


def test_the_camera_of_another_view_is_followed(found):
    failed, status = found["alone"]
    assert failed == "" and status.endswith("no other view with a camera, so Theta and Phi count")
    assert found["followed"] == ["", [0.0, 180.0]]
    assert (found["untouched"], found["turned"]) == (False, True)
    assert found["followed again"] == ["", [60.0, 0.0]]


def test_a_pipeline_of_paraview_is_rendered_into_a_database(found):
    variables, count, failed, pixels = found["rendered"]
    assert (variables, count, failed) == (["RTData"], 2, "")
    seen = np.reshape(pixels, (24, 24, 3))
    assert (seen[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all() and np.ptp(seen) > 100


def test_a_state_brings_it_back_and_what_is_missing_is_told(found):
    before, after, failed = found["state"]
    assert before == after and before["Variable"] == "u" and failed == ""
    assert "none.cdb: no such folder; a Cinema database (.cdb) was expected" in found["missing"]
