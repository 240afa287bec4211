"""The wheel, built from the source archive and installed where no checkout is, works like the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import stsr_core

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("stsr_core", "filters", "plugin")
FILES = ("pyproject.toml", "README.md", "LICENSE")

pytestmark = pytest.mark.requires_build


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment that has the wheel, and borrows the third parties."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # building leaves traces beside the sources
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", source, at=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    assert wheel.name.startswith(f"stsr-{stsr_core.__version__}-py3-none-any")
    venv.create(folder / "env", symlinks=os.name != "nt")
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", where, at=folder).strip())
    third_parties = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "third_parties.pth").write_text("\n".join(third_parties))
    run(
        *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
        *("install", "--no-deps", "--no-index", "--ignore-installed", wheel),
        at=folder,
    )
    return python.parent


def run(*command: str | Path, at: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], cwd=at, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_programs_are_those_of_the_wheel(programs: Path, tmp_path: Path) -> None:
    assert run(programs / "stsr", "--version", at=tmp_path) == f"stsr {stsr_core.__version__}\n"
    code = "import stsr_core, stsr_filters, stsr_plugin as p; print(stsr_core.__file__, p.__file__, sep='|')"
    for file in run(programs / "python", "-c", code, at=tmp_path).strip().split("|"):
        assert Path(file).is_relative_to(programs.parent)


def test_the_plugin_is_found(programs: Path, tmp_path: Path) -> None:
    run(programs / "stsr-paraview", "install", "--prefix", tmp_path / "folder", at=tmp_path)
    installed = tmp_path / "folder/plugins/Stsr.xml"
    assert installed.read_bytes() == (ROOT / "plugin/xml/Stsr.xml").read_bytes()


def test_the_quick_demo_works(programs: Path, tmp_path: Path) -> None:
    smaller = ("--nodes", "8", "--steps", "7")
    found = json.loads(run(programs / "stsr", "demo", "--quick", *smaller, "--json", at=tmp_path))
    assert {row["variable"] for row in found["table"]} == {"tornado", "vortex"}
    files = [path for series in found["files"].values() for path in series.values()]
    assert len(files) == 8
    assert all((tmp_path / path).is_file() for path in [*files, found["picture"]])


def test_one_place_has_the_version() -> None:
    """The citation names none: it would be a second one."""
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    assert lines[0] == "cff-version: 1.2.0"
    assert not [line for line in lines if line.startswith("version:")]
