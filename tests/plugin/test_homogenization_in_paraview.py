"""Multiscale Diffusion and Neural Homogenization in pvpython: values of the core; a state keeps them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stsr_core.homogenization import correct, file, solve
from stsr_core.homogenization.coefficients import of_phases, pattern
from stsr_core.homogenization.configuration import Configuration
from stsr_core.homogenization.network import Network

pytestmark = [pytest.mark.requires_pvpython, pytest.mark.requires_display]


def test_a_problem_and_its_correction_survive_a_state(session, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / "h.stsr"
    configuration = Configuration(method="liif", preset="tiny", cells=16, coarse=4)
    file.save(path, file.Header(configuration), Network(configuration))
    found = session("homogenization_session.py", str(path), str(tmp_path))
    coefficient = of_phases(pattern("wave-4", 16))
    coarse = solve(coefficient, 4)
    shape = correct(file.load(path), coefficient, coarse, 3.7, amplitude="none")
    for results in (found["built"], found["loaded"]):
        assert results["coarse"][1] == results["corrected"][1] == ""
        np.testing.assert_allclose(results["coarse"][2], coarse.ravel(), rtol=1e-12)
        np.testing.assert_allclose(results["corrected"][2], shape.ravel(), atol=1e-6)
    assert found["built"] == found["loaded"]
    assert found["phases"] == [1, 100]
    assert found["status"].startswith("liif: 16 x 16 x 1 nodes in ")
    assert "/nowhere.stsr: cannot read the model" in found["wrong"]
