"""``stsr info``: what a model file says of itself."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stsr_core.cli.terminal import next_steps
from stsr_core.io.paths import replacing
from stsr_core.model.container import content_of
from stsr_core.model.provenance import command_texts, run_as_toml, version_texts
from stsr_core.model.summary import baked_texts, chosen_texts, compact_texts, training_text
from stsr_core.words import readable_bytes, xyz

if TYPE_CHECKING:
    from stsr_core.coordinates import VariableDomain
    from stsr_core.model.checkpoint import Header

#: What a model can hold besides a field → the module that knows such files, with ``as_json`` and ``lines``.
OTHERS = {"homogenization network": "stsr_core.homogenization.file"}

DESCRIPTION = """\
Print what a model file holds: field, variables, units, value ranges, grids, times and how it was trained.
Of what the command line made also the exact command, and --write-config writes its settings as TOML:
`stsr fit --config FILE` learns it again. Reads the header alone; nothing in the file is executed.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "info", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", metavar="MODEL", help="model file (.stsr)")
    parser.add_argument(
        "--write-config", metavar="FILE", help="write the settings of its runs as TOML, for --config"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing TOML file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read and print."""
    from stsr_core.model import checkpoint

    other = OTHERS.get(content_of(options.model))
    if other is not None:
        return _say_other(import_module(other), options)
    header = checkpoint.read_header(options.model)
    if options.write_config is not None:
        return _write_config(header.history, options)
    options.result.update(as_json(header))
    if not options.json:
        print("\n".join(lines(header, Path(options.model))))
    return 0


def _say_other(kind: Any, options: argparse.Namespace) -> int:
    """What a model that is no field says of itself, by the module that knows such files."""
    values = kind.as_json(options.model)
    if options.write_config is not None:
        return _write_config(values["history"], options)
    options.result.update(values)
    if not options.json:
        print("\n".join(kind.lines(options.model)))
    return 0


def _write_config(history: list[dict[str, Any]], options: argparse.Namespace) -> int:
    path = Path(options.write_config)
    text = run_as_toml(history)
    if path.exists() and not options.overwrite:
        raise FileExistsError(f"{path} exists; choose another file, or --overwrite it")
    with replacing() as beside:
        beside(path).write_text(text, encoding="utf-8")
    options.result["output"] = str(path)
    print(f"wrote {path}")
    names = [run["made_by"]["name"] for run in history if "made_by" in run]
    next_steps(options, *(f"stsr {name} --config {path} -o again.stsr" for name in names))
    return 0


def as_json(header: Header) -> dict[str, Any]:
    """The header as plain JSON values; of an unfinished run only that it is one."""
    from stsr_core.model.checkpoint import header_to_json

    values = header_to_json(header)
    finished = values.pop("training") is None
    return {**values, "finished": finished}


def lines(header: Header, path: Path) -> list[str]:
    """The header for people, sizes as X×Y×Z."""
    settings = ", ".join(f"{key} {value}" for key, value in header.configuration.items())
    text = [
        f"{path}: {readable_bytes(path.stat().st_size)}, format {header.format_version}",
        f"field          {header.kind}" + (f" ({settings})" if settings else ""),
        f"variables      {len(header.domain)}",
    ]
    for variable in header.domain:
        text += _variable(variable, header.time_unit, header.length_unit)
    text += [f"trained        {words}" for run in header.history if (words := training_text(run))]
    text += [f"chosen         {words}" for words in chosen_texts(header)]
    text += [f"compact        {words}" for words in compact_texts(header)]
    text += [f"baked          {words}" for words in baked_texts(header)]
    text += [f"made by        {words}" for words in command_texts(header.history)]
    text += [f"versions       {words}" for words in version_texts(header.history)]
    if header.training is not None:
        text.append("unfinished     the command that made it goes on with --resume")
    text.append(
        f"data           SHA-256 {header.data_hash}" if header.data_hash else "data           unknown"
    )
    return text


def _variable(v: VariableDomain, time_unit: str, length_unit: str) -> list[str]:
    times = f"{len(v.times)} kept of {len(v.full_times)}: {v.times[0]:g} to {v.times[-1]:g}"
    if v.full_times[-1] != v.times[-1]:
        times += f" (series to {v.full_times[-1]:g})"
    spacing, origin = (" ".join(f"{n:g}" for n in t[::-1]) for t in (v.grid.spacing, v.grid.origin))
    return [
        f"  {v.name}",
        f"    values     {v.normalization.low:g} to {v.normalization.high:g} {v.unit}".rstrip()
        + f", {v.dtype}",
        f"    grid       {xyz(v.grid.shape)} kept of {xyz(v.full_grid.shape)}; spacing {spacing}, "
        f"origin {origin} {length_unit}".rstrip(),
        f"    times      {times} {time_unit}".rstrip(),
    ]
