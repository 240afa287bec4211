"""The ParaView GUI under Xvfb: what a user does with mouse and keyboard, played by ParaView itself."""

from __future__ import annotations

import numpy as np
import pytest
from window import CHOICE, SIZE, WINDOW, Clicks, keep, panel_ink

from stsr_core import demo

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture
def task(small_demo) -> dict:
    made = demo.Files.of(small_demo / "demo-output/tornado")
    return {"model": str(made.model), "series": str(made.coarse), "time": 2.5, "factor": 2.0}


def test_the_filter_is_applied_and_seen(maker, settings, task):
    screen = maker.screenshot(task, folder=settings, size=SIZE)
    assert screen.shape == (*SIZE[::-1], 3)
    keep(screen, "scene.png")
    view = screen[250:900, 450:750]
    # The panel is full of text and frames; the volume is brighter than the dark background somewhere.
    assert panel_ink(screen) > 2000
    background = np.array([20, 23, 31])
    coloured = np.abs(view.astype(int) - background).max(axis=2) > 60
    assert 0.02 < coloured.mean() < 0.98


def test_a_scene_that_must_fail_fails(maker, settings, task):
    with pytest.raises(RuntimeError, match=r"FilterFailed: /nowhere\.stsr: cannot read the model"):
        maker.screenshot({**task, "model": "/nowhere.stsr"}, folder=settings, size=SIZE)


def test_every_proxy_is_used_by_mouse_and_keyboard(play, material, tmp_path):
    model = str(tmp_path / "clicked.stsr")
    clicks = Clicks().open(material.series).apply()
    clicks.menu("menuFilters/Neural", "NeuralFit").advanced(True).model(model)
    clicks.put("Architecture/Architecture", '{"network": {"width": 32, "depth": 3}, "rehearsal_steps": 20}')
    clicks.put("Epochs/LineEdit0", "2")
    clicks.apply().nothing_to_apply().macro("ended").idle(5)
    clicks.put("ContinueLearning/1QPushButton0", "", "activate").macro("ended").idle(5).look()
    clicks.menu("menu_Macros", "trace")  # not before: recording a button press is broken in ParaView 5.11
    # Neither is told the model: each takes that of the fit. The panel is full before Apply.
    clicks.menu("menuFilters/Neural", "NeuralUpscale").advanced(False).apply().nothing_to_apply().look()
    clicks.menu("menuFilters/Neural", "LatentInterpolateOfInput").apply().nothing_to_apply().look()
    clicks.menu("menuSources/Neural", "LatentInterpolate").model(model, "FileName").look()
    clicks.apply().nothing_to_apply().look()
    clicks.open(material.series).apply().open(model).apply().nothing_to_apply().advanced(True).look()
    clicks.menu("menuFilters/Neural", "CompareToGT")
    clicks.event(f"{CHOICE}/buttonFrame/GroundTruth", "set_boolean", "true")
    clicks.choose("/0:0/3:0")  # the series without a filter behind it
    clicks.put("PictureVariable/ComboBox", "b", "activated")
    clicks.apply().nothing_to_apply().look().menu("menu_Macros", "trace")
    clicks.menu("menu_Macros", "step").look()
    clicks.put("Pictures/CheckBox", "true", "set_boolean")
    clicks.put("PictureSize/IntRangeWidget/LineEdit", "512").apply()
    clicks.event(WINDOW, "pause", "3000").look()
    seen = play(clicks)

    assert [found["source"] for _, found in seen] == [
        "NeuralFit",
        "NeuralUpscale",
        "LatentInterpolateOfInput",
        "LatentInterpolate",
        "LatentInterpolate",
        "STSRModel",
        "CompareToGT",
        "CompareToGT",
        "CompareToGT",
    ]
    assert [found["error"] for _, found in seen] == [""] * 9
    said = [found["status"] for _, found in seen]
    assert f"{model} is this model already" in said[0], "by Continue Learning, which needs no Apply"
    assert said[1].startswith("a, b: 23 x 23 x 23 nodes at t = ")
    assert said[2].startswith("a 0.50 + b 0.50: 12 x 12 x 12 nodes at t = 10 in")
    assert said[3] == "ready to decode a mix of a and b: 12 x 12 x 12 nodes", "before Apply"
    assert said[4].startswith("a 0.50 + b 0.50: 12 x 12 x 12 nodes at t = 10 from the cache"), "of both"
    assert said[5].startswith("a, b: 12 x 12 x 12 nodes at t = 10 in")
    assert said[6].startswith("a: PSNR ")
    assert "at t = 10;" in said[6]
    assert "at t = 11;" in said[7], "after a step of the animation, without an Apply"
    below_the_table = [screen[500:740, 615:790].astype(int) for screen, _ in seen]
    coloured = [float((np.ptp(part, axis=2) > 60).mean()) for part in below_the_table]
    assert coloured[7] < 0.005 < coloured[8], "the picture has a view of its own"
    assert len(seen[-1][1]["names"]) == 9, "the line of the time among them"
    assert all(panel_ink(screen) > 2000 for screen, _ in seen)

    trace = (tmp_path / "trace.py").read_text()
    compile(trace, "trace.py", "exec")
    for line in (
        "neuralFit1 = FindSource('NeuralFit1')",
        "latentInterpolateofInput1 = LatentInterpolateofInput(",
        "Input=neuralUpscale1)",
        f"latentInterpolate1.FileName = '{model}'",
        "comparetoGT1.PictureVariable = 'b'",
    ):
        assert line in trace, trace


def test_clicks_that_must_fail_fail(play, material):
    clicks = Clicks().open(material.series).apply().menu("menuFilters/Neural", "NeuralUpscale")
    with pytest.raises(RuntimeError, match=r"exit code 0(.|\n)*ERROR: Neural Upscale: /nowhere\.stsr"):
        play(clicks.model("/nowhere.stsr").apply())
