"""In fresh interpreters: what importing the filters brings along, and what they say without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.requires_vtk


def run(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_filters_brings_neither_torch_nor_rendering():
    loaded = run("import sys, stsr_filters; print(*(m.split('.')[0] for m in sys.modules))").split()
    for name in ("torch", "scipy", "h5py", "pyvista", "paraview", "lpips", "vtk", "safetensors"):
        assert name not in loaded


def test_importing_the_plugin_for_its_launcher_needs_no_vtk():
    loaded = run("import sys, stsr_plugin.launch; print(*sys.modules)").split()
    for name in ("vtkmodules", "numpy", "torch"):
        assert name not in loaded


WITHOUT_TORCH = """
import sys
from importlib import util

real = util.find_spec
util.find_spec = lambda name, *a: None if name == "torch" else real(name, *a)

from stsr_filters import STSRModel
source = STSRModel()
source.SetFileName(sys.argv[1])
source.UpdateInformation()
print(source.GetStatus())
print(source.GetVariableSelection().GetNumberOfArrays(), source.GetTimeRange())
source.Update()
print(source.GetOutputDataObject(0).GetNumberOfPoints(), source.GetLastError())
"""


def test_without_torch_the_panel_fills_and_the_status_says_what_is_missing(model):
    status, panel, failure = run(WITHOUT_TORCH, model).splitlines()
    assert status.startswith("torch cannot be imported by this Python")
    assert "stsr-paraview doctor" in status
    assert panel == "2 [0.0, 4.5]"
    assert failure.startswith("0 torch cannot be imported")
