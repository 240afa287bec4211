"""The time moved in ParaView's window under Xvfb: a preview, then the full step; no preview in any file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from models import small_domains
from vtkmodules.vtkIOXML import vtkXMLImageDataReader
from window import WINDOW, Clicks

from stsr_core.coordinates import Domain
from stsr_core.fields import create
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.io.vtk import arrays_of
from stsr_core.model.checkpoint import Header, save

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network of one variable that takes longer over its 57³ nodes than a preview may."""
    domain = Domain([small_domains(Grid((57, 57, 57)), tuple(0.5 * i for i in range(5)))[0]])
    torch.manual_seed(0)
    field = create("modulated_siren", domain, {"width": 192, "depth": 5})
    path = tmp_path_factory.mktemp("slow") / "slow.stsr"
    save(path, Header(field.kind, field.configuration(), domain, data_hash="0" * 64), field)
    return str(path)


def play_to(clicks: Clicks, end: str) -> Clicks:
    return clicks.event(f"{WINDOW}/VCRToolbar/actionVCR{end}", "activate")


def saved(clicks: Clicks, action: str, chosen_in: str, path: Path, settings: str) -> Clicks:
    """File → Save …, a name, and OK in the dialog that follows."""
    clicks.menu("menu_File", action).event(f"{WINDOW}/{chosen_in}", "filesSelected", str(path))
    return clicks.event(f"{WINDOW}/{settings}/widget/OKButton", "activate")


def test_previews_give_way_and_never_get_into_a_file(play, slow_model, tmp_path):
    clicks = Clicks().open(slow_model).macro("watch").apply().macro("decoded").idle(50).macro("note")
    play_to(clicks, "LastFrame")
    saved(clicks, "actionFileSaveData", "FileSaveDialog", tmp_path / "data.vti", "WriterSettingsDialog")
    play_to(clicks.macro("note"), "FirstFrame")
    shot = tmp_path / "shot.png"
    saved(clicks, "actionFileSaveScreenshot", "SaveScreenshotFileDialog", shot, "SaveScreenshotDialog")
    film = tmp_path / "film.png"
    clicks.macro("note")
    saved(clicks, "actionFileSaveAnimation", "SaveAnimationFileDialog", film, "SaveAnimationDialog")
    play(clicks.macro("note").macro("save"))

    parts: list[list[dict]] = [[]]
    for line in map(json.loads, (tmp_path / "seen").read_text().splitlines()):
        if line == "note":
            parts.append([])
        else:
            parts[-1].append(line)
    shown, data, shot_lines, frames, scripted = parts
    assert [(x["time"], x["preview"]) for x in shown] == [(0.0, True), (0.0, False)], shown
    assert [x["labels"] for x in shown] == [["preview"], [""]]
    assert "nodes at t = 0 in a preview of " in shown[0]["status"]
    for part, time in ((data, 2.0), (shot_lines, 0.0)):
        assert (part[0]["time"], part[0]["preview"]) == (time, True), part
        assert (part[-1]["time"], part[-1]["preview"]) == (time, False), part
    assert {x["time"] for x in frames} >= {1.0, 1.5}
    assert not any(x["preview"] for x in frames + scripted)
    assert len(list(tmp_path.glob("film*.png"))) >= 3
    assert shot.exists()
    assert_full(tmp_path / "data.vti", slow_model, 2.0)
    assert_full(tmp_path / "script.vti", slow_model, 1.0)


def assert_full(path: Path, model: str, time: float) -> None:
    """The file holds what the core says of the model at that time."""
    from stsr_core.model.checkpoint import load

    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutputDataObject(0)
    assert not image.GetFieldData().HasArray("stsr preview")
    field = load(model)
    expected = evaluate(field, field.domain[0].full_grid, [time], "u", device="cpu")[0]
    np.testing.assert_allclose(arrays_of(image)["u"], expected, atol=1e-5)
