"""The example of homogenization: surfaces and errors side by side; and a model that is none ends it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from stsr_core.homogenization import file
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.network import Network

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]
EXAMPLE = ("pvpython", "neural_homogenization.py")


def test_solutions_and_errors_stand_side_by_side(paraview, tmp_path: Path) -> None:
    torch.manual_seed(0)
    configuration = Configuration(method="liif", preset="tiny", cells=16, coarse=4)
    network, picture = tmp_path / "h.stsr", tmp_path / "homogenization.png"
    file.save(network, file.Header(configuration), Network(configuration))
    done = paraview(*EXAMPLE, str(network), str(picture), "--size", "160")
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stdout + done.stderr
    assert "liif: 17 x 17 x 1 nodes in " in done.stdout
    image = imread(picture)[..., :3]
    assert image.shape[:2] == (320, 640)
    colored = np.ptp(image, axis=2) > 0.1
    assert all(colored[:160, 160 * k : 160 * (k + 1)].mean() > 0.05 for k in range(4))
    assert not colored[160:, :200].any(), "the coefficient is grey"
    assert colored[160:, 220:].mean() > 0.05


def test_a_model_of_another_kind_ends_the_script(paraview, tmp_path: Path, model: str) -> None:
    done = paraview(*EXAMPLE, model, str(tmp_path / "a.png"))
    assert done.returncode != 0
    assert "expected a model that holds a homogenization network, found one that holds a field" in done.stderr
    assert not (tmp_path / "a.png").exists()
