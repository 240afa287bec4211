"""Where a command writes when it is not told: a name in the current folder, made of what it reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from glob import has_magic
from pathlib import Path

from stsr_core.cli.sources import grouped
from stsr_core.io.paths import split_dataset, stem_of

#: Of a long list of sources, so many are in the name.
MOST_SOURCES = 3


def model_name(sources: Sequence[str], names: Sequence[str] | None = None) -> str:
    """The model file of ``stsr fit SOURCE …``, which is named like its sources, or as they were named.

    Examples
    --------
    >>> model_name(["data/run01/*.vti"]), model_name(["T_*.raw"]), model_name(["full.pvd"])
    ('run01.stsr', 'T.stsr', 'full.stsr')
    >>> model_name(["run01/*.vti", "run02/*.vti"]), model_name(["sim.h5:/gas/T"])
    ('run01-run02.stsr', 'sim-T.stsr')
    >>> model_name(["run01/*.vti"], ["density"])
    'density.stsr'
    """
    return stem_of_sources(sources, names) + ".stsr"


def stem_of_sources(sources: Sequence[str], names: Sequence[str] | None = None) -> str:
    """What an output is called that is made of sources, without its suffix.

    Examples
    --------
    >>> stem_of_sources(["models/vf.stsr"]), stem_of_sources(["run01/*.vti"])
    ('vf', 'run01')
    """
    parts = list(names or (_name(source) for source in grouped(sources, 0)))
    parts = list(dict.fromkeys(parts))
    if len(parts) > MOST_SOURCES:
        parts = [*parts[:MOST_SOURCES], f"and-{len(parts) - MOST_SOURCES}-more"]
    return re.sub(r"[^\w.+-]+", "_", "-".join(parts))


def beside(model: str, ending: str) -> str:
    """A file in the current folder named after a model.

    Examples
    --------
    >>> beside("models/run01.stsr", "-upscaled.pvd")
    'run01-upscaled.pvd'
    """
    return Path(model).stem + ending


def _name(source: str | list[str]) -> str:
    """Of one source: its file without what counts the steps, else its folder."""
    file, dataset = split_dataset(source if isinstance(source, str) else source[0])
    path = Path(file)
    try:
        stem = stem_of(path)
    except ValueError:  # said better by what opens it
        stem = path.stem
    if not isinstance(source, str) or has_magic(path.name):
        stem = re.sub(r"\[.*?\]|[*?]", "", stem).rstrip("0123456789._- ")
    name = stem or path.absolute().parent.name or "model"
    return "-".join(filter(None, [name, dataset.rpartition("/")[2]]))
