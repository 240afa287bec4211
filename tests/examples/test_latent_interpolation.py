"""The example of a row between two members: five pictures that change, the ends alike in both ways."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from models import header_of, small_siren

from stsr_core.model.checkpoint import save

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/latent_interpolation.py"
SIZE = 96


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLE), *arguments], capture_output=True, text=True, timeout=1200
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    field = small_siren(("a", "b"))
    path = tmp_path_factory.mktemp("model") / "both.stsr"
    save(path, header_of(field), field)
    return str(path)


def views(path: Path, n: int) -> list[np.ndarray]:
    """Its ``n`` renderings, cut out of the sheet: they stand below the titles, side by side."""
    sheet = imread(path)[..., :3]
    gap = (sheet.shape[1] - n * SIZE) / (n + 1)
    assert gap > 0
    bottom = sheet[-SIZE - 4 :]
    return [bottom[:, 4 + i * (SIZE + 4) : 4 + i * (SIZE + 4) + SIZE] for i in range(n)]


def test_a_row_of_five(model, tmp_path):
    output = tmp_path / "between.png"
    done = run(model, str(output), "--size", str(SIZE), "--time", "12.5")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "a 1.00",
        "a 0.75 + b 0.25",
        "a 0.50 + b 0.50",
        "a 0.25 + b 0.75",
        "b 1.00",
    ]
    assert all("12 x 12 x 12 nodes at t = 12.5" in line for line in lines)
    pictures = views(output, 5)
    for picture in pictures:
        # Something coloured is in each.
        assert np.mean(np.ptp(picture, axis=2) > 0.1) > 0.05
    for left, right in itertools.pairwise(pictures):
        assert not np.array_equal(left, right)


def test_an_arc_between_isosurfaces(model, tmp_path):
    paths = []
    for extra in ((), ("--spherical",)):
        paths.append(tmp_path / f"{len(extra)}.png")
        done = run(model, str(paths[-1]), "--size", str(SIZE), "--steps", "3", "--isovalue", "4.5", *extra)
        assert done.returncode == 0, done.stderr
    straight, arc = (views(path, 3) for path in paths)
    assert np.array_equal(straight[0], arc[0])
    assert np.array_equal(straight[2], arc[2])
    assert not np.array_equal(straight[1], arc[1])


def test_a_member_that_is_not_there_ends_it(model, tmp_path):
    done = run(model, str(tmp_path / "x.png"), "--second", "c")
    assert done.returncode != 0
    assert "the model has no member 'c'; it has a, b" in done.stderr
    assert not (tmp_path / "x.png").exists()


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_it_runs_inside_paraview_too(model, tmp_path):
    output = tmp_path / "between.png"
    command = [sys.executable, "-m", "stsr_plugin.launch", "run", "--prefix", str(tmp_path / "installed")]
    done = subprocess.run(
        [*command, "pvpython", str(EXAMPLE), model, str(output), "--size", str(SIZE), "--steps", "2"],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert imread(output).shape[0] > SIZE
