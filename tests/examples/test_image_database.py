"""The example of image databases: rendered in ParaView, browsed there and as a page; and what resumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from stsr_core.imagecodec.cinema import ImageDatabase

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = ("pvpython", "image_database.py")
SMALL = ("--views", "12", "--times", "2", "--size", "40")


def test_a_database_is_rendered_and_its_nearest_image_stands_beside_the_volume(
    paraview, tmp_path: Path, model: str
) -> None:
    words = (model, str(tmp_path / "d.cdb"), str(tmp_path / "beside.png"))
    done = paraview(*EXAMPLE, *words, *SMALL)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    database = ImageDatabase.open(tmp_path / "d.cdb")
    assert len(database.records) == 24 and database.size == (40, 40) and database.times == (12.0, 16.0)
    assert (tmp_path / "d.cdb/index.html").is_file()
    assert "a at t = 16, θ" in done.stdout and "40 x 40 pixels" in done.stdout

    # The model of this test is all haze: both halves have something to show, on white.
    picture = imread(tmp_path / "beside.png")[..., :3]
    assert picture.shape[:2] == (600, 1200)
    for half in (picture[:, :590], picture[:, 610:]):
        drawn = (half < 0.97).any(axis=2)
        assert 0.01 < drawn.mean() < 0.9
    # The right one is the image whose view the status tells, magnified.
    theta, phi = (float(t) for t in done.stdout.split("θ ")[1].split("°:")[0].replace("°, φ", "").split())
    (shown,) = (
        r for r in database.records if r.time == 16 and np.allclose([r.theta, r.phi], [theta, phi], atol=0.06)
    )
    stored = database.read(shown) / 255
    np.testing.assert_allclose(picture[:, 601:].mean(axis=(0, 1)), stored.mean(axis=(0, 1)), atol=0.02)

    again = paraview(*EXAMPLE, *words, *SMALL)
    assert again.returncode == 0 and "of 24 images" not in again.stdout, "nothing was rendered again"


def test_a_bad_model_ends_the_script(paraview, tmp_path: Path) -> None:
    done = paraview(*EXAMPLE, "/nowhere.stsr", str(tmp_path / "d.cdb"), str(tmp_path / "beside.png"))
    assert done.returncode != 0
    assert "/nowhere.stsr: cannot read the model" in done.stderr
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(("d.", "beside"))]
