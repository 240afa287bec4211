"""Where an output lies: over an input, over another grid, or over the model's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_core.coordinates import VariableDomain, in_frame_of
from stsr_core.grid import Grid
from stsr_core.words import bounds_text

#: An input of which less lies in the model's box is taken for that of other data.
_LEAST_SHARE = 0.1


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


def training_grid(domain: VariableDomain, region: Grid | None = None) -> Grid | None:
    """The nodes that the samples of a variable were kept from; None if no node and no step was left out.

    Parameters
    ----------
    region : Grid, optional
        The nodes of an input over which the model is shown: only nodes in its box count, and None is returned
        where there are none. Where it reaches the last kept node it reaches the end of the whole grid, of
        which that node may fall short.

    Examples
    --------
    >>> from stsr_core.normalize import Normalization
    >>> whole = Grid((4, 4, 4))
    >>> kept = VariableDomain("p", whole.every(2), (0.0,), whole, (0.0,), Normalization(0.0, 1.0))
    >>> training_grid(kept, kept.grid).shape, training_grid(kept, Grid((2, 3, 1))).shape
    ((4, 4, 4), (2, 4, 1))
    """
    whole, kept = domain.full_grid, domain.grid
    if whole.matches(kept) and domain.full_times == domain.times:
        return None
    if region is None:
        return whole
    local = in_frame_of(region, whole)
    ranges = []
    for low, high, origin, kept_end, step, n in zip(
        local.origin, local.end, whole.origin, kept.end, whole.spacing, whole.shape, strict=True
    ):
        slack = 1e-4 * step
        first = max(0, math.ceil((low - slack - origin) / step))
        last = min(n - 1, math.floor((high + slack - origin) / step))
        ranges.append((first, n - 1 if high >= kept_end - slack else last))
    return whole.part(ranges) if all(first <= last for first, last in ranges) else None


def share_inside(region: Grid, trained: Grid) -> float:
    """Which share of the box of ``region``, 0 to 1, lies in that of the grid a model was trained on.

    Half a spacing of ``trained`` is forgiven. Both are taken as unrotated boxes; along an axis of a single
    node ``region`` lies inside or not.

    Examples
    --------
    >>> share_inside(Grid((5, 5, 9)), Grid((5, 5, 5)))
    0.5625
    """
    slack = 0.5 * np.array(trained.spacing)
    low, high = np.array(region.origin), np.array(region.end)
    first, last = np.array(trained.origin) - slack, np.array(trained.end) + slack
    inside = np.minimum(high, last) - np.maximum(low, first)
    extent = high - low
    shares = np.where(extent > 0, np.maximum(inside, 0) / np.where(extent > 0, extent, 1), inside >= 0)
    return float(np.prod(shares))


def other_grids(domains: Sequence[VariableDomain], base: int) -> tuple[str, ...]:
    """A sentence for every variable on another grid than the first, whose grid is shown."""
    shown = own_grid(domains[0], base)
    return tuple(
        f"{d.name} was trained on another grid than {domains[0].name} and is decoded on the grid of "
        f"{domains[0].name}"
        for d in domains
        if not own_grid(d, base).matches(shown)
    )


def beyond_the_trained(
    grid: Grid, domains: Sequence[VariableDomain], what: str, *, shown: bool = True
) -> tuple[str, ...]:
    """A sentence for every variable that was not trained on the whole box of ``grid``.

    Parameters
    ----------
    what : str
        What the grid is of, for the message.
    shown : bool
        Whether values are wanted in all of that box; if not, only what is refused counts.

    Raises
    ------
    ValueError
        If a variable was trained on hardly any of it: whatever came out would be made up, and the model is
        most likely that of other data.
    """
    remarks: dict[str, None] = {}  # an ordered set: variables on one grid say the same
    for domain in domains:
        trained = domain.full_grid
        share = share_inside(in_frame_of(grid, trained), trained)
        spans = f"the region spans {bounds_text(grid)}, the model {bounds_text(trained)}"
        if share == 0:
            raise ValueError(f"{what} lies outside the model: {spans}")
        if share < _LEAST_SHARE:
            raise ValueError(f"{what} barely overlaps the model, with {share:.1%} of its box: {spans}")
        if share < 1 and shown:
            remarks[f"values beyond the model's region are extrapolated: {spans}"] = None
    return tuple(remarks)
