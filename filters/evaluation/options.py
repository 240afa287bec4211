"""What the words of ``stsr evaluate`` mean: series, settings and studies."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stsr_core.cli.sources import read_sources

if TYPE_CHECKING:
    from stsr_core.series import VolumeSeries
    from stsr_filters.evaluation.settings import Settings, Study

#: Generated series: their nodes along each axis and their steps, where no numbers are given.
_USUAL = {
    "tornado": (64, 48),
    "vortex": (64, 48),
    "roaming_ball": (32, 12),
    "dividing_cell": (32, 12),
    "turning_ellipsoid": (32, 12),
}
_GENERATED = re.compile(rf"({'|'.join(_USUAL)})(?::(\d+)(?:x(\d+))?)?")


def read_series(options: argparse.Namespace) -> VolumeSeries:
    """The series of all sources, generated ones first.

    Raises
    ------
    ValueError
        A generated series has too few nodes or steps, or two sources share a name.
    """
    from stsr_core import datasets
    from stsr_core.series import VolumeSeries

    generated = [match for text in options.sources if (match := _GENERATED.fullmatch(text))]
    files = [text for text in options.sources if not _GENERATED.fullmatch(text)]
    names = [match[1] for match in generated]
    parts = []
    for match in generated:
        name = match[1]
        usual_nodes, usual_steps = _USUAL[name]
        nodes, steps = int(match[2] or usual_nodes), int(match[3] or usual_steps)
        if names.count(name) > 1:
            raise ValueError(f"at most one source can be a {name}, got {names.count(name)}")
        if nodes < 4 or steps < 2:
            raise ValueError(f"a {name} needs at least 4 nodes and 2 steps, got {nodes} and {steps}")
        parts.append(getattr(datasets, name)(nodes, steps))
    if files:
        parts.append(read_sources(argparse.Namespace(**{**vars(options), "sources": files})))
        for name in names:
            if name in parts[-1].names:
                raise ValueError(f"a file's variable is named {name} as well: give it another --name")
    return VolumeSeries.merged(parts)


def read_settings(options: argparse.Namespace, series: VolumeSeries) -> Settings:
    """The settings that all studies share."""
    from stsr_core.kept import kept_of
    from stsr_filters.evaluation.settings import Settings

    isovalues = {}
    if options.isovalue:
        isovalues = dict(zip(series.names, _each("--isovalue", options.isovalue, series), strict=True))
    if not 1 <= options.voxels < float("inf"):
        raise ValueError(f"--voxels must be a finite number >= 1, got {options.voxels}")
    minutes = 3.0 if options.minutes is None and options.epochs is None else options.minutes
    return Settings(
        kept_of(series, options.space, options.time),
        minutes,
        options.epochs,
        options.seed,
        options.device,
        options.fill,
        isovalues,
        int(options.voxels),
        options.steps_rendered,
        options.size,
        upscale_space=options.upscale[0],
        upscale_time=options.upscale[1],
        cells=options.cells,
    )


def _each(option: str, values: Sequence[Any], series: VolumeSeries) -> list[Any]:
    """One value for each variable."""
    if len(values) not in (1, len(series)):
        raise ValueError(
            f"{option} takes one number or one for each of the {len(series)} variables "
            f"({', '.join(series.names)}), got {len(values)}"
        )
    return list(values) * len(series) if len(values) == 1 else list(values)


def read_studies(options: argparse.Namespace, series: VolumeSeries) -> list[Study]:
    """The comparison of the methods, then the studies in the order given.

    Raises
    ------
    ValueError
        A kind, a setting or a study is unknown or does not suit the data.
    """
    from stsr_core.fields import field_class, named
    from stsr_filters.evaluation.studies import methods, study

    kinds = list(dict.fromkeys(map(named, options.methods)))
    for kind in kinds:
        field_class(kind)
    overrides = read_overrides(options.set)
    if options.only_studies and not options.study:
        raise ValueError("--only-studies needs a --study")
    if options.study_minutes is not None and not 0 < options.study_minutes < float("inf"):
        raise ValueError(f"--study-minutes must be a finite number > 0, got {options.study_minutes}")
    studies = [] if options.only_studies else [methods(kinds, overrides)]
    for name in dict.fromkeys(options.study):
        studies.append(
            study(
                name,
                kinds,
                overrides=overrides,
                values=options.values,
                n_variables=len(series),
                minutes=options.study_minutes,
            )
        )
        if not studies[-1].cases:
            raise ValueError(
                f"study {name} has none of the --values {' '.join(map('{:g}'.format, options.values))}"
            )
    return studies


def read_overrides(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """KIND.NAME=VALUE → kind → name → value; a value that is no JSON is a word.

    Raises
    ------
    ValueError
        The text has another form, or the kind is unknown.

    Examples
    --------
    >>> read_overrides(["stsr_inr.heads=4", "stsr_inr.profile=paper"])
    {'stsr_inr': {'heads': 4, 'profile': 'paper'}}
    """
    from stsr_core.fields import field_class

    overrides: dict[str, dict[str, Any]] = {}
    for text in texts:
        match = re.fullmatch(r"(\w+)\.(\w+)=(.+)", text)
        if match is None:
            raise ValueError(f"--set takes KIND.NAME=VALUE, got {text!r}")
        field_class(match[1])
        try:
            value = json.loads(match[3])
        except ValueError:
            value = match[3]
        overrides.setdefault(match[1], {})[match[2]] = value
    return overrides


def has_tornado(sources: Sequence[str]) -> bool:
    """Whether one of the sources is the generated tornado."""
    return any((match := _GENERATED.fullmatch(text)) and match[1] == "tornado" for text in sources)
