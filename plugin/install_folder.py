"""The folder that ParaView is pointed at: a stand-in for stsr_plugin, the panel, a file to source.

::

    FOLDER/python/stsr_plugin/__init__.py   the stand-in, alone in the folder that PYTHONPATH names
    FOLDER/plugins/Stsr.xml                 the panel, alone in the folder that PV_PLUGIN_PATH names
    FOLDER/environment.sh                   sets both, for programs started by hand
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def default_folder() -> Path:
    """The user's data folder of this platform, with one subfolder per environment's Python."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share"))
    # Two environments must not overwrite each other's stand-in.
    name = re.sub(r"\W+", "-", str(Path(sys.prefix).resolve())).strip("-")
    return base / "stsr" / name


def site_packages() -> list[str]:
    """The folders of this environment that hold its packages."""
    return list(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")))


def write(folder: Path) -> None:
    """Write or renew the folder; what is already right is left alone, so that ranks may do it at once."""
    stand_in = (PACKAGE / "shim.py").read_text(encoding="utf-8")
    stand_in = stand_in.replace('SITE_PACKAGES = ""', f"SITE_PACKAGES = {os.pathsep.join(site_packages())!r}")
    stand_in = stand_in.replace('PACKAGE = ""', f"PACKAGE = {str(PACKAGE)!r}")
    _write(folder / "python/stsr_plugin/__init__.py", stand_in)
    _write(folder / "plugins/Stsr.xml", (PACKAGE / "xml/Stsr.xml").read_text(encoding="utf-8"))
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables(folder).items()]
    lines = [
        re.sub(r"^export (PYTHONPATH|PV_PLUGIN_PATH)=(.*)$", r'export \1=\2"${\1:+:$\1}"', x) for x in lines
    ]
    text = "# Source this before ParaView's programs: they then load the plugin by themselves.\n"
    _write(folder / "environment.sh", text + "\n".join(lines) + "\n")


def remove(folder: Path) -> None:
    """Take away what :func:`write` wrote."""
    for name in ("python", "plugins"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "environment.sh").unlink(missing_ok=True)


def variables(folder: Path) -> dict[str, str]:
    """The environment variables that point ParaView at the folder."""
    return {
        "PYTHONPATH": str(folder / "python"),
        "PV_PLUGIN_PATH": str(folder / "plugins"),
        "STSR_SITE_PACKAGES": os.pathsep.join(site_packages()),
    }


def environment(folder: Path) -> dict[str, str]:
    """This process's environment with those variables in front of what they held.

    A folder on PYTHONPATH that holds a VTK of its own is left out: ParaView would crash on it.
    """
    result = dict(os.environ)
    new = variables(folder)
    kept = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and not clashes(p)]
    result["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([new["PYTHONPATH"], *kept]))
    plugins = [p for p in os.environ.get("PV_PLUGIN_PATH", "").split(os.pathsep) if p]
    result["PV_PLUGIN_PATH"] = os.pathsep.join(dict.fromkeys([new["PV_PLUGIN_PATH"], *plugins]))
    result["STSR_SITE_PACKAGES"] = new["STSR_SITE_PACKAGES"]
    return result


def clashes(folder: str) -> bool:
    """True if a folder on PYTHONPATH would put another VTK in front of ParaView's own."""
    return (Path(folder) / "vtkmodules").is_dir()


def _write(path: Path, text: str) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
