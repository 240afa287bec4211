"""A sample: a coefficient, the coarse solution, and fine solutions of it at several scales; one file each.

A sample follows from its seed (or the name of its pattern), scales and quadrature alone. What is stored are
physical values, float32; they are normalised where they are learned.

| array of the file | what                                                      |
|-------------------|-----------------------------------------------------------|
| ``A``             | uint8 (E, E), the phase of each cell                      |
| ``values``        | float64 (2,), the coefficient of phase 0 and of phase 1   |
| ``X``             | float32 (N+1, N+1), the solution on N×N elements          |
| ``Y_4``           | float32, the solution on 4N×4N elements; likewise others  |
| ``seed``, ``pattern``, ``f``, ``quad`` | what it follows from                 |
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import refined_count
from stsr_core.homogenization.coefficients import PHASES, of_phases, pattern, random_phases
from stsr_core.homogenization.diffusion import solve
from stsr_core.io.paths import replacing

#: Seed of a sample that is a pattern.
NO_SEED = -1


@dataclass(frozen=True)
class Sample:
    """One coefficient and its solutions.

    Parameters
    ----------
    phases : ndarray
        (E, E) uint8, 0 or 1.
    coarse : ndarray
        (N+1, N+1) float32.
    fine : mapping
        Scale → solution on ``intervals(N, scale)`` elements along each axis, float32.
    seed : int
        Of the random map, or :data:`NO_SEED`.
    pattern : str
        Name of the map, "" of a random one.
    values : (float, float)
        The coefficient of the two phases.
    load : float
        f.
    quadrature : str
    """

    phases: np.ndarray
    coarse: np.ndarray
    fine: Mapping[float, np.ndarray]
    seed: int = NO_SEED
    pattern: str = ""
    values: tuple[float, float] = PHASES
    load: float = 1.0
    quadrature: str = "exact"

    @property
    def coefficient(self) -> np.ndarray:
        """A (E, E) float64."""
        return of_phases(self.phases, self.values)


def fine_intervals(coarse: int, scale: float) -> int:
    """Intervals of the fine grid: round(N·scale), by the rule of :func:`stsr_core.grid.refined_count`.

    Raises
    ------
    ValueError
        If fewer than two are left, where there is no node inside.

    Examples
    --------
    >>> fine_intervals(32, 3.7)
    118
    """
    found = refined_count(coarse + 1, scale) - 1
    if found < 2 or coarse * scale < 1.5:
        raise ValueError(
            f"scale must leave at least 2 intervals, got {scale:g} of {coarse}, which is {coarse * scale:g}"
        )
    return found


def compute(
    of: int | str,
    *,
    cells: int,
    coarse: int,
    scales: Sequence[float],
    values: tuple[float, float] = PHASES,
    load: float = 1.0,
    quadrature: str = "exact",
) -> Sample:
    """The sample of a seed or of a pattern.

    Parameters
    ----------
    of : int or str
        Seed of a random map, or a name of :data:`stsr_core.homogenization.coefficients.PATTERNS`.
    cells, coarse : int
        E, and N.
    scales : sequence of float
        α of each fine solution.
    values, load, quadrature
        As of :class:`Sample`.

    Examples
    --------
    >>> sample = compute(0, cells=8, coarse=2, scales=[2, 4])
    >>> sample.coarse.shape, sample.fine[4].shape
    ((3, 3), (9, 9))
    """
    phases = pattern(of, cells) if isinstance(of, str) else random_phases(of, cells)
    coefficient = of_phases(phases, values)
    solutions = []
    for intervals in [coarse, *(fine_intervals(coarse, scale) for scale in scales)]:
        solutions.append(solve(coefficient, intervals, load, quadrature=quadrature).astype(np.float32))
    seed, name = (NO_SEED, of) if isinstance(of, str) else (of, "")
    fine = dict(zip(map(float, scales), solutions[1:], strict=True))
    return Sample(phases, solutions[0], fine, seed, name, values, load, quadrature)


def write(path: Path, sample: Sample) -> None:
    """Write a sample beside ``path`` and rename it there."""
    arrays: dict[str, Any] = {
        "A": sample.phases,
        "values": np.array(sample.values),
        "X": sample.coarse,
        "seed": np.int64(sample.seed),
        "pattern": np.str_(sample.pattern),
        "f": np.float64(sample.load),
        "quad": np.str_(sample.quadrature),
        **{f"Y_{scale:g}": values for scale, values in sample.fine.items()},
    }
    with replacing() as beside, open(beside(path), "wb") as stream:
        np.savez_compressed(stream, **arrays)


def read(path: Path, scales: Sequence[float] | None = None) -> Sample:
    """Read a sample, with the fine solutions that are asked for, or all.

    Raises
    ------
    ValueError
        If the file is no sample, damaged, or has not the scale; one sentence that names it.
    """
    try:
        with open(path, "rb") as stream, np.load(stream) as file:
            there = {float(name[2:]): name for name in file.files if name.startswith("Y_")}
            wanted = there if scales is None else {float(scale): "" for scale in scales}
            missing = [f"{scale:g}" for scale in wanted if scale not in there]
            if missing:
                found = ", ".join(f"{scale:g}" for scale in there)
                raise ValueError(f"{path}: has no solution at scale {', '.join(missing)}, but at {found}")
            low, high = file["values"].tolist()
            return Sample(
                file["A"],
                file["X"],
                {scale: file[there[scale]] for scale in wanted},
                int(file["seed"]),
                str(file["pattern"]),
                (low, high),
                float(file["f"]),
                str(file["quad"]),
            )
    except (zipfile.BadZipFile, KeyError, EOFError, TypeError) as error:
        raise ValueError(f"{path}: expected a sample of `stsr homogenize data`: {error}") from None
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: expected a sample of `stsr homogenize data`: {error}") from None
