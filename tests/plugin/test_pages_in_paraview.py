"""The scripts that the pages show for ParaView run, on the files of a small demo."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pages import PAGES, name_of, paraview_of

#: The film is that of test_live_views; here it would cost a minute.
FILM = 'views.save_animation("film.avi")'


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
@pytest.mark.parametrize("page", [page for page in PAGES if paraview_of(page)], ids=name_of)
def test_the_scripts_of_a_page_run(page: Path, run, small_demo, tmp_path, monkeypatch):
    shutil.copytree(small_demo / "demo-output", tmp_path / "demo-output")
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
