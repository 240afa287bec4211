"""What is installed, by pip and by CMake, is what stands in the folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from importlib import import_module
from importlib.metadata import distribution, entry_points, requires
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


def test_what_is_tested_is_what_is_installed() -> None:
    """And not the folders of the checkout, which may hold what no wheel brings."""
    origin = json.loads(distribution("stsr").read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)  # a choice for the time of an edit
    for package, folder in FOLDERS.items():
        found = Path(import_module(package).__file__ or "").parent
        if editable:
            assert found == ROOT / folder
        else:
            assert found == Path(sysconfig.get_path("purelib")) / package
            assert modules(found) == modules(ROOT / folder), "install again: make setup"
            assert (found / "py.typed").is_file()


def test_versions_agree_and_programs_are_installed() -> None:
    assert "version" not in project()["project"], "stsr_core.__version__ is its only place"
    assert distribution("stsr").version == stsr_core.__version__
    programs = {e.name: e.value for e in entry_points(group="console_scripts")}
    assert programs["stsr"] == "stsr_core.cli:main"
    assert programs["stsr-paraview"] == "stsr_plugin.launch:main"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation, to a folder with a space in its name that was given as a relative path."""
    folder = tmp_path_factory.mktemp("cmake")
    cmake("-S", str(ROOT), "-B", "build", f"-DSTSR_PYTHON={sys.executable}", at=folder)
    cmake("--build", "build", at=folder)
    cmake("--install", "build", "--prefix", "with space", at=folder)
    return folder / "with space"


@pytest.mark.requires_cmake
def test_cmake_installs_the_packages_and_the_plugin_configuration(prefix: Path) -> None:
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


@pytest.mark.requires_cmake
def test_the_file_to_source_puts_the_installation_in_front_of_what_was_set(prefix: Path) -> None:
    before = {"PYTHONPATH": "/a", "PV_PLUGIN_CONFIG_FILE": "/b.xml"}
    found = sourced(prefix, before, 'echo "$PYTHONPATH|$PV_PLUGIN_CONFIG_FILE|$STSR_SITE_PACKAGES"')
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    assert found == "|".join(
        [
            f"{prefix}/lib/stsr:/a",
            f"{prefix}/share/stsr/paraview-plugins.xml:/b.xml",
            ":".join([f"{prefix}/lib/stsr", *folders]),
        ]
    )


@pytest.mark.requires_cmake
@pytest.mark.requires_vtk
def test_another_stsr_beside_torch_does_not_mix_with_the_installed_plugin(
    prefix: Path, tmp_path: Path
) -> None:
    other = tmp_path / "stsr_core" / "__init__.py"
    other.parent.mkdir()
    other.touch()
    script = "import stsr_plugin, stsr_core; print(stsr_plugin.__file__, stsr_core.__file__, sep='|')"
    found = sourced(prefix, {"STSR_SITE_PACKAGES": str(tmp_path)}, f'"{sys.executable}" -c "{script}"')
    installed = prefix / "lib" / "stsr"
    assert found == f"{installed}/stsr_plugin/__init__.py|{installed}/stsr_core/__init__.py"


@pytest.mark.requires_cmake
@pytest.mark.requires_pvpython
def test_paraview_loads_the_installed_plugin_with_the_packages_of_the_environment(
    prefix: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from paraview import simple\n"
        "source = simple.STSRModel()\n"
        "source.UpdatePropertyInformation()\n"
        "import stsr_core, torch\n"
        "print(stsr_core.__file__, torch.__file__, source.GetProperty('Status'), sep='|')\n"
    )
    core, torch, status = sourced(prefix, {}, f'pvpython "{script}"').split("|")
    assert Path(core).is_relative_to(prefix)
    assert Path(torch).is_relative_to(sysconfig.get_path("platlib"))
    assert "no model file is chosen" in status


@pytest.mark.requires_cmake
def test_a_python_that_does_not_run_is_refused(tmp_path: Path) -> None:
    nothing = tmp_path / "no-python"
    arguments = ["cmake", "-S", str(ROOT), "-B", str(tmp_path), f"-DSTSR_PYTHON={nothing}"]
    result = subprocess.run(arguments, capture_output=True, text=True)
    assert result.returncode != 0
    assert "STSR_PYTHON must name a Python that runs, got" in result.stderr


def sourced(prefix: Path, variables: dict[str, str], command: str) -> str:
    """What a shell command prints once the installation's file was sourced."""
    ours = ("PYTHONPATH", "PV_PLUGIN_PATH", "PV_PLUGIN_CONFIG_FILE", "STSR_SITE_PACKAGES")
    environment = {k: v for k, v in os.environ.items() if k not in ours} | variables
    file = prefix / "share" / "stsr" / "environment.sh"
    done = subprocess.run(
        ["sh", "-c", f'. "{file}"; {command}'], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def cmake(*arguments: str, at: Path) -> None:
    result = subprocess.run(["cmake", *arguments], cwd=at, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def modules(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.py")}


def test_pre_commit_runs_what_make_test_runs() -> None:
    _, _, recipe = (ROOT / "Makefile").read_text().partition("\ntest: setup\n")
    commands = [
        line.strip() for line in recipe.partition("\n\n")[0].replace("$(BIN)", ".venv/bin").splitlines()
    ]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    for command in commands:
        entry = "make test" if command.startswith(".venv/bin/pytest ") else command
        assert f"entry: {entry}\n" in hooks


@pytest.mark.parametrize("script", [".ci/setup.sh", ".ci/run"])
def test_scripts_parse_and_may_be_run(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(ROOT / script)]).returncode == 0
