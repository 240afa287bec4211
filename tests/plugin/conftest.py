"""A small model, its coarse series as files, and ParaView's programs started by `stsr-paraview run`."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from models import header_of, small_siren, write_blobs
from window import SIZE, Clicks, keep

from stsr_core.model.checkpoint import save
from stsr_plugin.install_folder import environment as paraview_environment
from stsr_plugin.install_folder import write

#: Seconds after which a program of ParaView hangs: many times what it needs where nothing else runs.
PATIENCE = 1200


@dataclass(frozen=True)
class Material:
    """Paths of a model of two variables, a and b, and of the series it belongs to (12³, times 10 to 18)."""

    model: str
    series: str


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """The model and its series."""
    folder = tmp_path_factory.mktemp("material")
    field = small_siren(("a", "b"))
    save(folder / "blob.stsr", header_of(field), field)
    return Material(str(folder / "blob.stsr"), write_blobs(folder / "blob.pvd", ("a", "b")))


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``run(program, *arguments, prefix=(), display=True)``: what it printed, standard error included."""
    folder = tmp_path_factory.mktemp("installed")

    def start(
        program: str, *arguments: str, prefix: tuple[str, ...] = (), display: bool = True
    ) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ)
        environment["XDG_CONFIG_HOME"] = str(folder / "config")  # not the user's own ParaView settings
        # Open MPI refuses root and more ranks than cores unless told otherwise, and lets a rank that waits
        # keep its core from the one it waits for.
        for name in (
            "OMPI_ALLOW_RUN_AS_ROOT",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
            "OMPI_MCA_rmaps_base_oversubscribe",
            "OMPI_MCA_mpi_yield_when_idle",
        ):
            environment[name] = "1"
        launcher = [sys.executable, "-m", "stsr_plugin.launch", "run", "--prefix", str(folder)]
        if not display:  # which the launcher would make
            write(folder)
            environment.update(paraview_environment(folder))
            for name in ("DISPLAY", "WAYLAND_DISPLAY"):
                environment.pop(name, None)
            launcher = []
        return subprocess.run(
            [*prefix, *launcher, program, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )

    return start


@pytest.fixture(scope="session")
def session(run: Run, root: Path) -> Callable[..., dict[str, Any]]:
    """``session(name, *arguments, program="pvpython", ...)``: what a script of this folder reported."""

    def play(name: str, *arguments: str, program: str = "pvpython", **how: Any) -> dict[str, Any]:
        done = run(program, str(root / "tests/plugin" / name), *arguments, **how)
        lines = [x for x in done.stdout.splitlines() if x.startswith("found:")]
        assert lines, done.stdout
        return json.loads(lines[0][len("found:") :])

    return play


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def maker(root: Path) -> ModuleType:
    """docs/make_screenshot.py, which starts the window, and makes the README's picture the same way."""
    spec = importlib.util.spec_from_file_location("make_screenshot", root / "docs/make_screenshot.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Where the window's settings lie, for all tests, and its macros."""
    folder = tmp_path_factory.mktemp("gui")
    shutil.copytree(root / "tests/plugin/macros", folder / "ParaView/Macros")
    return folder


Play = Callable[[Clicks], list[tuple[np.ndarray, dict[str, Any]]]]


@pytest.fixture
def play(maker: ModuleType, settings: Path, tmp_path: Path) -> Play:
    """``play(clicks)``: (screen, findings) of each look; RuntimeError if anything failed.

    The macros of the window find the folder of the test in STSR_FOLDER.
    """

    def run(clicks: Clicks) -> list[tuple[np.ndarray, dict[str, Any]]]:
        looks, script = tmp_path / "looks", tmp_path / "clicks.xml"
        looks.mkdir()
        clicks.write(script)
        variables = {"STSR_SCREEN": str(settings / "Xvfb_screen0"), "STSR_FOLDER": str(tmp_path)}
        with maker.gui(settings, f"--test-script={script}", "--exit", size=SIZE, **variables) as process:
            code = process.wait(timeout=PATIENCE)
        log = (settings / "log").read_text(errors="replace")
        # ParaView's exit code tells of missing widgets and failed checks, and of nothing that a filter says.
        if code or re.search(r"\bERR(OR)?\b|critical:|Traceback", log):
            raise RuntimeError(f"exit code {code}\n{log}")
        names = sorted(looks.glob("*.xwd"))
        seen = [(maker.read_xwd(p), json.loads(p.with_suffix(".json").read_text())) for p in names]
        for i, (screen, _) in enumerate(seen):
            keep(screen, f"look{i}.png")
        return seen

    return run
