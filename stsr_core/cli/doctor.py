"""``stsr doctor``: versions, devices, what is missing for each extra, and ParaView."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, entry_points, metadata, requires, version
from typing import TYPE_CHECKING, Any

from stsr_core.cli.finding import Finding
from stsr_core.words import readable_bytes

if TYPE_CHECKING:
    from packaging.requirements import Requirement

#: Entry points of this group look at more: name → function without arguments that gives findings.
DOCTORS = "stsr.doctors"
#: What extras are for, in words.
EXTRAS = {
    "vtk": "the filters and renderings, outside ParaView",
    "notebook": "pyvista",
    "web": "the page of stsr serve",
    "metrics": "LPIPS",
    "microscopy": "TIFF files",
    "images": "coded databases of images, and the videos beside them",
    "docs": "make docs",
    "dev": "the tests",
}

DESCRIPTION = """\
Name the versions of what is installed, the devices to compute on, what each extra still lacks, and whether
ParaView and this environment go together, each with what to do about it. Ends with exit code 1 where
something is wrong; what is merely not installed is not.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "doctor", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--skip-paraview",
        action="store_true",
        help="do not start ParaView, which takes seconds",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Look and print; exit code 1 where something is wrong."""
    found = []
    for finding in _findings(options.skip_paraview):
        print(finding, flush=True)
        found.append(finding)
    wrong = sum(finding.wrong for finding in found)
    print("nothing is wrong" if wrong == 0 else f"{wrong} to put right")
    options.result["findings"] = [{**asdict(finding), "wrong": finding.wrong} for finding in found]
    return 1 if wrong else 0


def _findings(without_paraview: bool) -> Iterator[Finding]:
    from stsr_core import __version__

    system = f"{platform.system()} {platform.machine()}"
    yield Finding("stsr", f"{__version__}, Python {platform.python_version()} ({sys.executable}), {system}")
    try:
        yield from _packages()
    except PackageNotFoundError:
        text = "not known: stsr was not installed by pip, which notes them"
        yield Finding("packages", text, False, 'pip install "stsr"', needed=False)
    yield from _devices()
    if not without_paraview:
        for entry in entry_points(group=DOCTORS):
            yield from _asked(entry)


def _asked(entry: Any) -> list[Finding]:
    """What the doctor of another package finds; one that cannot be loaded is a finding itself."""
    try:
        return entry.load()()
    except ImportError as error:
        return [Finding(entry.name, f"could not be looked at: {error}", False, needed=False)]


def _packages() -> Iterator[Finding]:
    """What the base needs, each with its version; then a line for each extra."""
    from packaging.requirements import Requirement

    wanted = [Requirement(text) for text in requires("stsr") or ()]
    for requirement in wanted:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            lack = _lack(requirement)
            text = lack or version(requirement.name)
            yield Finding(requirement.name, text, not lack, lack and f'pip install "{requirement}"')
    for extra in metadata("stsr").get_all("Provides-Extra") or ():
        brings = EXTRAS.get(extra, "")
        lacks = list(dict.fromkeys(filter(None, map(_lack, _of_extra(wanted, extra)))))
        if lacks:
            text = ", ".join(lacks) + (brings and f"; for {brings}")
            remedy = f'pip install "stsr[{extra}]"'
            yield Finding(f"[{extra}]", text, False, remedy, needed=False)
        else:
            yield Finding(f"[{extra}]", "all there" + (brings and f": {brings}"))


def _of_extra(wanted: list[Requirement], extra: str) -> Iterator[Requirement]:
    """What an extra asks for beyond the base, other extras included."""
    for requirement in wanted:
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": ""}) or not marker.evaluate({"extra": extra}):
            continue
        if requirement.name == "stsr":
            for other in sorted(requirement.extras):
                yield from _of_extra(wanted, other)
        else:
            yield requirement


def _lack(requirement: Requirement) -> str:
    """What is wrong with a package, in words; "" if it is there and new enough."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    if not requirement.specifier.contains(found, prereleases=True):
        return f"{requirement.name} {found} is not {requirement.specifier}"
    return ""


def _devices() -> Iterator[Finding]:
    """The processor and every accelerator that torch can compute on."""
    try:
        import torch
    except (ImportError, OSError) as error:
        remedy = "install torch anew; the line above says which"
        yield Finding("devices", f"torch does not load: {error}", False, remedy)
        return
    from stsr_core.memory import available_memory
    from stsr_core.threads import usable_cores

    free = available_memory()
    memory = "" if free is None else f", {readable_bytes(free)} of memory free"
    yield Finding("cpu", f"{usable_cores()} of {os.cpu_count()} cores granted{memory}")
    for i in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(i)
        yield Finding(f"cuda:{i}", f"{properties.name}, {readable_bytes(properties.total_memory)}")
    if torch.backends.mps.is_available():
        yield Finding("mps", "Apple's graphics processor")
