"""What README and the site say is so: their Python and their commands run, on the files of a small demo."""

from __future__ import annotations

import re
import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from models import moving_blob
from pages import PAGES, ROOT, SITE, blocks, name_of, python_of, quick

import stsr_core as stsr
from stsr_core.cli import main
from stsr_core.fields import KINDS, named

README = ROOT / "README.md"
#: What a page's Python or commands make of the demo in its folder.
MADE = {"demo-output/mine.stsr"}

#: Commands that are not run here, and where they are or why not.
ELSEWHERE = {
    "serve": "tests/filters/web",
    "doctor": "tests/core/cli and tests/plugin, where what it finds is known",
    "completion": "tests/core/cli",
    "--resume": "needs a run that was cut off: tests/core/training",
    "cuda:": "needs GPUs",
}
#: Command → options that make it a matter of seconds.
SHORTER = {
    "fit": ["--field", "motion"],
    "compact": ["--minutes", "0.01"],
    "demo": ["--quick", "--nodes", "8", "--steps", "7"],
    "images render": ["--views", "12", "--size", "32"],
    "images evaluate": ["--no-lpips"],  # whose weights are not everywhere
    "images fit": ["--minutes", "0.02", "--set", "channels=24"],
    "homogenize data": ["--maps", "2", "--validation", "0", "--test", "1", "--no-patterns"],
    "homogenize fit": ["--iterations", "2", "--batch", "2"],
}


def commands_of(page: Path) -> list[list[str]]:
    """Words of every line that calls ``stsr``, without the program's name."""
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    found = [shlex.split(line.partition(" > ")[0], comments=True) for line in lines]
    return [words[1:] for words in found if len(words) > 1 and words[0].endswith("stsr")]


def runs_here(words: list[str]) -> bool:
    return not any(words[0] == each or any(each in word for word in words[1:]) for each in ELSEWHERE)


def shorter(words: list[str]) -> list[str]:
    """A command with one pass of learning in place of minutes."""
    if "--minutes" in words:
        at = words.index("--minutes")
        words = [*words[:at], *words[at + 2 :]]
    if "--field" in words:
        learns = KINDS[named(words[words.index("--field") + 1])].recipe is not None
        return [*words, *(["--epochs", "1"] if learns else [])]
    return [*words, *(SHORTER.get(words[0]) or SHORTER.get(" ".join(words[:2]), []))]


@pytest.fixture
def desk(small_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the demo in it."""
    shutil.copytree(small_demo / "demo-output", tmp_path / "demo-output")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def run_of_a_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as the pages call a reader's own: two members, coarse and in full, and models of them."""
    folder = tmp_path_factory.mktemp("reader")
    members = {name: moving_blob((7, 8, 8, 8), float(i)) for i, name in enumerate(("run01", "run02"))}
    both = stsr.VolumeSeries.from_arrays(members, times=np.linspace(0, 3.1, 7))
    for name in members:
        (folder / name).mkdir()
    one = both.select(["run01"])
    stsr.write_series(folder / "full.pvd", one)  # and full/*.vti
    for name in members:
        stsr.write_series(folder / name / "step.vti.series", stsr.subsample(both.select([name]), 1, 1))
    stsr.fit(one, folder / "vf.stsr", field="motion", temporal_gap=1)
    stsr.fit(both, folder / "both.stsr", field="motion", temporal_gap=1)
    return folder


def of_readers(folder: Path) -> None:
    """HDF5 and TIFF files as the pages call a reader's own, into the current folder."""
    import h5py
    import tifffile

    values = moving_blob((4, 6, 6, 6))
    with h5py.File("sim.h5", "w") as file:
        file["temperature"] = values
        for name in ("u", "v"):
            file[f"fields/{name}"] = values
    for t, step in enumerate(values):
        with h5py.File(f"out_{t}.h5", "w") as file:
            file["temperature"] = step
        tifffile.imwrite(f"t{t:03}.tif", step)
    tifffile.imwrite("cells.tif", values, imagej=True, metadata={"axes": "TZYX"})
    tifffile.imwrite("reference.ome.tif", values, metadata={"axes": "TZYX"})


def test_every_file_of_the_demo_that_is_named_is_there(small_demo: Path) -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    named = {name for text in texts for name in re.findall(r"demo-output/[\w./-]*\w", text)} - MADE
    assert {"demo-output/tornado/model.stsr", "demo-output/vortex/full.pvd"} <= named
    assert [name for name in sorted(named) if not (small_demo / name).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if python_of(page)], ids=name_of)
def test_the_python_of_a_page_runs(page: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times outside a series would warn, which is an error here."""
    pyvista = pytest.importorskip("pyvista", reason="needs pyvista")
    monkeypatch.setattr(pyvista, "OFF_SCREEN", True)
    monkeypatch.setenv("MPLBACKEND", "agg")
    exec(compile(quick(python_of(page)), str(page), "exec"), {})


def test_the_python_of_the_readme_gives_what_it_says(desk: Path) -> None:
    code = next(text for text in blocks(README, "python") if "stsr.fit" in text)
    assert "minutes=1" in code
    names: dict = {}
    exec(quick(code), names)
    assert names["values"].shape == (2, 15, 15, 15)
    written = stsr.open_series("out.pvd")["vortex"]
    full = names["series"]["vortex"]
    assert written.grid.matches(full.grid.refined(2))
    np.testing.assert_allclose(written.times, full.times[:5])  # of which the first and the last were kept


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(map(runs_here, commands_of(page)))], ids=name_of
)
def test_the_commands_of_a_page_run(page: Path, desk: Path, run_of_a_reader: Path) -> None:
    """In their order, on files that are called as there."""
    shutil.copytree(run_of_a_reader, desk, dirs_exist_ok=True)
    of_readers(desk)
    for text in blocks(page, "toml"):
        (desk / "run.toml").write_text(text)
    commands = [words for words in commands_of(page) if runs_here(words)]
    for option, name in (pair for words in commands for pair in pairwise(words)):
        if option == "-o":
            Path(name).unlink(missing_ok=True)  # what the page makes itself it makes only once
    if any(words[0] == "demo" for words in commands):
        shutil.rmtree("demo-output")
    for words in commands:
        assert main(shorter(words)) == 0, shlex.join(["stsr", *words])


def test_the_numbers_of_the_readme_are_those_that_were_measured() -> None:
    measured = table_of(SITE / "measured.md")
    shown = table_of(README)
    assert len(shown) == 4
    for series, row in shown.items():
        assert {head: float(cell.strip("*")) for head, cell in row.items()} == {
            head: float(measured[series][head].strip("*")) for head in row
        }


def table_of(page: Path) -> dict[str, dict[str, str]]:
    """Series → column → cell, of the table whose first column says which series."""
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in page.read_text(encoding="utf-8").partition("\n| series |")[2].splitlines()
    ]
    table = rows[: next(i for i, row in enumerate(rows) if row == [""])]
    return {row[0]: dict(zip(table[0], row[1:], strict=True)) for row in table[2:]}
