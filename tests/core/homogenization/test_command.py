"""``stsr homogenize``: the whole way on a small problem, bad input, stopping and resuming."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from stsr_core.cli import main
from stsr_core.cli.homogenize.images import unit_square
from stsr_core.homogenization import energy_error, solve
from stsr_core.homogenization.coefficients import random_cells
from stsr_core.io.labels import Labels
from stsr_core.io.vtk_xml import read_cell_array, read_header, write_file

SMALL = ["--maps", "2", "--validation", "1", "--test", "1", "--cells", "16", "--coarse", "4", "--scale", "4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples ``maps``, a model ``h.stsr``, a solution ``X`` and a coefficient ``A``, .npy and .vti."""
    folder = tmp_path_factory.mktemp("homogenize")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["homogenize", "data", "maps", *SMALL, "--test-scale", "2", "--processes", "1"]) == 0
        fit = ["homogenize", "fit", "maps", "-o", "h.stsr", "--method", "liif", "--preset", "tiny"]
        assert main([*fit, "--iterations", "3", "--batch", "2"]) == 0
        for end in ("npy", "vti"):
            names = ["-o", f"X.{end}", "--write-coefficient", f"A.{end}"]
            assert (
                main(["homogenize", "solve", "--random", "7", "--cells", "16", "--intervals", "4", *names])
                == 0
            )
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder that sees those files."""
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def result(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict, str]:
    code = main([*words, "--json"])
    text = capsys.readouterr()
    return code, json.loads(text.out), text.err


def test_files_of_both_kinds_give_the_same_correction(here: Path, capsys) -> None:
    coefficient = random_cells(7, 16)
    np.testing.assert_array_equal(np.load("A.npy"), coefficient)
    np.testing.assert_allclose(np.load("X.npy"), solve(coefficient, 4), atol=1e-15)
    for end in ("npy", "vti"):
        words = ["--coarse", f"X.{end}", "--coefficient", f"A.{end}", "--scale", "3.7", "-o", f"Y.{end}"]
        code, found, _ = result(capsys, "homogenize", "predict", "h.stsr", *words)
        assert (code, found["nodes"], found["command"]) == (0, [16, 16], "homogenize predict")
    from stsr_core.io import open_series

    series = open_series("Y.vti")
    written = series["u"]
    np.testing.assert_allclose(written.read(0)[0], np.load("Y.npy"), rtol=1e-6, atol=1e-12)
    assert written.grid.end == pytest.approx((0, 1, 1))


def cell_array(path: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of a file's cell arrays, and the values (Y, X) of A."""
    header = read_header(Path(path))
    return header.cell_arrays, read_cell_array(header, "A")[0]


def test_the_coefficient_is_cell_data_in_a_vti(here: Path, capsys) -> None:
    names, values = cell_array("A.vti")
    assert names == ("A",) and read_header(Path("A.vti")).arrays == {}
    np.testing.assert_array_equal(values, random_cells(7, 16))
    predict = ["homogenize", "predict", "h.stsr", "--coarse", "X.vti", "--coefficient", "A.vti"]
    assert main([*predict, "--scale", "8", "-o", "fine.vti"]) == 0
    names, values = cell_array("fine.vti")
    assert names == ("A",) and list(read_header(Path("fine.vti")).arrays) == ["u"]
    np.testing.assert_array_equal(values, random_cells(7, 16).repeat(2, axis=0).repeat(2, axis=1))
    # An element that has a part in several cells has no value of A.
    assert main([*predict, "--scale", "3.7", "-o", "odd.vti"]) == 0
    assert read_header(Path("odd.vti")).cell_arrays == read_header(Path("X.vti")).cell_arrays == ()
    # What was written is a coefficient again, and the solution beside it a solution.
    assert main(["homogenize", "solve", "fine.vti", "--intervals", "4", "-o", "again.npy"]) == 0
    np.testing.assert_allclose(np.load("again.npy"), np.load("X.npy"), rtol=1e-9)
    assert main([*predict, "-o", "fine.vti"]) == 2
    assert "fine.vti exists; choose another output" in capsys.readouterr().err


def test_a_coefficient_among_several_cell_arrays_is_refused(here: Path, capsys) -> None:
    A = random_cells(7, 16)[None]
    write_file(Path("two.vti"), ".vti", unit_square(17), {}, 0.0, Labels(), {"A": A, "B": A})
    assert main(["homogenize", "solve", "two.vti"]) == 2
    assert "two.vti: the coefficient must be the only cell array, got A, B" in capsys.readouterr().err


def test_smoothing_brings_it_nearer(here: Path) -> None:
    truth = solve(random_cells(7, 16), 16)
    errors = []
    for n in ("0", "2"):
        words = ["--coarse", "X.npy", "--coefficient", "A.npy", "--smooth", n, "-o", f"Y{n}.npy"]
        assert main(["homogenize", "predict", "h.stsr", *words]) == 0
        errors.append(energy_error(random_cells(7, 16), truth, np.load(f"Y{n}.npy")))
    assert errors[1] < 0.8 * errors[0]


def test_a_report_has_its_tables_and_figures(here: Path, capsys) -> None:
    words = ["homogenize", "evaluate", "maps", "h.stsr", "-o", "report", "--most", "1"]
    code, found, _ = result(capsys, *words)
    assert code == 0
    assert {row["method"] for row in found["rows"]} == {"bicubic", "bilinear", "h", "direct solution"}
    assert {(row["part"], row["scale"]) for row in found["rows"]} == {
        (part, scale) for part in ("test", "patterns") for scale in (2.0, 4.0)
    }
    direct = [row for row in found["rows"] if row["method"] == "direct solution"]
    assert all(row["energy"] == 0 and row["seconds"] > 0 for row in direct)
    assert all(row["smoothed"] < row["energy"] for row in found["rows"] if row not in direct)
    names = {path.name for path in Path("report").iterdir()}
    figures = {
        f"{part}_{what}.png" for part in ("test", "patterns") for what in ("fields", "lines", "spectra")
    }
    assert names == {"report.md", "table.csv", "results.json", *figures}
    assert main(words) == 2 and main([*words, "--overwrite"]) == 0
    assert "report exists; choose another folder" in capsys.readouterr().err


def test_a_config_file_learns_the_same_again(here: Path, capsys) -> None:
    assert main(["info", "h.stsr", "--write-config", "run.toml"]) == 0
    assert "[homogenize.fit]" in Path("run.toml").read_text()
    assert main(["homogenize", "fit", "--config", "run.toml", "-o", "again.stsr"]) == 0
    capsys.readouterr()
    first, again = (result(capsys, "info", name)[1] for name in ("h.stsr", "again.stsr"))
    assert again["checksum"] == first["checksum"] and again["finished"]
    assert again["configuration"]["method"] == "liif"


def test_other_commands_refuse_the_model_in_a_sentence(here: Path, capsys) -> None:
    assert main(["upscale", "h.stsr", "-o", "out.pvd"]) == 2
    text = capsys.readouterr().err
    assert text == (
        "stsr upscale: h.stsr: expected a model that holds a field, found one that holds a "
        "homogenization network\n"
    )


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["fit", "nowhere"], "nowhere: has no data.json; `stsr homogenize data` makes it"),
        (["fit", "maps", "-o", "h.stsr"], "h.stsr exists; choose another output"),
        (
            ["fit", "maps", "-o", "n.stsr", "--set", "wdth=3"],
            "a network has no entry 'wdth'; did you mean 'width'?",
        ),
        (["fit", "maps", "-o", "n.stsr", "--batch", "0"], "batch must be >= 1, got 0"),
        (["data", "maps", "--cells", "8"], "maps: holds samples with cells 16, got 8; take another folder"),
        (["data", "new", "--scale", "0.01"], "scale must leave at least 2 intervals, got 0.01 of 32"),
        (
            ["predict", "h.stsr", "--coarse", "A.npy", "--coefficient", "A.npy"],
            "must have 5 x 5 nodes for this",
        ),
        (["predict", "h.stsr", "--coarse", "X.npy", "--coefficient", "X.npy"], "coefficient must be > 0"),
        (["predict", "h.stsr", "--coarse", "X.npy", "--coefficient", "A.np"], "A.np"),
        (
            ["predict", "maps/data.json", "--coarse", "X.npy", "--coefficient", "A.npy"],
            "expected a .stsr model",
        ),
        (["evaluate", "maps", "h.stsr", "h.stsr"], "models must have different names, got h, h"),
        (["evaluate", "maps", "--scale", "5"], "has no solution at scale 5, but at 2, 4"),
        (["solve"], "one of a coefficient, --random and --pattern must be given"),
        (["solve", "--pattern", "dots-3"], "pattern must be one of checkerboard-4"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    here: Path, capsys, words: list[str], text: str
) -> None:
    before = sorted(here.iterdir())
    assert main(["homogenize", *words]) == 2
    found = capsys.readouterr().err
    assert text in found and found.count("\n") == 1
    assert sorted(here.iterdir()) == before
