"""The comparison example: a table of every step and a picture; and a bad model ends it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from matplotlib.image import imread
from models import write_blobs

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = ("pvbatch", "compare_to_gt.py")


@pytest.fixture
def series(tmp_path: Path) -> str:
    return write_blobs(tmp_path / "blob.pvd", n_steps=2)


def test_a_table_of_every_step_and_a_picture(paraview, tmp_path, model, series):
    table, picture = tmp_path / "curves.csv", tmp_path / "picture.png"
    done = paraview(*EXAMPLE, model, series, str(table), str(picture))
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    assert "a: PSNR " in done.stdout
    with open(table, newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["variable"], float(row["time"]), row["kept"]) for row in rows] == [
        ("a", 10.0, "1"),
        ("a", 11.0, "1"),
    ]
    assert all(float(row["psnr"]) > 0 and float(row["cieluv"]) > 0 for row in rows)
    pixels = imread(picture)
    assert pixels.shape[1] > 3 * 512
    assert pixels[..., :3].std() > 0.05


def test_a_bad_model_ends_the_script(paraview, tmp_path, series):
    done = paraview(*EXAMPLE, "/nowhere.stsr", series, str(tmp_path / "a.csv"), str(tmp_path / "a.png"))
    assert done.returncode != 0
    assert "/nowhere.stsr: cannot read the model" in done.stderr
    assert not list(tmp_path.glob("a.*"))
