"""Index files that list the steps of a series with their times: .pvd and .vti.series/.vtr.series."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from stsr_core.io.paths import VTK_SUFFIXES, suffix_of


def read_index(path: Path) -> list[tuple[Path, float]]:
    """Files and times an index lists, in order of time; relative names start at the index's folder.

    Raises
    ------
    ValueError
        If the index is damaged, empty, lists several parts for one time, or files that are neither
        .vti nor .vtr.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: cannot read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: expected a text file that lists steps, found other bytes") from None
    try:
        listed = _pvd(text) if suffix_of(path) == ".pvd" else _series(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: expected XML of a ParaView collection: {error}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON of a file series: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: damaged list of steps: {error!r}") from None
    if not listed:
        raise ValueError(f"{path}: lists no steps")
    listed.sort(key=lambda entry: entry[1])
    for (first, time), (second, next_time) in pairwise(listed):
        if time == next_time:
            raise ValueError(f"{path}: expected one file per time, found {first} and {second} at {time:g}")
    for name, _ in listed:
        if not name.lower().endswith(VTK_SUFFIXES) or "\0" in name:
            raise ValueError(f"{path}: expected .vti or .vtr files, found {name}")
    return [(path.parent / name, time) for name, time in listed]


def _pvd(text: str) -> list[tuple[str, float]]:
    entries = ElementTree.fromstring(text).iter("DataSet")
    # ParaView saves data without time without its time.
    return [(e.attrib["file"], float(e.get("timestep", "0"))) for e in entries]


def _series(text: str) -> list[tuple[str, float]]:
    return [(e["name"], float(e["time"])) for e in json.loads(text)["files"]]


def index_text(suffix: str, entries: Iterable[tuple[str, float]]) -> str:
    """The text of an index; ``entries`` are names relative to its folder, and times."""
    if suffix != ".pvd":
        files = [{"name": name, "time": time} for name, time in entries]
        return json.dumps({"file-series-version": "1.0", "files": files}, indent=1) + "\n"
    lines = [
        f'    <DataSet timestep="{time!r}" group="" part="0" file={quoteattr(name)}/>'
        for name, time in entries
    ]
    start = '<?xml version="1.0"?>\n<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">'
    return "\n".join([start, "  <Collection>", *lines, "  </Collection>", "</VTKFile>", ""])
