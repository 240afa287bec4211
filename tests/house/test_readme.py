"""The Python of the README does what it says on a series like the one it names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

import stsr_core as stsr

ROOT = Path(__file__).resolve().parents[2]


def test_the_python_example_runs(tmp_path, monkeypatch):
    """33 numbered .vti files, as the viscous fingers; a time outside them warns, which is an error here."""
    text = (ROOT / "README.md").read_text().partition("## In Python")[2]
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:1]
    assert "minutes=1" in code
    monkeypatch.chdir(tmp_path)
    Path("run01").mkdir()
    grid = stsr.Grid((5, 6, 7))
    z, y, x = np.meshgrid(*(grid.axis(i) for i in range(3)), indexing="ij")
    for i in range(33):
        values = np.sin(x + 0.1 * i) * np.cos(y - z)
        stsr.write_series(
            f"run01/density_{35 + i:03d}.vti", grid, [0.0], lambda _, v=values: {"ImageFile": v}
        )
    names: dict = {}
    exec(code.replace("minutes=1", "epochs=1"), names)
    assert names["values"].shape == (2, 9, 11, 13)
    written = stsr.open_series("out.pvd")["run01"]
    assert written.grid.matches(grid.every(2).refined(2))
    np.testing.assert_allclose(written.times, np.arange(33))
