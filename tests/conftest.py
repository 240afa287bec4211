"""What holds for every test: fresh seeds, numpy faults raise, VTK errors fail, marks with their reasons."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# Test tensors are small: threads cost more than they give, above all where several programs share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if (SHARED / "torch_home").is_dir():
    # Network features for LPIPS, so that no test asks the network; set before torch.hub is first used.
    os.environ["TORCH_HOME"] = str(SHARED / "torch_home")


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _lpips_weights() -> bool:
    home = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache/torch"))
    return bool(importlib.util.find_spec("lpips")) and any((home / "hub/checkpoints").glob("alexnet-*"))


#: mark → (what it needs, in words; whether it is there): the only place where marks are declared.
MARKS: dict[str, tuple[str, Callable[[], bool]]] = {
    "requires_pvpython": ("ParaView's pvpython on PATH", lambda: shutil.which("pvpython") is not None),
    "requires_display": (
        "Xvfb, xvfb-run and xauth on PATH",
        lambda: all(shutil.which(name) for name in ("Xvfb", "xvfb-run", "xauth")),
    ),
    "requires_mpi": ("mpiexec on PATH", lambda: shutil.which("mpiexec") is not None),
    "requires_cmake": ("cmake on PATH", lambda: shutil.which("cmake") is not None),
    "requires_vtk": ("the vtk wheel", lambda: importlib.util.find_spec("vtkmodules") is not None),
    "requires_tifffile": ("the package tifffile", lambda: importlib.util.find_spec("tifffile") is not None),
    "requires_build": ("the package build", lambda: importlib.util.find_spec("build") is not None),
    "requires_chromium": (
        "chromium on PATH and the package playwright",
        lambda: bool(shutil.which("chromium") and importlib.util.find_spec("playwright")),
    ),
    "requires_cuda": ("a CUDA device", _cuda),
    "requires_lpips_weights": ("lpips and AlexNet's features under TORCH_HOME", _lpips_weights),
    "requires_shared": ("the folder shared beside the checkout", SHARED.is_dir),
}


def pytest_configure(config: pytest.Config) -> None:
    for name, (needs, _) in MARKS.items():
        config.addinivalue_line("markers", f"{name}: needs {needs}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    used = {mark.name for item in items for mark in item.iter_markers()} & set(MARKS)
    absent = {name: MARKS[name][0] for name in used if not MARKS[name][1]()}
    for item in items:
        for mark in list(item.iter_markers()):
            if mark.name in absent:
                item.add_marker(pytest.mark.skip(reason=f"needs {absent[mark.name]}"))


@pytest.fixture
def shared() -> Path:
    """The folder of data sets beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder shared beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``demo-output`` in it, as `stsr demo` leaves it, of a few nodes and seven steps."""
    from stsr_core import demo

    folder = tmp_path_factory.mktemp("demo")
    demo.run(folder / "demo-output", nodes=8, n_steps=7, epochs=1, minutes=None)
    return folder


@pytest.fixture(autouse=True)
def _reproducible() -> Iterator[None]:
    """The same random numbers for every test, and no silent division by zero, overflow or NaN."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (third parties still draw from the global generator)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)
        # Tiny networks: more threads only wait for each other, badly so on a busy machine.
        torch.set_num_threads(1)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


@pytest.fixture(autouse=True)
def vtk_errors() -> Iterator[list[str]]:
    """Errors that VTK reported during the test; any left at its end fail it.

    An exception inside ``RequestData`` never reaches the caller of ``Update()``: VTK prints an error and
    goes on. A test that provokes an error asks for this fixture, looks at the texts and clears the list.
    """
    errors: list[str] = []
    core = _vtk_core()
    if core is None:
        yield errors
        return

    def collect(caller: object, event: str, text: str) -> None:
        errors.append(text)

    collect.CallDataType = "string0"  # type: ignore[attr-defined]
    window = core.vtkOutputWindow.GetInstance()
    tag = window.AddObserver("ErrorEvent", collect)
    try:
        yield errors
    finally:
        window.RemoveObserver(tag)
    assert not errors, "VTK reported:\n" + "\n".join(errors)


def _vtk_core() -> object | None:
    """vtkCommonCore when VTK is installed; the base install is tested without it too."""
    if importlib.util.find_spec("vtkmodules") is None:
        return None
    from vtkmodules import vtkCommonCore

    return vtkCommonCore
