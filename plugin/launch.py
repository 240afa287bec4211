"""`stsr-paraview`: set ParaView up with this environment, look for what is in the way, and start it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from stsr_core.demo import NAMES, Files
from stsr_plugin.doctor import diagnose
from stsr_plugin.install_folder import PACKAGE, default_folder, environment, remove, write
from stsr_plugin.programs import PROGRAMS, display_prefix, find_program

DESCRIPTION = """\
Use this environment's stsr inside an installed ParaView (5.11 or newer, with the same Python version).

  stsr-paraview doctor                       what was found, and a remedy for what is in the way
  stsr-paraview demo                         the demo of `stsr demo`, loaded and shown
  stsr-paraview run paraview                 the graphical program, with the plugin loaded
  stsr-paraview run pvpython script.py
  mpiexec -n 4 stsr-paraview run pvbatch script.py
  stsr-paraview install                      for starting ParaView by hand: writes a file to source
"""


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code: 0, 1 (doctor found something) or 2 (wrong use, no ParaView)."""
    options = _parser().parse_args(arguments)
    folder = Path(options.prefix).expanduser().resolve() if options.prefix else default_folder()
    try:
        return int(options.action(options, folder))
    except OSError as error:
        print(f"stsr-paraview: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "stsr-paraview", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="install | doctor | run | demo")
    install = commands.add_parser("install", help="write the folder that ParaView is pointed at")
    install.add_argument("--remove", action="store_true", help="take the folder away again")
    install.set_defaults(action=_install)
    doctor = commands.add_parser("doctor", help="check ParaView, Python and packages against each other")
    doctor.set_defaults(action=_doctor)
    run = commands.add_parser("run", help="start a program of ParaView with the plugin")
    run.add_argument(
        "program", nargs="?", default="paraview", help=f"{', '.join(PROGRAMS)}, or a path (default: paraview)"
    )
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to the program")
    run.set_defaults(action=_run)
    demo = commands.add_parser("demo", help="ParaView with the demo, made first if it is missing")
    demo.add_argument("folder", nargs="?", default="demo-output", help="where it is (default: demo-output)")
    demo.add_argument("--series", choices=NAMES, default=NAMES[0], help=f"default: {NAMES[0]}")
    demo.set_defaults(action=_demo)
    for command in (install, doctor, run, demo):
        command.add_argument("--prefix", metavar="DIR", help="the folder (default: the user's data folder)")
    for command in (doctor, run, demo):
        command.add_argument(
            "--paraview", metavar="DIR", help="ParaView's bin folder (default: PARAVIEW_BIN, then PATH)"
        )
    return parser


def _install(options: argparse.Namespace, folder: Path) -> int:
    if options.remove:
        remove(folder)
        print(f"removed {folder}")
        return 0
    write(folder)
    print(
        f"wrote {folder}\n\n"
        "Either start ParaView with `stsr-paraview run`, or once per shell:\n"
        f"    source {folder}/environment.sh\n"
        f"In a ParaView started otherwise: Tools > Manage Plugins > Load New > {folder}/plugins/Stsr.xml"
    )
    return 0


def _doctor(options: argparse.Namespace, folder: Path) -> int:
    write(folder)
    findings = diagnose(find_program("pvpython", options.paraview), environment(folder))
    for finding in findings:
        print(finding)
    bad = sum(not f.good for f in findings)
    print("nothing is in the way" if bad == 0 else f"{bad} to put right")
    return 1 if bad else 0


def _run(options: argparse.Namespace, folder: Path) -> int:
    return _start(options.program, options.arguments, options.paraview, folder, {})


def _demo(options: argparse.Namespace, folder: Path) -> int:
    from stsr_core import cli

    series = Path(options.folder).resolve() / options.series
    if find_program("paraview", options.paraview) is not None and not Files.of(series).model.is_file():
        print(f"{options.folder} holds no demo yet: it is made first, which takes some minutes")
        code = cli.main(["demo", "-o", options.folder])
        if code:
            return code
    arguments = [f"--script={PACKAGE / 'demo_scene.py'}"]
    return _start("paraview", arguments, options.paraview, folder, {"STSR_DEMO": str(series)})


def _start(
    name: str, arguments: list[str], bin_folder: str | None, folder: Path, variables: dict[str, str]
) -> int:
    """Become a program of ParaView, which has this environment and ``variables`` besides."""
    program = find_program(name, bin_folder)
    if program is None:
        print(
            f"stsr-paraview: {name} was not found; name ParaView's bin folder with --paraview DIR",
            file=sys.stderr,
        )
        return 2
    write(folder)
    command = [*display_prefix(), program, *arguments]
    sys.stdout.flush()
    if sys.platform == "win32":
        return subprocess.call(command, env={**environment(folder), **variables})
    # Replaced and not called: signals, exit code and MPI see ParaView's own process.
    os.execvpe(command[0], command, {**environment(folder), **variables})


if __name__ == "__main__":
    sys.exit(main())
