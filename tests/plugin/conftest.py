"""A small model, its coarse series as files, and ParaView's programs started by `stsr-paraview run`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from models import header_of, small_siren, write_blobs

from stsr_core.model.checkpoint import save
from stsr_plugin.install_folder import environment as paraview_environment
from stsr_plugin.install_folder import write


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
        # Open MPI refuses root and more ranks than cores unless told otherwise.
        for name in (
            "OMPI_ALLOW_RUN_AS_ROOT",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
            "OMPI_MCA_rmaps_base_oversubscribe",
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
            timeout=300,
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
