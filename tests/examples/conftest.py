"""A model as a file, and ParaView's programs started on an example."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from models import header_of, small_siren

from stsr_core.model.checkpoint import save

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def model(tmp_path: Path) -> str:
    """Path of a model of one variable, a."""
    field = small_siren()
    save(tmp_path / "blob.stsr", header_of(field), field)
    return str(tmp_path / "blob.stsr")


@pytest.fixture
def paraview(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``paraview(program, example, *arguments)``: how the example ended there, and what it printed."""

    def run(program: str, example: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        launcher = [
            sys.executable,
            "-m",
            "stsr_plugin.launch",
            "run",
            "--prefix",
            str(tmp_path / "installed"),
        ]
        return subprocess.run(
            [*launcher, program, str(EXAMPLES / example), *arguments],
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=1200,
        )

    return run
