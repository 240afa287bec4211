"""The example of linked views: a picture of six places, a film of every step; and a bad model ends it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from models import blob_series

from stsr_core import demo
from stsr_core.io import write_series

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = ("pvpython", "side_by_side_in_paraview.py")
SIZE = 110
SMALL = ("--size", str(SIZE))


@pytest.fixture
def series(tmp_path: Path) -> list[str]:
    """Three steps of a blob, and every second node of the first and the last."""
    variable = blob_series().variables[0]
    full, coarse = tmp_path / "full.pvd", tmp_path / "coarse.pvd"
    write_series(full, variable.grid, variable.times[:3], lambda i: {"a": variable.step(i)})
    write_series(
        coarse,
        variable.grid.every(2),
        variable.times[:3:2],
        lambda i: {"a": variable.step(2 * i)[::2, ::2, ::2]},
    )
    return [str(full), str(coarse)]


def test_a_picture_and_a_film(paraview, tmp_path, model, series):
    done = paraview(
        *EXAMPLE,
        model,
        *series,
        str(tmp_path / "views.png"),
        str(tmp_path / "film.png"),
        *SMALL,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    picture = imread(tmp_path / "views.png")[..., :3]
    assert picture.shape[:2] == (2 * SIZE, 3 * SIZE)
    for row in range(2):
        for column in range(3):
            part = picture[row * SIZE + 14 : (row + 1) * SIZE, column * SIZE : (column + 1) * SIZE]
            assert (np.ptp(part, axis=2) > 0.15).mean() > 0.005, "something coloured is in each place"
    frames = [imread(path)[..., :3] for path in sorted(tmp_path.glob("film.*.png"))]
    assert len(frames) == 3
    np.testing.assert_array_equal(frames[1], picture)  # the middle step
    for column in range(3):  # truth, prediction and interpolation move
        part = np.s_[14:SIZE, column * SIZE : (column + 1) * SIZE]
        assert (frames[0][part] != frames[2][part]).any()
    legend = np.s_[SIZE:, :SIZE]
    np.testing.assert_array_equal(frames[0][legend], frames[2][legend])  # the colours' meaning does not


def test_the_files_of_the_demo(paraview, tmp_path, small_demo):
    """Steps 0 and 4 of seven were kept: where the coarse series has ended, nothing is compared."""
    made = demo.Files.of(small_demo / "demo-output/tornado")
    files = (str(made.model), str(made.full), str(made.coarse))
    done = paraview(*EXAMPLE, *files, str(tmp_path / "views.png"), str(tmp_path / "film.png"), *SMALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    assert f"left out, outside the times 0 to 4 of {made.coarse}: 5, 6" in done.stdout.splitlines()
    assert len(list(tmp_path.glob("film.*.png"))) == 5
    assert np.ptp(imread(tmp_path / "views.png")) > 0.5


def test_series_of_other_times_end_the_script(paraview, tmp_path, model, series):
    variable = blob_series().variables[0]
    later = tmp_path / "later.pvd"
    write_series(later, variable.grid, [100.0, 101.0], lambda i: {"a": variable.step(i)})
    pictures = (str(tmp_path / "a.png"), str(tmp_path / "b.png"))
    done = paraview(*EXAMPLE, model, str(later), series[1], *pictures, *SMALL)
    assert done.returncode != 0
    assert f"no step of {later} lies within the times 10 to 12 of {series[1]}" in done.stderr
    assert not list(tmp_path.glob("*.png"))


def test_a_bad_model_ends_the_script(paraview, tmp_path, series):
    done = paraview(
        *EXAMPLE, "/nowhere.stsr", *series, str(tmp_path / "a.png"), str(tmp_path / "b.png"), *SMALL
    )
    assert done.returncode != 0
    assert "/nowhere.stsr: cannot read the model" in done.stderr
    assert not list(tmp_path.glob("*.png"))
