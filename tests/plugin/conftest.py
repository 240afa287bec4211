"""A small model, its coarse series as files, and ParaView's programs started by `stsr-paraview run`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from models import blob_series, header_of, small_siren

from stsr_core.checkpoint import save
from stsr_core.io import write_series


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
    series = blob_series(("a", "b"))
    first = series.variables[0]
    write_series(
        folder / "blob.pvd",
        first.grid,
        first.times,
        lambda i: {v.name: v.step(i) for v in series},
    )
    return Material(str(folder / "blob.stsr"), str(folder / "blob.pvd"))


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``run(program, *arguments, prefix=())``: what the program printed, standard error included."""
    folder = tmp_path_factory.mktemp("installed")

    def start(
        program: str, *arguments: str, prefix: tuple[str, ...] = ()
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
def root() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parents[2]
