"""Means over the steps of a series by the kinds of steps, where all of them or only some were measured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stsr_core.metrics.curves import mean_over_steps


@dataclass(frozen=True)
class Means:
    """Means over the steps of a series; NaN where there is no step of a kind, or none is defined.

    Parameters
    ----------
    all : float
        Over every step of the series: the means of the kinds, weighted by how many steps are of each kind.
    kept, unseen, after : float
        Steps that were kept, left out between two kept ones, and left out after the last kept one.
    measured, undefined : int
        Steps measured; those of them where the measure is not defined.
    """

    all: float
    kept: float
    unseen: float
    after: float
    measured: int
    undefined: int


def means_by_kind(values: Mapping[int, float], kinds: Sequence[Sequence[int]]) -> Means:
    """Means of the values of some steps, by the kinds of :func:`stsr_core.kept.step_kinds`.

    Where only some steps were measured, each kind still counts with all its steps: those that were drawn
    stand for it.

    Parameters
    ----------
    values : mapping of int to float
        By number of the step.
    kinds : three sequences of int
        Numbers of the steps that were kept, left out between kept ones, and left out after the last.

    Examples
    --------
    One of two kept and one of one unseen steps was measured: (2·30 + 1·24)/3.

    >>> means_by_kind({0: 30.0, 1: 24.0}, ([0, 2], [1], [])).all
    28.0
    """
    kept, unseen, after = (mean_over_steps([values[i] for i in kind if i in values]).mean for kind in kinds)
    known = [
        (mean, len(kind))
        for mean, kind in zip((kept, unseen, after), kinds, strict=True)
        if not math.isnan(mean)
    ]
    total = sum(m * n for m, n in known) / sum(n for _, n in known) if known else math.nan
    return Means(total, kept, unseen, after, len(values), mean_over_steps([*values.values()]).undefined)
