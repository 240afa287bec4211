"""The scripts that the pages show for ParaView run, on the files of a small demo."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pages import PAGES, name_of, paraview_of

from stsr_core.cli import main
from stsr_filters import render_database

#: The film is that of test_live_views; here it would cost a minute.
FILM = 'views.save_animation("film.avi")'


@pytest.fixture(scope="module")
def made_before(small_demo, tmp_path_factory) -> Path:
    """What pages say is made by commands of other pages: a database of images, and a network."""
    folder = tmp_path_factory.mktemp("made")
    tornado = small_demo / "demo-output/tornado/model.stsr"
    render_database(tornado, folder / "tornado.cdb", views="12", times=[0.0, 4.0], size=(32, 32))
    maps = ["--maps", "2", "--validation", "0", "--test", "0", "--no-patterns", "--cells", "32"]
    assert main(["homogenize", "data", str(folder / "maps"), *maps, "--coarse", "8", "--scale", "4"]) == 0
    learned = ["-o", str(folder / "h.stsr"), "--preset", "tiny", "--iterations", "2", "--batch", "2"]
    assert main(["homogenize", "fit", str(folder / "maps"), *learned]) == 0
    return folder


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
@pytest.mark.parametrize("page", [page for page in PAGES if paraview_of(page)], ids=name_of)
def test_the_scripts_of_a_page_run(page: Path, run, small_demo, made_before, tmp_path, monkeypatch):
    made_by_others = shutil.ignore_patterns("mine.stsr")  # clicked through in the window
    shutil.copytree(small_demo / "demo-output", tmp_path / "demo-output", ignore=made_by_others)
    shutil.copytree(made_before, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    code = paraview_of(page).replace(FILM, "")
    Path("script.py").write_text(code)
    done = run("pvpython", "script.py")
    assert done.returncode == 0, done.stdout
    assert "ERROR" not in done.stdout
    written = re.findall(r'"(\w+\.(?:png|vti|csv))"', code)
    assert [name for name in written if not Path(name).is_file()] == []


def test_getting_started_makes_both_pictures(root):
    code = paraview_of(root / "docs/site/start/paraview.md")
    assert FILM in code and 'SaveScreenshot("tornado.png")' in code and 'save_png("views.png")' in code
