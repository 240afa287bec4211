"""Every notebook runs from its text, small, to the numbers and pictures it promises; and is kept as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbclient")
jupytext = pytest.importorskip("jupytext", reason="needs jupytext")
pytest.importorskip("pyvista", reason="needs pyvista")
pytest.importorskip("ipykernel", reason="needs ipykernel")

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "examples" / "notebooks"

#: Notebook → how many pictures it shows, and what its printed numbers must meet.
PROMISES = {
    "coarse_series_to_film": (3, r"learned ([\d.]+) dB, interpolated ([\d.]+) dB"),
    "ensemble_and_latent_space": (3, r"'mixture of latent vectors': ([\d.]+)"),
    "how_good_is_it": (3, r"learned & ([\d.]+) & ([\d.]+)"),
    "your_own_data": (1, r"largest error at 0.7 s: ([\d.]+) K"),
}


def printed(notebook) -> str:
    return "".join(o.text for c in notebook.cells for o in c.get("outputs", ()) if o.get("name") == "stdout")


def pictures(notebook) -> int:
    shown = [o.data for c in notebook.cells for o in c.get("outputs", ()) if "data" in o]
    return sum(any(kind.startswith("image/") for kind in data) for data in shown)


def test_every_notebook_has_its_promises():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(PROMISES)
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
def test_a_notebook_is_kept_run_as_its_text_is(name):
    kept = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    text = jupytext.read(FOLDER / f"{name}.py")
    assert [cell.source for cell in kept.cells] == [cell.source for cell in text.cells], (
        f"run python docs/make_notebooks.py {name}"
    )
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 2**20
    count, promise = PROMISES[name]
    assert pictures(kept) >= count and re.search(promise, printed(kept))
    assert not re.search(r"/home/|/root", (FOLDER / f"{name}.ipynb").read_text()), "no paths of a machine"


@pytest.mark.parametrize("name", PROMISES)
def test_a_notebook_runs_small(name, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "docs" / "make_notebooks.py"),
            name,
            "--small",
            "--output",
            str(tmp_path),
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
    count, promise = PROMISES[name]
    assert pictures(notebook) >= count
    found = re.search(promise, printed(notebook))
    assert found and all(float(number) > 0 for number in found.groups())
    if name == "how_good_is_it":  # a spline in time, over gaps of three steps
        assert float(found[1]) > 35 and float(found[2]) > 0.95
    if name == "your_own_data":  # of a drop of some 30 K
        assert float(found[1]) < 2
