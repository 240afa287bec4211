"""A small form of every study of the paper, from the command line to the files of the report."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from evaluation_runs import WORDS, files
from models import moving_blob

pytest.importorskip("vtkmodules")

from stsr_core.cli import main
from stsr_core.grid import Grid
from stsr_core.io import write_series
from stsr_filters.evaluation.studies import STUDIES

METHODS = ["modulated_siren", "stsr_inr", "tricubic_linear"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of all studies of one variable on a tiny tornado."""
    folder = tmp_path_factory.mktemp("evaluation") / "report"
    studies = [name for name in STUDIES if name not in ("joint", "microscopy")]
    words = ["evaluate", "tornado:16x9", "--methods", *METHODS, "--study", *studies]
    assert main([*words, "--values", "0", "1", "5", "8", "64", *WORDS, "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on two variables of different grids, steps and factors, trained jointly and separately."""
    place = tmp_path_factory.mktemp("joint")
    blob = moving_blob((5, 13, 12, 12))
    grid = Grid(blob.shape[1:])
    write_series(place / "blob.pvd", grid, np.arange(5.0), lambda i: {"blob": blob[i]}, units={"blob": "K"})
    words = ["evaluate", "tornado:16x9", str(place / "blob.pvd"), "--space", "2,1", "--time", "3,1"]
    words += ["--methods", "modulated_siren", "coordnet", "tricubic_linear", "--study", "joint"]
    words += ["--isovalue", "0.2", "4", "--set", "modulated_siren.width=32"]
    assert main([*words, *WORDS, "-o", str(place / "report")]) == 0
    return place / "report"


def read(folder: Path) -> dict:
    """``results.json`` by a strict reader."""

    def refuse(word: str) -> float:
        raise AssertionError(f"{word} is no JSON")

    return json.loads((folder / "results.json").read_text(), parse_constant=refuse)


def test_the_folder_holds_tables_figures_and_nothing_unfinished(report: Path) -> None:
    names = files(report)
    assert {"report.md", "table.csv", "curves.csv", "results.json"} <= names
    assert {"methods_tornado_volume.png", "methods_tornado_isosurface.png", "methods_curves.png"} <= names
    assert {f"{s}_tornado.png" for s in STUDIES if s not in ("joint", "microscopy")} <= names
    assert {"heads_parameter.png", "depth_parameter.png"} <= names
    assert files(report.parent) == {"report"}


def test_every_study_has_a_row_per_case_with_all_measures_times_and_sizes(report: Path) -> None:
    rows = read(report)["table"]
    cases = {study: [r["case"] for r in rows if r["study"] == study] for study in ("methods", *STUDIES)}
    assert cases["methods"] == ["modulated SIREN", "STSR-INR", "tricubic + linear"] == cases["upscaling"]
    assert cases["heads"] == ["1 head", "8 heads", "64 heads"]
    assert cases["depth"] == ["d = 0", "d = 5"] and cases["latent"] == ["l = 64"]
    assert cases["modulator"] == ["ReLU", "Sine"] and cases["embedding"] == ["AD", "VAD"]
    for row in rows:
        assert row["training_seconds"] > 0 and row["step_seconds"] > 0
        if row["study"] != "upscaling":
            assert row["psnr_all"] > 0 and row["psnr_kept"] > 0 and row["psnr_unseen"] > 0
            assert -1 <= row["ssim_all"] <= 1
            assert 3 <= row["psnr_measured"] <= 4
    (tl,) = [r for r in rows if r["study"] == "methods" and r["case"] == "tricubic + linear"]
    assert tl["psnr_all"] > 20 and tl["chamfer_all"] < 1
    assert tl["size_full_mib"] is None and tl["passes"] is None
    (inr,) = [r for r in rows if r["study"] == "methods" and r["case"] == "STSR-INR"]
    assert inr["size_full_mib"] > inr["size_paper_mib"] > 0 and inr["passes"] == 1.0


def test_interpolation_is_compared_with_the_exact_tornado_beyond_the_data(report: Path) -> None:
    rows = [r for r in read(report)["table"] if r["study"] == "upscaling"]
    (tl,) = [r for r in rows if r["case"] == "tricubic + linear"]
    assert tl["exact_psnr"] > 20
    # An interpolation reproduces its input but for rounding; strict JSON has no infinity.
    assert tl["input_psnr"] is None or tl["input_psnr"] > 100


def test_csv_and_json_say_the_same(report: Path) -> None:
    for name in ("table", "curves"):
        with open(report / f"{name}.csv", newline="") as stream:
            lines = list(csv.DictReader(stream))
        rows = read(report)[name]
        assert len(lines) == len(rows) > 0
        for line, row in zip(lines, rows, strict=True):
            for key, value in row.items():
                if isinstance(value, float) and np.isfinite(value):
                    assert float(line[key]) == value


def test_the_markdown_shows_every_figure_and_says_how_it_was_made(report: Path) -> None:
    text = (report / "report.md").read_text()
    shown = set(re.findall(r"\]\((\S+\.png)\)", text))
    assert shown == {name for name in files(report) if name.endswith(".png")}
    for words in ("seed 0", "processor", "torch", "28×28×28", "22 steps", "Otsu", "speed-up", "passes"):
        assert words in text, words
    settings = read(report)
    assert settings["machine"]["processor"] and settings["settings"]["seed"] == 0
    assert settings["data"][0]["camera"]["view_angle"] == 30.0


@pytest.mark.requires_lpips_weights
def test_lpips_is_measured_on_the_rendered_steps(report: Path) -> None:
    rows = [r for r in read(report)["table"] if r["study"] == "methods"]
    assert all(r["lpips_all"] > 0 and 3 <= r["lpips_measured"] <= 4 for r in rows)
    assert min(rows, key=lambda r: r["lpips_all"])["case"] == "tricubic + linear"


def test_figures_are_pictures_with_content(report: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for path in report.glob("*.png"):
        with image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert pixels.std() > 5, path.name
        assert (pixels[0, 0] == 255).all(), f"{path.name}: the paper is white"


def test_variables_of_other_grids_and_factors_are_trained_jointly(joint: Path) -> None:
    found = read(joint)
    rows = [r for r in found["table"] if r["study"] == "joint"]
    cases = ["modulated SIREN", "modulated SIREN*", "CoordNet*", "tricubic + linear"]
    assert [r["case"] for r in rows] == [c for c in cases for _ in range(2)]
    assert {r["variable"] for r in rows} == {"tornado", "blob"}
    together, apart = (next(r for r in rows if r["case"] == c) for c in cases[:2])
    assert apart["size_full_mib"] > 1.9 * together["size_full_mib"] - 0.01
    (study,) = [s for s in found["studies"] if s["name"] == "joint"]
    assert "the same grid and times" in study["refused"]["CoordNet"]
    assert [d["isovalue"] for d in found["data"]] == [0.2, 4.0]
    (blob,) = [r for r in rows if r["variable"] == "blob" and r["case"] == "tricubic + linear"]
    assert blob["psnr_kept"] is None or blob["psnr_kept"] > 100  # every voxel of a kept step is kept
    text = (joint / "report.md").read_text()
    assert "CoordNet is left out" in text and "| mean |" in text and "blob_isosurface" in text
