"""The first picture: by show() in a script, and by Apply in the window of ParaView."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.image import imread

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def shown(session, material, tmp_path_factory):
    """What show_session.py found, and its picture."""
    picture = tmp_path_factory.mktemp("show") / "picture.png"
    found = session("show_session.py", material.model, material.series, str(picture))
    return found, imread(picture)[..., :3]


def test_the_animation_lists_all_original_steps_and_the_panel_says_how_to_reach_the_others(shown):
    steps, _, words = shown[0]["steps"]
    assert steps == [10, 11, 12, 13, 14, 15, 16, 17, 18]
    assert words.startswith("9 steps are listed; Time Factor 4 lists three more between any two.")


def test_a_model_is_shown_as_the_projects_pictures_are(shown):
    found, picture = shown
    first = found["first"]
    assert (first["representation"], first["array"], first["time"]) == ("Volume", "a", 13.5)
    assert first["rescales"] == "Never"
    low, high = found["steps"][1]
    assert first["range"][0] <= low < high <= first["range"][1]
    values, opacities = first["opacities"]
    assert len(values) > 8 and max(opacities) > 0.3 and sorted(opacities)[1] == pytest.approx(0.01, abs=0.01)
    assert first["up"] == [0, 0, 1], "at an angle, not down the z axis"
    assert first["inputs"] == ["STSRModel", "TimeToTextConvertorSource"]
    assert found["active"] == "STSRModel"
    assert found["status"].startswith("a, b: 12 x 12 x 12 nodes at t = 13.5")
    # On white: the letters of the time are dark, the volume is coloured, the bar stands at the right.
    assert picture.shape == (720, 960, 3)
    assert picture[:60, 400:560].min() < 0.5
    assert np.mean(np.ptp(picture[60:, :820], axis=2) > 0.02) > 0.05
    assert np.mean(np.ptp(picture[400:, 840:], axis=2) > 0.2) > 0.01


def test_a_map_in_use_a_turned_camera_and_the_one_line_of_time_stay(shown):
    first, second = shown[0]["first"], shown[0]["second"]
    assert second["range"] == first["range"]
    assert second["opacities"] == first["opacities"]
    assert second["position"] == [40, -30, 20]
    assert second["inputs"].count("TimeToTextConvertorSource") == 1
    assert shown[0]["surface"] == "Contour"


def test_what_cannot_be_shown_is_refused_in_words(shown):
    sphere, array, text, model = shown[0]["refused"]
    assert sphere.startswith("ValueError: source: the data must be image data")
    assert array.startswith("ValueError: source: array must name a point array, which are")
    assert text == "TypeError: source must be a pipeline object, got str"
    assert model.startswith("FilterFailed: /nowhere.stsr: cannot read the model")
