"""The animation example: 24 frames that differ, none of them at a stored step; and a bad model ends it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from models import write_blobs

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = ("pvpython", "upscale_animation.py")


@pytest.fixture
def series(tmp_path: Path) -> str:
    return write_blobs(tmp_path / "blob.pvd")


def test_twenty_four_frames_through_unseen_times(paraview, tmp_path, model, series):
    done = paraview(*EXAMPLE, model, series, str(tmp_path / "frame.png"), "--width", "320")
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    frames = sorted(tmp_path.glob("frame.*.png"))
    assert len(frames) == 24
    first, middle, last = (imread(frames[i]) for i in (0, 12, 23))
    assert first.shape[:2] == (240, 320)
    # The volume is there, coloured on white left of the colour map, and it changes.
    assert np.mean(np.ptp(first[:, :195, :3], axis=2) > 0.03) > 0.05
    assert not np.array_equal(first, middle)
    assert not np.array_equal(middle, last)


def test_a_bad_model_ends_the_script(paraview, tmp_path, series):
    done = paraview(*EXAMPLE, "/nowhere.stsr", series, str(tmp_path / "frame.png"))
    assert done.returncode != 0
    assert "/nowhere.stsr: cannot read the model" in done.stderr
    assert not list(tmp_path.glob("frame*"))


def test_its_frames_meet_no_stored_step():
    """24 frames from the middle of the first interval to that of the last, for any even spacing."""
    for n in range(2, 200):
        share = 0.5 if n > 2 else 0.04
        frames = np.linspace(share, n - 1 - share, 24)
        assert np.min(np.abs(frames - np.round(frames))) > 1e-6
