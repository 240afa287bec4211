"""After something was rendered in software, torch's own compiler package must stay out of the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.requires_vtk

SCRIPT = """
import numpy as np
from stsr_core.io.vtk import to_vtk_image
from stsr_core.series import Grid
from stsr_filters import render_volume
from stsr_core.llvm import keep_triton_out
import torch, sys
values = np.random.default_rng(0).random((4, 4, 4)).astype(np.float32)
render_volume(to_vtk_image(Grid((4, 4, 4)), {"u": values}), "u", size=(32, 32))
keep_triton_out()
weight = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.Adam([weight])
weight.sum().backward()
optimizer.step()
print("stepped", weight.detach().numpy().round(3).tolist())
"""


def test_an_optimizer_steps_after_a_rendering():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "stepped [0.999" in done.stdout


def test_without_a_renderer_nothing_is_changed():
    script = "import sys, stsr_core.llvm as l; l.keep_triton_out(); print('triton' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
