"""The example of motion: arrows beside the surface, coloured by speed; and a model without motion ends it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from models import blob_series

import stsr_core as stsr

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = ("pvpython", "motion_glyphs.py")


def test_arrows_leave_the_surface_where_it_moves(paraview, tmp_path: Path) -> None:
    model, picture = tmp_path / "motion.stsr", tmp_path / "motion.png"
    stsr.fit(blob_series(), model, field="motion", spatial_factor=1, temporal_gap=1, device="cpu")
    done = paraview(*EXAMPLE, str(model), str(picture), "--time", "13.5")
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    image = imread(picture)[..., :3]
    assert image.shape[:2] == (900, 1200)
    # Surface, box, letters and background are grey, left of the bar only arrows have colours.
    _, columns = np.nonzero(np.ptp(image[:, :1000], axis=2) > 0.2)
    assert len(columns) > 1000
    # The surface's middle is at column 675 and it moves to the left: there the arrows leave it.
    assert np.mean(columns < 675) > 0.8


def test_a_model_without_motion_ends_the_script(paraview, tmp_path: Path, model: str) -> None:
    done = paraview(*EXAMPLE, model, str(tmp_path / "motion.png"))
    assert done.returncode != 0
    assert "a model of the kind modulated_siren has no motion" in done.stderr
    assert not (tmp_path / "motion.png").exists()
