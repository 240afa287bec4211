"""Which two images are coded together, and which pairs a codec learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from stsr_core.imagecodec.images import Record
from stsr_core.imagecodec.network.positional import parameters_of
from stsr_core.imagecodec.views import directions_of

PAIRINGS = ("paper", "nearest", "time")
SUBSETS = ("all", "paper")
#: Of a step's views: elevation and azimuth.
Views = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class ImagePair:
    """Two images of one variable, of one time or from one view; one that is left over is both."""

    left: Record
    right: Record

    @property
    def images(self) -> tuple[Record, ...]:
        """The one or two that there are."""
        return (self.left,) if self.left == self.right else (self.left, self.right)


def pairs_of(records: Sequence[Record], pairing: str = "paper") -> list[ImagePair]:
    """All pairs, by variable, time and the elevation of the left one.

    Parameters
    ----------
    records : sequence of Record
    pairing : {"paper", "nearest", "time"}
        Of one time neighbours in the order of θ, then φ (so FCNR, where they are 53° apart on average), or
        the two that look from the nearest directions, the nearest ones first; or one view at one time and
        at the next, so that the latents of the former predict those of the latter.

    Raises
    ------
    ValueError
        On another word.

    Examples
    --------
    >>> views = [(0.0, 90.0), (0.0, 0.0), (-60.0, 0.0), (0.0, 80.0)]
    >>> pairs = pairs_of([Record(1.0, theta, phi, "v") for theta, phi in views])
    >>> [(p.left.theta, p.left.phi, p.right.theta, p.right.phi) for p in pairs]
    [(-60.0, 0.0, 0.0, 0.0), (0.0, 80.0, 0.0, 90.0)]
    """
    if pairing not in PAIRINGS:
        raise ValueError(f"pairing must be one of {', '.join(PAIRINGS)}, got {pairing!r}")
    ordered = sorted(records, key=lambda record: record.key)
    if pairing == "time":
        ordered.sort(key=_view)  # stable: each view's times stay in their order
    pairs = []
    for _, group in groupby(ordered, key=_view if pairing == "time" else _step):
        some = list(group)
        if pairing == "nearest":
            places = _nearest(tuple((r.theta, r.phi) for r in some))
        else:
            places = tuple((i, min(i + 1, len(some) - 1)) for i in range(0, len(some), 2))
        pairs += [ImagePair(some[i], some[j]) for i, j in places]
    return sorted(pairs, key=lambda pair: pair.left.key)


def _step(record: Record) -> tuple[str, float]:
    return record.variable, record.time


def _view(record: Record) -> tuple[str, float, float]:
    return record.variable, record.theta, record.phi


@lru_cache(maxsize=8)
def _nearest(views: Views) -> tuple[tuple[int, int], ...]:
    """Greedy matching by the angle between directions; every step of a database has the same views."""
    directions = directions_of(np.array(views))
    first, second = np.triu_indices(len(views), k=1)
    order = np.argsort(-(directions[first] * directions[second]).sum(1), kind="stable")
    free = [True] * len(views)
    found = []
    for i, j in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if free[i] and free[j]:
            free[i] = free[j] = False
            found.append((i, j))
    found += [(i, i) for i, alone in enumerate(free) if alone]
    return tuple(sorted(found))


def learned_from(pairs: Sequence[ImagePair], subset: str) -> tuple[list[ImagePair], list[ImagePair]]:
    """The pairs that a codec learns from, and the others.

    Parameters
    ----------
    pairs : sequence of ImagePair
        As of :func:`pairs_of`.
    subset : {"all", "paper"}
        Everything; or, as FCNR, every third time from the first on and every second pair of each, a sixth.

    Raises
    ------
    ValueError
        On another word.
    """
    if subset not in SUBSETS:
        raise ValueError(f"subset must be one of {', '.join(SUBSETS)}, got {subset!r}")
    if subset == "all":
        return list(pairs), []
    kept_times = set(sorted({pair.left.time for pair in pairs})[::3])
    learned: list[ImagePair] = []
    others: list[ImagePair] = []
    for _, group in groupby(pairs, key=lambda p: (p.left.variable, p.left.time)):
        for place, pair in enumerate(group):
            taken = place % 2 == 0 and pair.left.time in kept_times
            (learned if taken else others).append(pair)
    return learned, others


def parameters(record: Record, times: Sequence[float]) -> tuple[float, float, float]:
    """What the network knows of an image: order of its time, elevation and azimuth, each up to 1."""
    return parameters_of(list(times).index(record.time) + 1, len(times), record.theta, record.phi)
