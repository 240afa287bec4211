"""What a folder of samples is to hold, and which files that are.

DIR/data.json                    the plan
DIR/train/000000.npz, …          random maps, at the scales to learn at
DIR/validation/…, DIR/test/…     others, at the scales to be measured at
DIR/patterns/checkerboard-4.npz  the thirteen maps that a formula gives, at these scales, too
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from stsr_core.checks import choice, flag, is_number, number, several, whole
from stsr_core.homogenization.coefficients import PATTERNS, PHASES
from stsr_core.homogenization.elements import QUADRATURES
from stsr_core.homogenization.samples import fine_intervals

#: Parts of a folder, and how far their seeds are apart.
PARTS, APART = ("train", "validation", "test"), 10_000_000
DESCRIPTION = "data.json"


@dataclass(frozen=True)
class Plan:
    """What a folder of samples is to hold; it stands in its ``data.json``.

    Raises
    ------
    ValueError
        If an entry is out of range; names entry, rule and value.
    """

    maps: int = 2000  # random maps to learn from
    validation: int = 100  # random maps for the curve while it learns
    test: int = 100  # random maps to be measured on
    patterns: bool = True  # whether the thirteen patterns are among what is measured on
    cells: int = 128  # E, along an axis
    coarse: int = 32  # N, intervals of the coarse solution
    scales: tuple[float, ...] = (16.0,)  # α to learn at
    test_scales: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0)  # α to be measured at
    seed: int = 0  # of the first map; each has the next one
    values: tuple[float, ...] = PHASES  # the coefficient of the two phases
    load: float = 1.0  # f
    quadrature: str = "exact"  # how the coefficient is taken inside an element

    def __post_init__(self) -> None:
        whole(self, "maps", least=1)
        whole(self, "validation", "test", "seed", least=0)
        flag(self, "patterns")
        whole(self, "cells", "coarse", least=2)
        positive = partial(several, self, rule="numbers > 0", fits=lambda v: is_number(v) and v > 0)
        positive("scales")
        positive("test_scales")
        several(self, "values", "two numbers > 0", lambda v: is_number(v) and v > 0, count=2)
        number(self, "load")
        choice(self, "quadrature", QUADRATURES)
        for scale in (*self.scales, *self.test_scales):
            fine_intervals(self.coarse, scale)

    @property
    def problem(self) -> dict[str, Any]:
        """What all samples of a folder share, whatever their number and scales."""
        names = ("cells", "coarse", "seed", "values", "load", "quadrature")
        return {name: getattr(self, name) for name in names}


class Job(NamedTuple):
    """One sample: its file in the folder, its seed or pattern, and its scales."""

    file: str
    of: int | str
    scales: tuple[float, ...]


def jobs(plan: Plan) -> Iterator[Job]:
    """All samples of a plan, in the order in which they are made."""
    for k, (part, count) in enumerate(zip(PARTS, (plan.maps, plan.validation, plan.test), strict=True)):
        scales = plan.scales if part == "train" else tuple(sorted({*plan.scales, *plan.test_scales}))
        for i in range(count):
            yield Job(f"{part}/{i:06d}.npz", plan.seed + k * APART + i, scales)
    if plan.patterns:
        for name in PATTERNS:
            yield Job(f"patterns/{name}.npz", name, tuple(sorted({*plan.scales, *plan.test_scales})))


def read_plan(folder: str | Path) -> Plan:
    """What a folder says it holds.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is no folder of samples.
    """
    path = Path(folder) / DESCRIPTION
    try:
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{os.fspath(folder)}: has no {DESCRIPTION}; `stsr homogenize data` makes it"
        ) from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: expected what `stsr homogenize data` writes: {error}") from None
