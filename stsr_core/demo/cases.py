"""The series of the demo: one that a formula gives at any resolution, and one that physics makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stsr_core.demo.files import NAMES
from stsr_core.kept import Kept

if TYPE_CHECKING:
    from stsr_core.series import VolumeSeries

TEMPORAL_GAP = 3  # every 4th step is kept


@dataclass(frozen=True)
class Case:
    """One series and what it may cost.

    Parameters
    ----------
    name : str
        Of the folder and of the variable.
    n_steps : int
        Steps of the full series.
    make : callable
        Makes it.
    kept : Kept
        What is kept of it.
    share : float
        Share of the time to learn that the first case has.
    making : str
        What making it is, in words; "" where it takes no time.
    """

    name: str
    n_steps: int
    make: Callable[[], VolumeSeries]
    kept: Kept
    share: float = 1.0
    making: str = ""


def cases(nodes: int, n_steps: int) -> tuple[Case, ...]:
    """The tornado, nodes³; and a turbulent flow of half the nodes and a third of the steps, simulated.

    Of the flow every voxel is kept: it has structures as small as its grid can hold, which no method could
    find again between voxels that are left out.

    Raises
    ------
    ValueError
        Fewer than 4 nodes or 6 steps.
    """
    from stsr_core.datasets import tornado, vortex

    if nodes < 4 or n_steps < 6:
        raise ValueError(f"the demo needs at least 4 nodes and 6 steps, got {nodes} and {n_steps}")
    half, third = max(8, nodes // 4 * 2), max(6, n_steps // 3 + 1)
    return (
        Case(
            NAMES[0],
            n_steps,
            lambda: tornado((nodes,) * 3, np.arange(n_steps, dtype=np.float64)),
            Kept(2, TEMPORAL_GAP),
        ),
        Case(
            NAMES[1],
            third,
            lambda: vortex(half, third),
            Kept(1, TEMPORAL_GAP),
            share=0.25,
            making="simulating a turbulent flow",
        ),
    )
