"""What goes on beside the ParaView GUI: a model is learned, and steps are baked."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
from processes import until
from window import Clicks

from stsr_core.model import checkpoint
from stsr_core.model.claim import claimed

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


def test_the_window_goes_on_while_it_learns(play, material, tmp_path):
    """Apply returns at once; the panel and what is behind follow; Stop, Continue, and ParaView's end."""
    model = tmp_path / "clicked.stsr"
    clicks = Clicks().open(material.series).apply()
    clicks.menu("menuFilters/Neural", "NeuralFit").advanced(True).model(str(model))
    clicks.put("Field/ComboBox", "modulated_siren", "activated")
    clicks.put("Architecture/Architecture", '{"width": 32, "depth": 3}')
    clicks.put("Minutes/DoubleLineEdit0", "0").put("Epochs/LineEdit0", "100000000")
    clicks.apply().nothing_to_apply().look().macro("written").idle(20).look()
    clicks.menu("menuFilters/Neural", "NeuralUpscale").advanced(False).model(str(model))
    clicks.apply().nothing_to_apply().macro("count").idle(60).look()
    clicks.macro("fit").put("StopLearning/1QPushButton0", "", "activate").macro("ended").idle(10).look()
    clicks.put("ContinueLearning/1QPushButton0", "", "activate").idle(30).look()
    seen = play(clicks)

    assert [found["error"] for _, found in seen] == [""] * 5
    start, written, _, stopped, continued = (found["panel"] for _, found in seen)
    assert "learning, 0%: " in start
    assert "dB" in written, "it has not been asked for"
    assert len((tmp_path / "ticks").read_text()) >= 1, "what shows the model follows it"
    assert f"stopped early: {model} can be used as it is" in stopped
    assert "learning, 0%: " in continued
    first, second = seen[0][0], seen[1][0]
    assert np.any(first[500:600, :390] != second[500:600, :390]), "the panel's line of status"

    # ParaView was closed while it learned.
    until(lambda: not model.with_name(f".{model.name}.lock").exists(), "it still learns")
    with claimed(model):
        assert checkpoint.read_header(model).training is not None


def test_a_tick_bakes_the_steps(play, small_demo, tmp_path):
    """The window shows the model itself meanwhile; then the panel says how near the baked steps are."""
    model = tmp_path / "clicked.stsr"
    shutil.copyfile(small_demo / "demo-output/tornado/model.stsr", model)
    clicks = Clicks().open(str(model)).apply().look()
    clicks.put("BakeSteps/CheckBox", "true", "set_boolean").apply().macro("baked").idle(50).look()
    (plain, before), (ticked, after) = play(clicks)
    assert [before["error"], after["error"]] == ["", ""]
    assert "baked" not in before["status"]
    assert re.search(r"; baked steps of a model of kind .* dB", after["panel"]), after["panel"]
    assert len(list(tmp_path.glob("clicked-baked-*.stsr"))) == 1
    assert np.any(plain[:, :390] != ticked[:, :390])
