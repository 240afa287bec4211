"""The ParaView GUI under Xvfb: what a user does with mouse and keyboard, played by ParaView itself."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path
from types import ModuleType
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
import torch
from processes import until

from stsr_core import demo
from stsr_core.homogenization import file as network_file
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.network import Network
from stsr_core.model import checkpoint
from stsr_core.model.claim import claimed

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]

WINDOW = "pqClientMainWindow"
DOCK = f"{WINDOW}/propertiesDock/propertiesPanel"
PANEL = f"{DOCK}/scrollArea/qt_scrollarea_viewport/scrollAreaWidgetContents/PropertiesFrame/ProxyPanel"
CHOICE = f"{WINDOW}/SelectInputDialog"
#: Run by ParaView's Macros menu: keeps what is on the screen, and what the active source says and has said.
LOOK = """
import json, os, shutil
from paraview import simple
folder = os.environ["STSR_LOOKS"]
name = f"{len(os.listdir(folder)) // 2:02d}"
shutil.copyfile(os.environ["STSR_SCREEN"], f"{folder}/{name}.xwd")
source = simple.GetActiveSource()
seen = {"panel": source.SMProxy.GetProperty("Status").GetElement(0)}
seen |= {"source": source.GetXMLName(), "status": source.Status, "error": source.LastError}
seen["names"] = sorted(name for name, _ in simple.GetSources())
with open(f"{folder}/{name}.json", "w") as stream:
    json.dump(seen, stream)
"""
STEP = """
from paraview import simple
scene = simple.GetAnimationScene()
scene.AnimationTime = scene.AnimationTime + 1
"""
#: What is shown of the active source, and what a script then shows of another, beside the trace.
SHOWN = """
import json, os
from paraview import simple
view, source = simple.GetActiveView(), simple.GetActiveSource()
of_click = simple.GetDisplayProperties(source, view)
shown = [s.Input.GetXMLName() for s in view.Representations if getattr(s, "Input", None)]
seen = {
    "inputs": shown,
    "representation": str(of_click.Representation),
    "rescales": str(of_click.LookupTable.AutomaticRescaleRangeMode),
    "up": list(view.CameraViewUp),
    "steps": list(simple.GetTimeKeeper().TimestepValues),
}
simple.Hide(source, view)
view.CameraViewUp = [0.0, 1.0, 0.0]
of_script = simple.Show(simple.STSRModel(FileName=source.FileName), view)
simple.Render(view)
seen["lit"] = [int(of_click.Shade), int(of_script.Shade)]
simple.Delete(of_script.Input)
simple.SetActiveSource(source)
with open(os.path.join(os.path.dirname(os.environ["STSR_TRACE"]), "shown.json"), "w") as stream:
    json.dump(seen, stream)
"""
TRACE = """
import os
from paraview import smtrace
if smtrace.sm.vtkSMTrace.GetActiveTracer() is None:
    smtrace.start_trace()
else:
    with open(os.environ["STSR_TRACE"], "w") as stream:
        stream.write(smtrace.stop_trace())
"""

#: They hold the window until the background has written its model, and until it has ended.
WRITTEN = """
import os, time
end = time.monotonic() + 200
while not os.path.exists(os.environ["STSR_MODEL"]) and time.monotonic() < end:
    time.sleep(0.1)
"""
ENDED = """
from paraview import simple
simple.FindSource("NeuralFit1").SMProxy.InvokeCommand("WaitForModel")
"""
#: Counts in a file how often the active source is executed from now on.
COUNT = """
import os
from paraview import simple

def tick(*_):
    with open(os.environ["STSR_TICKS"], "a") as stream:
        stream.write(".")

simple.GetActiveSource().SMProxy.GetClientSideObject().AddObserver("EndEvent", tick)
"""
FIT = """
from paraview import simple
simple.SetActiveSource(simple.FindSource("NeuralFit1"))
"""


class Clicks:
    """Events in the words of ParaView's own GUI tests."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def event(self, where: str, command: str, arguments: str = "", tag: str = "pqevent") -> Clicks:
        what = "property" if tag == "pqcheck" else "command"
        self.lines.append(
            f"<{tag} object={quoteattr(where)} {what}={quoteattr(command)} arguments={quoteattr(arguments)}/>"
        )
        return self

    def menu(self, name: str, action: str) -> Clicks:
        return self.event(f"{WINDOW}/menubar/{name}", "activate", action)

    def open(self, path: str) -> Clicks:
        return self.menu("menu_File", "actionFileOpen").event(
            f"{WINDOW}/FileOpenDialog", "filesSelected", path
        )

    def put(self, widget: str, value: str, command: str = "set_string") -> Clicks:
        return self.event(f"{PANEL}/{widget}", command, value)

    def model(self, path: str, name: str = "ModelFile") -> Clicks:
        return self.put(f"{name}/FileChooser/FileLineEdit", path)

    def apply(self) -> Clicks:
        return self.event(f"{DOCK}/Accept", "activate")

    def nothing_to_apply(self) -> Clicks:
        """Fail if Apply can be pressed."""
        return self.event(f"{DOCK}/Accept", "enabled", "false", tag="pqcheck")

    def advanced(self, on: bool) -> Clicks:
        return self.event(f"{DOCK}/SearchBox/AdvancedButton", "set_boolean", str(on).lower())

    def macro(self, name: str) -> Clicks:
        return self.menu("menu_Macros", name)

    def idle(self, n: int) -> Clicks:
        """Let the window do ``n`` times what it has to do; a long pause would hold it."""
        for _ in range(n):
            self.event(WINDOW, "pause", "1")
        return self

    def choose(self, place: str) -> Clicks:
        """Take what stands there in the browser of the dialog that asks for inputs, and close it."""
        for command, button in (("mousePress", 1), ("mouseRelease", 0)):
            self.event(f"{CHOICE}/pipelineView", command, f"1,{button},0,15,10,{place}")
        return self.event(f"{CHOICE}/buttonBox/1QPushButton0", "activate")

    def look(self) -> Clicks:
        return self.event(WINDOW, "pause", "300").menu("menu_Macros", "look")

    def write(self, path: Path) -> None:
        path.write_text('<?xml version="1.0"?>\n<pqevents>\n' + "\n".join(self.lines) + "\n</pqevents>\n")


@pytest.fixture(scope="module")
def maker(root) -> ModuleType:
    """docs/make_screenshot.py, which makes the README's picture the same way."""
    spec = importlib.util.spec_from_file_location("make_screenshot", root / "docs/make_screenshot.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where the GUI's settings lie, for all tests."""
    return tmp_path_factory.mktemp("gui")


@pytest.fixture
def play(maker, folder, tmp_path):
    """``play(clicks)``: (screen, findings) of each look; RuntimeError if anything failed."""

    def run(clicks: Clicks) -> list[tuple[np.ndarray, dict]]:
        looks, script = tmp_path / "looks", tmp_path / "clicks.xml"
        looks.mkdir()
        clicks.write(script)
        paths = {"SCREEN": folder / "Xvfb_screen0", "LOOKS": looks, "TRACE": tmp_path / "trace.py"}
        paths |= {"MODEL": tmp_path / "clicked.stsr", "TICKS": tmp_path / "ticks"}
        variables = {f"STSR_{name}": str(path) for name, path in paths.items()}
        with maker.gui(folder, f"--test-script={script}", "--exit", **variables) as process:
            code = process.wait(timeout=1200)
        log = (folder / "log").read_text(errors="replace")
        # ParaView's exit code tells of missing widgets and failed checks, and of nothing that a filter says.
        if code or re.search(r"\bERR(OR)?\b|critical:|Traceback", log):
            raise RuntimeError(f"exit code {code}\n{log}")
        names = sorted(looks.glob("*.xwd"))
        seen = [(maker.read_xwd(p), json.loads(p.with_suffix(".json").read_text())) for p in names]
        for i, (screen, _) in enumerate(seen):
            keep(screen, f"look{i}.png")
        return seen

    macros = folder / "ParaView/Macros"
    macros.mkdir(parents=True, exist_ok=True)
    texts = {
        "look": LOOK,
        "trace": TRACE,
        "step": STEP,
        "shown": SHOWN,
        "written": WRITTEN,
        "ended": ENDED,
        "count": COUNT,
        "fit": FIT,
    }
    for name, text in texts.items():
        (macros / f"{name}.py").write_text(text)
    return run


def keep(screen: np.ndarray, name: str) -> None:
    """Save a screen into the folder STSR_KEEP_SCREENSHOT names, to look at it."""
    if os.environ.get("STSR_KEEP_SCREENSHOT"):
        from matplotlib.image import imsave

        imsave(Path(os.environ["STSR_KEEP_SCREENSHOT"]) / name, np.ascontiguousarray(screen))


def panel_ink(screen: np.ndarray) -> int:
    """Dark pixels of the properties panel: text and frames."""
    return int(np.count_nonzero(screen[200:900, :390].max(axis=2) < 100))


@pytest.fixture
def task(small_demo) -> dict:
    made = demo.Files.of(small_demo / "demo-output/tornado")
    return {"model": str(made.model), "series": str(made.coarse), "time": 2.5, "factor": 2.0}


def test_the_filter_is_applied_and_seen(maker, folder, task):
    screen = maker.screenshot(task, folder=folder)
    assert screen.shape == (maker.HEIGHT, maker.WIDTH, 3)
    keep(screen, "scene.png")
    view = screen[250:900, 500:1400]
    # The panel is full of text and frames; the volume is brighter than the dark background somewhere.
    assert panel_ink(screen) > 2000
    background = np.array([20, 23, 31])
    coloured = np.abs(view.astype(int) - background).max(axis=2) > 60
    assert 0.02 < coloured.mean() < 0.98


def test_a_scene_that_must_fail_fails(maker, folder, task):
    with pytest.raises(RuntimeError, match=r"FilterFailed: /nowhere\.stsr: cannot read the model"):
        maker.screenshot({**task, "model": "/nowhere.stsr"}, folder=folder)


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
    below_the_table = [screen[500:980, 1010:].astype(int) for screen, _ in seen]
    coloured = [float((np.ptp(part, axis=2) > 60).mean()) for part in below_the_table]
    assert coloured[7] < 0.01 < coloured[8], "the picture has a view of its own"
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
    view = screen[250:900, 500:1400].astype(int)
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


def test_a_rough_material_is_corrected_and_raised_by_clicks(play, tmp_path):
    """The coefficient is the second output of the source, the surface that of the filter."""
    torch.manual_seed(0)
    model, configuration = tmp_path / "h.stsr", Configuration(preset="tiny", cells=16, coarse=4)
    network_file.save(model, network_file.Header(configuration), Network(configuration))
    clicks = Clicks().menu("menuSources/Neural", "MultiscaleDiffusion")
    clicks.put("Intervals/IntRangeWidget/LineEdit", "4").put("Cells/IntRangeWidget/LineEdit", "16")
    clicks.apply().nothing_to_apply().look()
    clicks.menu("menuFilters/Neural", "NeuralHomogenization")
    clicks.event(f"{CHOICE}/buttonFrame/Coefficient", "set_boolean", "true").choose("/0:0/0:0/1:0")
    clicks.model(str(model)).put("WarpByHeight/CheckBox", "true", "set_boolean")
    clicks.apply().nothing_to_apply().look()
    (flat, source), (raised, corrected) = play(clicks)
    assert [source["source"], corrected["source"]] == ["MultiscaleDiffusion", "NeuralHomogenization"]
    assert source["error"] == corrected["error"] == ""
    assert source["status"].startswith("5 x 5 x 1 nodes in ")
    assert corrected["status"].startswith("nh_csr: 17 x 17 x 1 nodes in ")
    assert panel_ink(raised) > 2000
    assert np.any(flat[250:900, 500:1400] != raised[250:900, 500:1400]), "the surface is in the view"


def test_clicks_that_must_fail_fail(play, material):
    clicks = Clicks().open(material.series).apply().menu("menuFilters/Neural", "NeuralUpscale")
    with pytest.raises(RuntimeError, match=r"exit code 0(.|\n)*ERROR: Neural Upscale: /nowhere\.stsr"):
        play(clicks.model("/nowhere.stsr").apply())
