"""The comparison example: a table of every step and a picture; and a bad model ends it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.image import imread
from models import blob_series, header_of, small_siren

from stsr_core.checkpoint import save
from stsr_core.io import write_series

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/compare_to_gt.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stsr_plugin.launch", "run", "--prefix", str(folder / "installed")]
    return subprocess.run(
        [*command, "pvbatch", str(EXAMPLE), *arguments],
        env={**os.environ, "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def series(tmp_path: Path) -> str:
    variable = blob_series().variables[0]
    path = tmp_path / "blob.pvd"
    write_series(path, variable.grid, variable.times[:2], lambda i: {"a": variable.step(i)})
    return str(path)


def test_a_table_of_every_step_and_a_picture(tmp_path, series):
    field = small_siren()
    save(tmp_path / "blob.stsr", header_of(field), field)
    table, picture = tmp_path / "curves.csv", tmp_path / "picture.png"
    done = run(tmp_path, str(tmp_path / "blob.stsr"), series, str(table), str(picture))
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


def test_a_bad_model_ends_the_script(tmp_path, series):
    done = run(tmp_path, "/nowhere.stsr", series, str(tmp_path / "a.csv"), str(tmp_path / "a.png"))
    assert done.returncode != 0
    assert "/nowhere.stsr: cannot read the model" in done.stderr
    assert not list(tmp_path.glob("a.*"))
