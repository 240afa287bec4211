"""What the README says of the files of the demo holds: they are there, and its Python works on them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import stsr_core as stsr

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text()


def test_every_file_of_the_demo_that_is_named_is_there(small_demo):
    named = set(re.findall(r"demo-output/[\w./-]*\w", TEXT)) - {"demo-output/mine.stsr"}  # which a step makes
    assert {"demo-output/tornado/model.stsr", "demo-output/vortex/full.pvd"} <= named
    assert [name for name in sorted(named) if not (small_demo / name).exists()] == []


def test_the_python_example_runs(small_demo, tmp_path, monkeypatch):
    """Times outside the series would warn, which is an error here."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT.partition("## In Python")[2], re.DOTALL)[:1]
    assert "minutes=1" in code
    monkeypatch.chdir(tmp_path)
    Path("demo-output").symlink_to(small_demo / "demo-output")
    names: dict = {}
    exec(code.replace("minutes=1", "epochs=1"), names)
    assert names["values"].shape == (2, 15, 15, 15)
    written = stsr.open_series("out.pvd")["vortex"]
    full = names["series"]["vortex"]
    assert written.grid.matches(full.grid.refined(2))
    np.testing.assert_allclose(written.times, full.times[:5])  # of which the first and the last were kept
