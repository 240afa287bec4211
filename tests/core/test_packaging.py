"""What is installed, by pip and by CMake, is what stands in the folders."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from importlib.metadata import entry_points, requires
from pathlib import Path

import pytest

import stsr_core

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"stsr_core": "stsr_core", "stsr_filters": "filters", "stsr_plugin": "plugin"}


def project() -> dict:
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_folder_with_modules_is_a_listed_package() -> None:
    listed = set(project()["tool"]["setuptools"]["packages"])
    found = {
        ".".join([package, *init.parent.relative_to(ROOT / folder).parts])
        for package, folder in FOLDERS.items()
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert listed == found


def test_the_base_install_brings_no_vtk_of_its_own() -> None:
    base = [r for r in requires("stsr") or () if "extra ==" not in r]
    assert base
    assert not [r for r in base if r.startswith(("vtk", "pyvista", "lpips"))]


def test_versions_agree_and_programs_are_installed() -> None:
    assert project()["project"]["version"] == stsr_core.__version__
    programs = {e.name: e.value for e in entry_points(group="console_scripts")}
    assert programs["stsr"] == "stsr_core.cli:main"
    assert programs["stsr-paraview"] == "stsr_plugin.launch:main"


@pytest.mark.requires_cmake
def test_cmake_installs_the_packages_and_the_plugin_configuration(tmp_path: Path) -> None:
    prefix, build = tmp_path / "prefix", tmp_path / "build"
    cmake("-S", str(ROOT), "-B", str(build), f"-DCMAKE_INSTALL_PREFIX={prefix}")
    cmake("--build", str(build))
    cmake("--install", str(build))
    for package, folder in FOLDERS.items():
        installed = prefix / "lib" / "stsr" / package
        assert modules(installed) == modules(ROOT / folder)
    configuration = ElementTree.parse(prefix / "share" / "stsr" / "paraview-plugins.xml")
    (plugin,) = configuration.getroot().findall("Plugin")
    assert plugin.get("auto_load") == "1"
    xml = Path(plugin.get("filename", ""))
    assert xml.is_relative_to(prefix)
    assert xml.read_bytes() == (ROOT / "plugin" / "xml" / "Stsr.xml").read_bytes()
    assert list(xml.parent.iterdir()) == [xml], "the description must be alone in its folder"
    assert f'PYTHONPATH="{prefix}/lib/stsr' in (prefix / "share" / "stsr" / "environment.sh").read_text()


def cmake(*arguments: str) -> None:
    result = subprocess.run(["cmake", *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def modules(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.py")}


@pytest.mark.parametrize("script", [".ci/setup.sh", ".ci/run"])
def test_scripts_parse_and_may_be_run(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(ROOT / script)]).returncode == 0
