"""The launcher and the doctor, as far as they go without ParaView; and both with it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

import pytest
from panel import PROXIES

from stsr_plugin import doctor, install_folder, launch, programs

LABELS = [proxy.get("label") for proxy in PROXIES.values()]


def test_the_folder_holds_a_stand_in_and_a_panel_and_nothing_else(tmp_path):
    install_folder.write(tmp_path)
    files = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert files == ["environment.sh", "plugins/Stsr.xml", "python/stsr_plugin/__init__.py"]
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    install_folder.write(tmp_path)
    assert before == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    install_folder.remove(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_stand_in_becomes_the_installed_package(tmp_path):
    install_folder.write(tmp_path)
    script = "import stsr_plugin; print(stsr_plugin.__file__); print(stsr_plugin.STSRModel.__name__)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "python")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.split() == [str(install_folder.PACKAGE / "__init__.py"), "STSRModel"], done.stderr


def test_environment_leaves_out_a_folder_with_another_vtk(tmp_path, monkeypatch):
    (tmp_path / "bad/vtkmodules").mkdir(parents=True)
    (tmp_path / "good").mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "bad"), str(tmp_path / "good")]))
    monkeypatch.setenv("PV_PLUGIN_PATH", "/elsewhere")
    environment = install_folder.environment(tmp_path)
    assert environment["PYTHONPATH"].split(os.pathsep) == [str(tmp_path / "python"), str(tmp_path / "good")]
    assert environment["PV_PLUGIN_PATH"].split(os.pathsep) == [str(tmp_path / "plugins"), "/elsewhere"]
    finding = doctor._python_path()
    assert not finding.good
    assert "unset PYTHONPATH" in finding.remedy


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_the_file_to_source_sets_the_same(tmp_path):
    folder = tmp_path / "with space"
    install_folder.write(folder)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": "/before"}
    command = f'. "{folder}/environment.sh"; echo "$PYTHONPATH|$PV_PLUGIN_PATH|$STSR_SITE_PACKAGES"'
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    site = os.pathsep.join(install_folder.site_packages())
    assert done.stdout.strip() == f"{folder}/python:/before|{folder}/plugins|{site}"


def test_programs_are_found_where_they_were_named(tmp_path, monkeypatch):
    program = tmp_path / "pvpython"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert launch.find_program("pvpython", str(tmp_path)) == str(program)
    monkeypatch.setenv("PARAVIEW_BIN", str(tmp_path))
    assert launch.find_program("pvpython") == str(program)
    assert launch.find_program("pvbatch") is None


def test_xvfb_is_used_only_without_a_display(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":7")
    assert launch.display_prefix() == []
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(sys, "platform", "linux")
    assert launch.display_prefix() == ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24 -noreset"]


def test_a_missing_paraview_is_one_sentence(tmp_path, capsys):
    nowhere = ["--prefix", str(tmp_path / "folder"), "--paraview", str(tmp_path)]
    assert launch.main(["run", *nowhere, "pvpython"]) == 2
    assert "pvpython was not found; name ParaView's bin folder" in capsys.readouterr().err
    assert launch.main(["doctor", *nowhere]) == 1
    assert "pvpython was not found\n" in capsys.readouterr().out


def test_install_and_remove(tmp_path, capsys):
    assert launch.main(["install", "--prefix", str(tmp_path)]) == 0
    assert f"source {tmp_path}/environment.sh" in capsys.readouterr().out
    assert launch.main(["install", "--prefix", str(tmp_path), "--remove"]) == 0
    assert not (tmp_path / "environment.sh").exists()


GOOD = {
    "program": "pvpython",
    "paraview": "5.11",
    "python": f"{sys.version_info.major}.{sys.version_info.minor}.1",
    "vtk": "9.2",
    "numpy_before": "",
    "numpy_own": "",
    "device": "cpu",
    "plugin": "",
    "proxies": ["STSR Model", "Neural Fit"],
    "modules": {
        name: {"version": "1.0", "file": f"{install_folder.site_packages()[0]}/{name}/__init__.py"}
        for name in ("numpy", "sympy", "torch", "h5py")
    }
    | {"vtkmodules": {"version": "", "file": "/usr/lib/vtkmodules/__init__.py"}},
}


def with_module(name, **found):
    return {**GOOD, "modules": {**GOOD["modules"], name: found}}


@pytest.mark.parametrize(
    ("check", "answer", "text", "remedy"),
    [
        (doctor._paraview, {**GOOD, "paraview": "5.9"}, "5.9", "needs ParaView 5.11"),
        (doctor._python, {**GOOD, "python": "3.1.4"}, "ParaView's is 3.1", "environment with python3.1"),
        (
            doctor._numpy,
            {**GOOD, "numpy_before": "/usr/lib/numpy/__init__.py"},
            "imported before the plugin",
            "load stsr first",
        ),
        (
            doctor._sympy,
            with_module("sympy", version="1.11", file="/usr/lib/sympy/__init__.py"),
            "hides the one torch needs",
            "pip install sympy",
        ),
        (
            doctor._torch,
            with_module("torch", error="ImportError: no"),
            "ImportError: no",
            "pip install torch",
        ),
        (doctor._plugin, {**GOOD, "plugin": "AttributeError: x"}, "AttributeError: x", "send this line"),
    ],
)
def test_each_clash_is_named_with_its_remedy(check, answer, text, remedy):
    assert check(GOOD).good
    finding = check(answer)
    assert not finding.good
    assert text in finding.text
    assert remedy in finding.remedy
    assert str(finding).startswith("BAD")


def test_an_environment_vtk_in_front_of_paraviews_is_found(tmp_path, monkeypatch):
    (tmp_path / "vtkmodules").mkdir()
    monkeypatch.setattr(doctor, "site_packages", lambda: [str(tmp_path)])
    finding = doctor._vtk(with_module("vtkmodules", version="", file=f"{tmp_path}/vtkmodules/__init__.py"))
    assert not finding.good
    assert "crashes" in finding.text


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_the_doctor_finds_nothing_wrong_here(tmp_path, capsys):
    code = launch.main(["doctor", "--prefix", str(tmp_path)])
    report = capsys.readouterr().out
    assert code == 0, report
    assert "nothing is in the way" in report
    assert f"plugin:      loads; {', '.join(LABELS)} are there" in report


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_a_proxy_whose_class_cannot_be_imported_is_named(tmp_path):
    """An installation that lacks a file: one filter is broken, the others work."""
    broken = tmp_path / "broken"
    shutil.copytree(install_folder.PACKAGE, broken)
    exports = (broken / "__init__.py").read_text()
    assert "algorithms.neural_fit" in exports
    (broken / "__init__.py").write_text(exports.replace("algorithms.neural_fit", "algorithms.was_lost"))
    install_folder.write(tmp_path)
    stand_in = tmp_path / "python/stsr_plugin/__init__.py"
    stand_in.write_text(stand_in.read_text().replace(repr(str(install_folder.PACKAGE)), repr(str(broken))))
    findings = doctor.diagnose(programs.find_program("pvpython"), install_folder.environment(tmp_path))
    (finding,) = (f for f in findings if f.subject == "plugin")
    assert not finding.good
    assert finding.text == (
        "Neural Fit: ModuleNotFoundError: No module named 'stsr_filters.algorithms.was_lost'"
    )


def test_no_two_modules_of_the_plugin_import_each_other():
    """Function by function too: a module can be read without the one that calls it."""
    imports = {}
    for path in install_folder.PACKAGE.rglob("*.py"):
        parts = ("stsr_plugin", *path.relative_to(install_folder.PACKAGE).with_suffix("").parts)
        found = {n.module for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)}
        imports[".".join(p for p in parts if p != "__init__")] = found
    for name, found in imports.items():
        reached, ahead = set(), set(found)
        while ahead:
            module = ahead.pop()
            reached.add(module)
            ahead |= imports.get(module, set()) - reached
        assert name not in reached, f"{name} imports itself by way of others"


@pytest.mark.requires_pvpython
@pytest.mark.requires_display
def test_exit_codes_and_arguments_pass_through(run, tmp_path):
    script = tmp_path / "exits.py"
    script.write_text("import sys; print(sys.argv[1:]); sys.exit(3)")
    done = run("pvpython", str(script), "--factor", "2")
    assert done.returncode == 3
    assert "['--factor', '2']" in done.stdout
