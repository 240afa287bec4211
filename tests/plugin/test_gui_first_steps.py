"""The first steps in the ParaView GUI: a model opened, and the page that gets a user started."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from window import CHOICE, Clicks

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


def test_the_first_picture_needs_no_further_click(play, small_demo, tmp_path):
    model = str(small_demo / "demo-output/tornado/model.stsr")
    clicks = Clicks().open(model).apply().look().menu("menu_Macros", "shown")
    (screen, _), *_ = play(clicks)
    seen = json.loads((tmp_path / "shown.json").read_text())
    assert seen["inputs"] == ["STSRModel", "TimeToTextConvertorSource"]
    assert (seen["representation"].strip("'"), seen["rescales"].strip("'")) == ("Volume", "Never")
    assert seen["up"] == [0, 0, 1], "at an angle, not down the z axis"
    assert seen["steps"] == [0, 1, 2, 3, 4, 5, 6], "all of the series, of which two were kept"
    assert seen["lit"] == [1, 0], "what a script shows is left as ParaView makes it"
    view = screen[250:900, 450:750].astype(int)
    coloured = np.abs(view - view[-1, 0]).max(axis=2) > 20
    assert 0.03 < coloured.mean() < 0.6, "a volume with its background clear, and no square"


def test_the_steps_of_getting_started_are_clicked_through(play, root, small_demo, monkeypatch):
    """Word for word, on the files of a small demo."""
    section = (root / "docs/site/start/paraview.md").read_text().partition("## Click by click")[2]
    model = "demo-output/tornado/model.stsr"
    monkeypatch.chdir(small_demo)  # where the names of files, typed as they stand there, are looked for
    steps = re.split(r"\n\d\. ", section.partition("\n\n![")[0])[1:]
    files = [re.findall(r"`([\w/-]+\.\w+)`", step) for step in steps]
    full, coarse, vortex = (
        f"demo-output/{name}.pvd" for name in ("tornado/full", "tornado/coarse", "vortex/full")
    )
    assert files == [[model], [full, coarse, model], ["full.pvd"], [vortex, "demo-output/mine.stsr"]]
    clicks = Clicks().open(str(small_demo / model)).apply().look()
    clicks.open(str(small_demo / full)).apply().open(str(small_demo / coarse)).apply()
    clicks.menu("menuFilters/Neural", "NeuralUpscale").model(model).apply().look()
    clicks.menu("menuFilters/Neural", "CompareToGT")
    clicks.event(f"{CHOICE}/buttonFrame/GroundTruth", "set_boolean", "true")
    clicks.choose("/0:0/2:0")  # after the model and the line of its time
    clicks.put("Resample/CheckBox", "true", "set_boolean").apply().look()
    clicks.open(str(small_demo / vortex)).apply()
    clicks.menu("menuFilters/Neural", "NeuralFit").advanced(True).model("demo-output/mine.stsr")
    clicks.put("LeaveOut/LineEdit0", "3").put("Epochs/LineEdit0", "1")
    seen = [found for _, found in play(clicks.apply().look())]
    assert [found["source"] for found in seen] == ["STSRModel", "NeuralUpscale", "CompareToGT", "NeuralFit"]
    assert [found["error"] for found in seen] == [""] * 4
    assert seen[0]["status"].startswith("tornado: 8 x 8 x 8 nodes at t = 0 in")
    assert "PSNR" in seen[2]["status"]
    assert (small_demo / "demo-output/mine.stsr").is_file()
