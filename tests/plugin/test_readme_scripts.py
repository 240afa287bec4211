"""The scripts that the README shows for ParaView run on the demo's files."""

from __future__ import annotations

import re

import pytest


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_the_scripts_of_the_readme_run(run, root, small_demo, tmp_path, monkeypatch):
    section = (root / "README.md").read_text().partition("## In ParaView")[2].partition("## In Python")[0]
    first, second = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(small_demo)
    script = tmp_path / "script.py"
    # The film is that of test_live_views; here it would cost a minute.
    script.write_text(first + second.replace('views.save_animation("film.avi")', ""))
    done = run("pvpython", str(script))
    assert done.returncode == 0, done.stdout
    assert "ERROR" not in done.stdout
    assert {path.name for path in small_demo.glob("*.png")} == {"tornado.png", "views.png"}
