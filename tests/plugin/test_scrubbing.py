"""The time moved in ParaView's window under Xvfb: a preview, then the full step; no preview in any file."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
import torch
from models import small_domains
from vtkmodules.vtkIOXML import vtkXMLImageDataReader

from stsr_core.coordinates import Domain
from stsr_core.fields import create
from stsr_core.grid import Grid
from stsr_core.inference import evaluate
from stsr_core.io.vtk import arrays_of
from stsr_core.model.checkpoint import Header, save

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]

WINDOW = "pqClientMainWindow"
#: Macros of the window. The first one writes a line at each execution of the source.
WATCH = """
import json, os
from paraview import simple
from stsr_filters.pipeline import live

source = simple.GetActiveSource()
source.TimeFactor, source.Device, source.CacheSize = 1, "cpu", 1  # MiB: room for one step

def executed(algorithm, event):
    image = algorithm.GetOutputDataObject(0)
    line = {
        "time": image.GetInformation().Get(image.DATA_TIME_STEP()),
        "preview": bool(image.GetFieldData().HasArray("stsr preview")),
        "status": algorithm.GetStatus(),
        "labels": [label.text for label in live._windows[-1]._labels.values()],
    }
    with open(os.environ["STSR_SEEN"], "a") as stream:
        print(json.dumps(line), file=stream)

source.SMProxy.GetClientSideObject().AddObserver("EndEvent", executed)
"""
SCRIPT = """
import os
from paraview import simple
scene = simple.GetAnimationScene()
scene.AnimationTime = 2.0
simple.SaveData(os.environ["STSR_OUT"] + "/script.vti", simple.GetActiveSource())
"""
NOTE = """
import os
with open(os.environ["STSR_SEEN"], "a") as stream:
    print('"note"', file=stream)
"""


@pytest.fixture(scope="module")
def maker(root: Path) -> ModuleType:
    """docs/make_screenshot.py, which starts the window."""
    spec = importlib.util.spec_from_file_location("make_screenshot", root / "docs/make_screenshot.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network of one variable that takes longer over its 57³ nodes than a preview may."""
    domain = Domain([small_domains(Grid((57, 57, 57)), tuple(0.5 * i for i in range(10)))[0]])
    torch.manual_seed(0)
    field = create("modulated_siren", domain, {"width": 192, "depth": 5})
    path = tmp_path_factory.mktemp("slow") / "slow.stsr"
    save(path, Header(field.kind, field.configuration(), domain, data_hash="0" * 64), field)
    return str(path)


def event(where: str, command: str, arguments: str = "") -> str:
    return (
        f"<pqevent object={quoteattr(where)} command={quoteattr(command)} arguments={quoteattr(arguments)}/>"
    )


def menu(name: str, action: str) -> str:
    return event(f"{WINDOW}/menubar/{name}", "activate", action)


def play(action: str) -> str:
    return event(f"{WINDOW}/VCRToolbar/actionVCR{action}", "activate")


def saved(action: str, chosen_in: str, path: Path, settings: str) -> list[str]:
    """File → Save …, a name, and OK in the dialog that follows."""
    return [
        menu("menu_File", action),
        event(f"{WINDOW}/{chosen_in}", "filesSelected", str(path)),
        event(f"{WINDOW}/{settings}/widget/OKButton", "activate"),
    ]


def test_previews_give_way_and_never_get_into_a_file(maker, slow_model, tmp_path):
    seen, script, macros = tmp_path / "seen", tmp_path / "clicks.xml", tmp_path / "ParaView/Macros"
    macros.mkdir(parents=True)
    for name, text in (("watch", WATCH), ("script", SCRIPT), ("note", NOTE)):
        (macros / f"{name}.py").write_text(text)
    note = menu("menu_Macros", "note")
    events = [
        menu("menu_File", "actionFileOpen"),
        event(f"{WINDOW}/FileOpenDialog", "filesSelected", slow_model),
        menu("menu_Macros", "watch"),
        event(f"{WINDOW}/propertiesDock/propertiesPanel/Accept", "activate"),
        event(WINDOW, "pause", "12000"),
        note,
        play("LastFrame"),
        *saved("actionFileSaveData", "FileSaveDialog", tmp_path / "data.vti", "WriterSettingsDialog"),
        note,
        play("FirstFrame"),
        *saved(
            "actionFileSaveScreenshot",
            "SaveScreenshotFileDialog",
            tmp_path / "shot.png",
            "SaveScreenshotDialog",
        ),
        note,
        *saved(
            "actionFileSaveAnimation", "SaveAnimationFileDialog", tmp_path / "film.png", "SaveAnimationDialog"
        ),
        note,
        menu("menu_Macros", "script"),
    ]
    script.write_text('<?xml version="1.0"?>\n<pqevents>\n' + "\n".join(events) + "\n</pqevents>\n")
    variables = {"STSR_SEEN": str(seen), "STSR_OUT": str(tmp_path)}
    with maker.gui(tmp_path, f"--test-script={script}", "--exit", **variables) as process:
        code = process.wait(timeout=600)
    log = (tmp_path / "log").read_text(errors="replace")
    assert code == 0, log
    assert "ERR" not in log and "Traceback" not in log, log

    parts: list[list[dict]] = [[]]
    for line in map(json.loads, seen.read_text().splitlines()):
        if line == "note":
            parts.append([])
        else:
            parts[-1].append(line)
    shown, data, shot, film, scripted = parts
    assert [(x["time"], x["preview"]) for x in shown] == [(0.0, True), (0.0, False)], shown
    assert [x["labels"] for x in shown] == [["preview"], [""]]
    assert "nodes at t = 0 in a preview of " in shown[0]["status"]
    for part, time in ((data, 4.5), (shot, 0.0)):
        assert (part[0]["time"], part[0]["preview"]) == (time, True), part
        assert (part[-1]["time"], part[-1]["preview"]) == (time, False), part
    assert {x["time"] for x in film} >= {2.0, 4.0}
    assert not any(x["preview"] for x in film + scripted)
    assert len(list(tmp_path.glob("film*.png"))) >= 3
    assert (tmp_path / "shot.png").exists()
    assert_full(tmp_path / "data.vti", slow_model, 4.5)
    assert_full(tmp_path / "script.vti", slow_model, 2.0)


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
