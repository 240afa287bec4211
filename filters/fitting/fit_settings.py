"""What Neural Fit learns and how: the choice a user makes in the panel."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from stsr_core.fields.kinds import AUTO, COMPACT, FITTED, KINDS, WORDS, named, periodic_entry, preset
from stsr_core.fields.recipe import shared
from stsr_core.kept import Kept
from stsr_core.model.checkpoint import Header

#: Kinds that learn from kept samples alone, and the words for some of them.
FIELDS = (*WORDS, *(name for name in FITTED if KINDS[name].kept_samples_suffice))
#: Variants of the fields that have some, each once.
PROFILES = tuple(dict.fromkeys(profile for row in KINDS.values() for profile in row.profiles))


@dataclass(frozen=True)
class FitSettings:
    """What decides about the model; a change of any of them makes another one.

    Parameters
    ----------
    model_file : str
        Where the model goes, ending in .stsr.
    variables : tuple of str
        Point arrays to learn; () for all.
    keep_every : int
        u_s >= 1: every so many-th voxel of each axis is kept.
    leave_out : int
        u_t >= 0: steps left out between two kept ones.
    field : str
        One of :data:`FIELDS`.
    profile : str
        One of :data:`PROFILES`; for a field that has no such variant it is the field's own first one.
    architecture : str
        JSON object with further keywords of the field, "" for none.
    minutes : float
        Longest time to learn, 0 for no limit.
    epochs : int
        Most passes over the kept samples, 0 for no limit.
    compact : bool
        One small network that says what the mixture says, in place of it.
    seed : int
        Of the initial weights and the order of samples, >= 0.
    fill : float or "mask", optional
        Replaces NaN, infinite and invalid values, or has them left out; they are refused without it.
    periodic : str
        Axes that close on themselves, like "z,x".
    """

    model_file: str = ""
    variables: tuple[str, ...] = ()
    keep_every: int = 1
    leave_out: int = 0
    field: str = AUTO
    profile: str = "released"
    architecture: str = ""
    minutes: float = 1.0
    epochs: int = 0
    compact: bool = False
    seed: int = 0
    fill: float | str | None = None
    periodic: str = ""

    def check(self) -> None:
        """Raise ValueError for a value out of range; one sentence."""
        if not self.model_file:
            raise ValueError("no model file is chosen; set Model File to where the .stsr file shall go")
        if not self.model_file.endswith(".stsr"):
            raise ValueError(f"Model File must end in .stsr, got {self.model_file}")
        if self.keep_every < 1:
            raise ValueError(f"Keep Every must be >= 1, got {self.keep_every}")
        if self.leave_out < 0:
            raise ValueError(f"Leave Out must be >= 0, got {self.leave_out}")
        if self.field not in FIELDS:
            raise ValueError(f"Field must be one of {', '.join(FIELDS)}, got {self.field!r}")
        if self.compact and named(self.field) != named(AUTO):
            raise ValueError(f"Compact goes with the Field mixture, got {self.field}")
        if self.profile not in PROFILES:
            raise ValueError(f"Profile must be one of {', '.join(PROFILES)}, got {self.profile!r}")
        if not (math.isfinite(self.minutes) and self.minutes >= 0) or self.epochs < 0:
            raise ValueError(
                "Minutes and Epochs must be finite numbers >= 0 (0: no limit), "
                f"got {self.minutes:g} and {self.epochs}"
            )
        if self.minutes == 0 and self.epochs == 0:
            raise ValueError("Minutes or Epochs must be > 0, or learning would never end; got 0 and 0")
        if self.seed < 0:
            raise ValueError(f"Seed must be >= 0, got {self.seed}")
        if isinstance(self.fill, float) and not math.isfinite(self.fill):
            raise ValueError(f"Fill Value must be a finite number, got {self.fill:g}")
        self.configuration()

    def configuration(self) -> dict[str, Any]:
        """Architecture keywords of the field.

        Examples
        --------
        >>> FitSettings(field="stsr_inr", architecture='{"heads": 1}').configuration()
        {'profile': 'released', 'heads': 1}
        >>> FitSettings(field="spatime_inr").configuration()
        {'profile': 'fast'}
        >>> FitSettings(field="spatime_inr", profile="paper").configuration()
        {'profile': 'paper'}
        >>> FitSettings(field="dyninr", profile="paper").configuration()["profile"]
        'stable'
        """
        keywords: Any = {}
        if self.architecture.strip():
            try:
                keywords = json.loads(self.architecture)
            except ValueError:
                keywords = None
        if not isinstance(keywords, dict):
            raise ValueError(
                f'Architecture must be a JSON object like {{"width": 128}}, got {self.architecture!r}'
            )
        known = tuple(KINDS[named(self.field)].profiles)
        profile = {"profile": self.profile if self.profile in known else known[0]} if known else {}
        usual = {**profile, **preset(self.field), **periodic_entry(self.field, self.periodic)}
        return usual | keywords

    @property
    def kept(self) -> Kept:
        """What is kept of each variable; a number out of range, which :meth:`check` refuses, as the least."""
        return Kept(max(1, self.keep_every), max(0, self.leave_out))

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of :func:`stsr_core.training.fit` for samples that are kept already."""
        return {
            "field": self.field,
            "configuration": self.configuration(),
            "minutes": self.minutes or None,
            "epochs": self.epochs or None,
            "compact": self.compact,
            "seed": self.seed,
        }

    def made(self, header: Header) -> bool:
        """True if a model, finished or not, came from these settings; its data is not looked at."""
        runs = header.history
        kind, made_with = header.kind, header.configuration
        if self.compact and runs and "compact_of" in runs[-1]:
            *runs, last = runs
            kind, made_with = (last["compact_of"][key] for key in ("kind", "configuration"))
        field = named(self.field)
        if kind != field or not _holds(made_with, _plain(self.configuration())):
            return False
        usual = KINDS[COMPACT].recipe if self.compact else KINDS[field].recipe_for(made_with)
        if usual is None:
            return True
        run = runs[-1] if runs else {}
        recipe = replace(usual, minutes=self.minutes or None, epochs=self.epochs or None)
        first, second = shared(recipe) if self.compact else (recipe, None)
        wanted = {
            "recipe": asdict(first),
            "compact": second and asdict(second),
            "data": {**asdict(self.kept), "fill": self.fill},
            "seed": self.seed,
        }
        return {key: run.get(key) for key in wanted} == _plain(wanted)


def _holds(found: Any, wanted: Any) -> bool:
    """Whether all that is wanted is found; mappings may hold more, which was chosen in their place."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(key in found and _holds(found[key], value) for key, value in wanted.items())
    return found == wanted


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives it back: tuples are lists."""
    return json.loads(json.dumps(values))
