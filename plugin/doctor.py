"""What is in the way between this environment and ParaView, each with a remedy.

A small script (probe.py) is run by ParaView's own Python, because only there the clashes show.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stsr_core.cli.finding import Finding
from stsr_plugin.install_folder import clashes, default_folder, environment, site_packages, write
from stsr_plugin.programs import display_prefix, find_program

PROBE = Path(__file__).with_name("probe.py")
MARK = "stsr-probe:"


def for_stsr_doctor() -> list[Finding]:
    """The part of ``stsr doctor`` that is about ParaView; without ParaView that it is missing, not wrong."""
    pvpython = find_program("pvpython")
    if pvpython is None:
        remedy = "only for work in ParaView: install 5.11 or newer, then `stsr-paraview doctor`"
        return [Finding("ParaView", "pvpython was not found", False, remedy, needed=False)]
    folder = default_folder()
    write(folder)
    return diagnose(pvpython, environment(folder))


def diagnose(pvpython: str | None, environment: Mapping[str, str]) -> list[Finding]:
    """All findings, from ParaView itself down to the display.

    Parameters
    ----------
    pvpython : str or None
        Path of ParaView's Python; None if it was not found.
    environment : mapping
        Environment variables ParaView is started with.
    """
    findings = [_python_path()]
    if pvpython is None:
        remedy = "install ParaView 5.11 or newer, or name its bin folder with --paraview DIR"
        return [Finding("ParaView", "pvpython was not found", False, remedy), *findings, _display()]
    answer = probe(pvpython, environment)
    if isinstance(answer, str):
        remedy = "does pvpython start by itself? if not, ParaView's own installation is broken"
        return [Finding("ParaView", f"{pvpython} failed: {answer}", False, remedy), *findings, _display()]
    checks: tuple[Callable[[dict[str, Any]], Finding], ...] = (
        _paraview,
        _python,
        _vtk,
        _numpy,
        _sympy,
        _torch,
        _h5py,
        _plugin,
    )
    return [*(check({**answer, "program": pvpython}) for check in checks), *findings, _display()]


def probe(pvpython: str, environment: Mapping[str, str]) -> dict[str, Any] | str:
    """What probe.py found inside ParaView, or why it could not be asked."""
    try:
        done = subprocess.run(
            [pvpython, str(PROBE)], env=dict(environment), capture_output=True, text=True, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = [x for x in done.stdout.splitlines() if x.startswith(MARK)]
    if not lines:
        tail = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
        return f"exit code {done.returncode}: {tail[0]}"
    return json.loads(lines[-1][len(MARK) :])


def _paraview(a: dict[str, Any]) -> Finding:
    version = a["paraview"]
    text = f"{version or 'unknown version'}, {a['program']}"
    if tuple(int(n) for n in version.split(".")[:2]) < (5, 11):
        return Finding("ParaView", text, False, "the plugin needs ParaView 5.11 or newer")
    return Finding("ParaView", text)


def _python(a: dict[str, Any]) -> Finding:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    theirs = ".".join(a["python"].split(".")[:2])
    if own != theirs:
        return Finding(
            "Python",
            f"ParaView's is {theirs}, this environment's {own}: compiled packages such as torch do not load",
            False,
            f"make an environment with python{theirs} and install stsr there",
        )
    return Finding("Python", f"{theirs} in both")


def _vtk(a: dict[str, Any]) -> Finding:
    found = a["modules"].get("vtkmodules", {})
    folders = [f for f in site_packages() if os.path.isdir(os.path.join(f, "vtkmodules"))]
    if any(found.get("file", "").startswith(f + os.sep) for f in folders):
        return Finding(
            "VTK",
            f"ParaView takes VTK from {found['file']}, which crashes it",
            False,
            "start ParaView with `stsr-paraview run`, and not with --venv or PYTHONPATH",
        )
    beside = "; the environment's VTK wheel is kept behind it" if folders else ""
    return Finding("VTK", f"{a['vtk']}, ParaView's own{beside}")


def _numpy(a: dict[str, Any]) -> Finding:
    found, early = a["modules"]["numpy"], a["numpy_before"]
    if "error" in found:
        return Finding("numpy", found["error"], False, "install stsr into this environment anew")
    if early and not _inside(early):
        return Finding(
            "numpy",
            f"{early} is imported before the plugin and hides this environment's",
            False,
            "some start-up file imports numpy (sitecustomize, another plugin): load stsr first",
        )
    text = f"{found['version']} from this environment" if _inside(found["file"]) else found["file"]
    own = a.get("numpy_own")
    hint = (
        f"ParaView's own is {own}: scripts import stsr_plugin, or make a filter, before they import numpy"
        if own and own != found["version"]
        else ""
    )
    return Finding("numpy", text, True, hint)


def _sympy(a: dict[str, Any]) -> Finding:
    found = a["modules"]["sympy"]
    if "error" in found:
        return Finding("sympy", found["error"], False, "pip install sympy in this environment")
    if not _inside(found["file"]):
        return Finding(
            "sympy",
            f"{found['version']} from {found['file']} hides the one torch needs",
            False,
            "pip install sympy in this environment, and start ParaView with `stsr-paraview run`",
        )
    return Finding("sympy", f"{found['version']} from this environment")


def _torch(a: dict[str, Any]) -> Finding:
    found = a["modules"]["torch"]
    if "error" in found:
        return Finding("torch", found["error"], False, "pip install torch in this environment")
    return Finding("torch", f"{found['version']}, computes on {a['device']}")


def _h5py(a: dict[str, Any]) -> Finding:
    found = a["modules"]["h5py"]
    if "error" in found:
        text = "does not import inside ParaView (its HDF5 is in the way); nothing here needs it"
        return Finding("h5py", text)
    return Finding("h5py", found["version"])


def _plugin(a: dict[str, Any]) -> Finding:
    if a["plugin"]:
        remedy = "send this line with the output of `stsr-paraview doctor`"
        return Finding("plugin", a["plugin"], False, remedy)
    return Finding("plugin", f"loads; {', '.join(a['proxies'])} are there")


def _python_path() -> Finding:
    bad = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and clashes(p)]
    if bad:
        return Finding(
            "PYTHONPATH",
            f"names {', '.join(bad)}, whose VTK crashes ParaView",
            False,
            "unset PYTHONPATH; `stsr-paraview run` leaves this entry out",
        )
    return Finding("PYTHONPATH", "holds no other VTK")


def _display() -> Finding:
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if shown or not sys.platform.startswith("linux"):
        return Finding("display", shown or "the system's")
    if display_prefix():
        return Finding("display", "none; `stsr-paraview run` uses xvfb-run")
    return Finding(
        "display",
        "none, and xvfb-run is missing",
        False,
        "install xvfb and xauth (Debian: apt install xvfb xauth)",
    )


def _inside(path: str) -> bool:
    return any(os.path.realpath(path).startswith(os.path.realpath(f) + os.sep) for f in site_packages())
