"""The example of the dividing cell: surfaces, curves and residuals, and SpatimeINR is the nearer one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "living_cell.py"


@pytest.mark.requires_display
def test_the_division_is_drawn_and_measured(tmp_path: Path) -> None:
    picture = tmp_path / "cell.png"
    small = ("--nodes", "16", "--epochs", "100", "--noise", "0", "--size", "120")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), str(picture), *small], capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stderr
    found = {label: float(value) for label, value in re.findall(r"(.+): mean .+ ([\d.]+)e-3", done.stdout)}
    assert set(found) == {"cubic spline", "SpatimeINR"}
    assert found["SpatimeINR"] < found["cubic spline"]
    image = imread(picture)[..., :3]
    assert image.shape == (760, 1200, 3)
    # Blue and orange surfaces stand in the upper half, at its right and in its middle.
    upper = image[:400]
    blue, orange = (upper[..., c] - upper[..., 2 - c] > 0.15 for c in (2, 0))
    assert np.nonzero(blue)[1].mean() > 800 and 400 < np.nonzero(orange)[1].mean() < 800
