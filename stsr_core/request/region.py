"""Where an output lies: over an input, over another grid, or over the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_core.coordinates import VariableDomain, in_frame_of
from stsr_core.grid import Grid
from stsr_core.words import bounds_text


class BaseGrid(IntEnum):
    """The values of the property BaseGrid."""

    ORIGINAL = 0
    KEPT = 1


@dataclass(frozen=True)
class Region:
    """The input over which a model is shown.

    Parameters
    ----------
    grid : Grid
        What factor, dimensions and spacing refer to.
    times : tuple of float
        Time steps of the input, () if it has none.
    """

    grid: Grid
    times: tuple[float, ...] = ()


def own_grid(domain: VariableDomain, base: int) -> Grid:
    """The grid of a variable that factor, dimensions and spacing refer to where there is no input.

    Parameters
    ----------
    base : int
        A :class:`BaseGrid`: the original grid or the kept nodes.

    Raises
    ------
    ValueError
        If ``base`` is none of them.
    """
    if base not in tuple(BaseGrid):
        raise ValueError(f"Base Grid must be 0 (original) or 1 (kept nodes), got {base}")
    return domain.full_grid if base == BaseGrid.ORIGINAL else domain.grid


def overlap(region: Grid, trained: Grid) -> str:
    """How ``region`` lies to the grid a model was trained on: "inside", "beyond" or "outside".

    Half a spacing of ``trained`` is forgiven. Both are taken as unrotated boxes.
    """
    slack = 0.5 * np.array(trained.spacing)
    low, high = np.array(region.origin), np.array(region.end)
    first, last = np.array(trained.origin) - slack, np.array(trained.end) + slack
    if np.any(high < first) or np.any(low > last):
        return "outside"
    return "inside" if np.all(low >= first) and np.all(high <= last) else "beyond"


def other_grids(domains: Sequence[VariableDomain], base: int) -> tuple[str, ...]:
    """A sentence for every variable on another grid than the first, whose grid is shown."""
    shown = own_grid(domains[0], base)
    return tuple(
        f"{d.name} was trained on another grid than {domains[0].name} and is decoded on the grid of "
        f"{domains[0].name}"
        for d in domains
        if not own_grid(d, base).matches(shown)
    )


def beyond_the_trained(grid: Grid, domains: Sequence[VariableDomain], what: str) -> tuple[str, ...]:
    """A sentence for every variable that was not trained on the whole box of ``grid``.

    Parameters
    ----------
    what : str
        What the grid is of, for the message.

    Raises
    ------
    ValueError
        If a variable was trained on none of it: whatever came out would be made up.
    """
    remarks: dict[str, None] = {}  # an ordered set: variables on one grid say the same
    for domain in domains:
        trained = domain.full_grid
        where = overlap(in_frame_of(grid, trained), trained)
        spans = f"the region spans {bounds_text(grid)}, the model {bounds_text(trained)}"
        if where == "outside":
            raise ValueError(f"{what} lies outside the model: {spans}")
        if where == "beyond":
            remarks[f"values beyond the model's region are extrapolated: {spans}"] = None
    return tuple(remarks)
