"""The animation example: 24 frames that differ, none of them at a stored step; and a bad model ends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from models import blob_series, header_of, small_siren

from stsr_core.checkpoint import save
from stsr_core.io import write_series

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/upscale_animation.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stsr_plugin.launch", "run", "--prefix", str(folder / "installed")]
    return subprocess.run(
        [*command, "pvpython", str(EXAMPLE), *arguments],
        env={**os.environ, "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def series(tmp_path: Path) -> str:
    variable = blob_series().variables[0]
    path = tmp_path / "blob.pvd"
    write_series(path, variable.grid, variable.times, lambda i: {"a": variable.step(i)})
    return str(path)


def test_twenty_four_frames_through_unseen_times(tmp_path, series):
    field = small_siren()
    save(tmp_path / "blob.stsr", header_of(field), field)
    done = run(tmp_path, str(tmp_path / "blob.stsr"), series, str(tmp_path / "frame.png"))
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    frames = sorted(tmp_path.glob("frame.*.png"))
    assert len(frames) == 24
    first, middle, last = (imread(frames[i]) for i in (0, 12, 23))
    assert first.shape[:2] == (720, 960)
    # The volume is there, brighter than the background, and it changes.
    assert np.mean(first[..., :3].max(axis=2) > 0.3) > 0.05
    assert not np.array_equal(first, middle)
    assert not np.array_equal(middle, last)


def test_a_bad_model_ends_the_script(tmp_path, series):
    done = run(tmp_path, "/nowhere.stsr", series, str(tmp_path / "frame.png"))
    assert done.returncode != 0
    assert "/nowhere.stsr: cannot read the model" in done.stderr
    assert not list(tmp_path.glob("frame*"))


def test_its_frames_meet_no_stored_step():
    """24 frames from the middle of the first interval to that of the last, for any even spacing."""
    for n in range(3, 200):
        frames = np.linspace(0.5, n - 1.5, 24)
        assert np.min(np.abs(frames - np.round(frames))) > 1e-6
