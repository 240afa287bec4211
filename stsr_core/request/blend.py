"""Which members of a model are mixed, and how much of each: the choice a user makes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from stsr_core.series import refined_times


class BlendMode(IntEnum):
    """The values of the property Blend."""

    TWO = 0
    WEIGHTS = 1
    SWEEP = 2


#: The values of the property Interpolation, in order.
INTERPOLATIONS = ("linear", "spherical")


@dataclass(frozen=True)
class Shares:
    """Members and their weights, of sum 1; and a warning where they had to be changed."""

    weights: tuple[tuple[str, float], ...]
    warning: str = ""


@dataclass(frozen=True)
class BlendChoice:
    """What the user asked for; only what ``mode`` names counts.

    Parameters
    ----------
    mode : int
        A :class:`BlendMode`.
    first, second : str
        The two members; "" for the model's first, and for the one after ``first``.
    weight : float
        In [0, 1]: 0 is ``first`` alone, 1 is ``second`` alone.
    weights : str or tuple of (str, float)
        Like "run01=0.5, run02=0.5", or in pairs.
    interpolation : int
        Index into :data:`INTERPOLATIONS`.
    simulation_time : float
        The one time that a sweep shows.
    sweep_factor : float
        > 0: listed positions per member of a sweep.
    """

    mode: int = BlendMode.TWO
    first: str = ""
    second: str = ""
    weight: float = 0.5
    weights: str | tuple[tuple[str, float], ...] = ""
    interpolation: int = 0
    simulation_time: float = 0.0
    sweep_factor: float = 8.0

    @classmethod
    def of_weights(cls, blend: str | Mapping[str, float], interpolation: str) -> BlendChoice:
        """The mixture that a caller in Python names.

        Parameters
        ----------
        blend : str or mapping of str to float
            Like "run01=0.5, run02=0.5", or weights by member.
        interpolation : str
            One of :data:`INTERPOLATIONS`.

        Raises
        ------
        ValueError
            If it is another word.
        """
        if interpolation not in INTERPOLATIONS:
            raise ValueError(f"interpolation must be linear or spherical, got {interpolation!r}")
        weights = blend if isinstance(blend, str) else tuple((name, float(w)) for name, w in blend.items())
        return cls(BlendMode.WEIGHTS, weights=weights, interpolation=INTERPOLATIONS.index(interpolation))

    def check(self) -> None:
        """Raise ValueError for a number out of range; one sentence."""
        if self.mode not in tuple(BlendMode):
            raise ValueError(f"Blend must be 0 (two members), 1 (weights) or 2 (sweep), got {self.mode}")
        if self.interpolation not in range(len(INTERPOLATIONS)):
            raise ValueError(f"Interpolation must be 0 (linear) or 1 (spherical), got {self.interpolation}")
        if not 0 <= self.weight <= 1:
            raise ValueError(f"Weight must lie between 0 and 1, got {self.weight:g}")
        if not math.isfinite(self.simulation_time):
            raise ValueError(f"Simulation Time must be a finite number, got {self.simulation_time:g}")
        if not math.isfinite(self.sweep_factor) or self.sweep_factor <= 0:
            raise ValueError(f"Sweep Factor must be a finite number > 0, got {self.sweep_factor:g}")

    def members(self, known: Sequence[str], ticked: Sequence[str]) -> tuple[str, ...]:
        """The members that take part, of those the model knows and those that are ticked for a sweep.

        Raises
        ------
        ValueError
            If there are too few, or one that the model does not have.
        """
        self.check()
        if len(known) < 2:
            raise ValueError(f"there is nothing to interpolate between: the model has {known[0]} alone")
        if self.mode == BlendMode.SWEEP:
            if len(ticked) < 2:
                raise ValueError(f"a sweep needs two or more members, got {', '.join(ticked)}")
            return tuple(ticked)
        if self.mode == BlendMode.WEIGHTS:
            return tuple(_known(name, known) for name, _ in self._shares().weights)
        first = _known(self.first or known[0], known)
        after = known[(known.index(first) + 1) % len(known)]
        return tuple(dict.fromkeys((first, _known(self.second or after, known))))

    def positions(self, n_members: int) -> np.ndarray:
        """The listed positions of a sweep: 0 … n−1, each interval split.

        Examples
        --------
        >>> BlendChoice(sweep_factor=2).positions(3).tolist()
        [0.0, 0.5, 1.0, 1.5, 2.0]
        """
        return refined_times(np.arange(n_members), self.sweep_factor)

    def shares(self, members: Sequence[str], position: float) -> Shares:
        """Weights of ``members``; in a sweep at ``position`` between them, which is kept in range.

        Examples
        --------
        >>> BlendChoice(BlendMode.SWEEP).shares(["a", "b", "c"], 1.25).weights
        (('a', 0.0), ('b', 0.75), ('c', 0.25))
        """
        if self.mode == BlendMode.WEIGHTS:
            return self._shares()
        if self.mode == BlendMode.TWO:
            if len(members) == 1:  # twice the same
                return Shares(((members[0], 1.0),))
            return Shares(((members[0], 1.0 - self.weight), (members[1], self.weight)))
        last = len(members) - 1
        shown = min(max(position, 0.0), float(last))
        low = min(int(shown), last - 1)
        share = shown - low
        weights = {name: 0.0 for name in members}
        weights[members[low]], weights[members[low + 1]] = 1.0 - share, share
        outside = f"position {position:g} is outside the members 0 to {last}; showing {shown:g}"
        return Shares(tuple(weights.items()), "" if shown == position else outside)

    def _shares(self) -> Shares:
        return (
            parsed_weights(self.weights) if isinstance(self.weights, str) else checked_weights(self.weights)
        )


def parsed_weights(text: str) -> Shares:
    """Weights from text, made to sum to 1 with a warning if they do not.

    Raises
    ------
    ValueError
        If the text cannot be read, a member comes twice, a weight is negative or all are zero.

    Examples
    --------
    >>> parsed_weights("a=1, b=3")
    Shares(weights=(('a', 0.25), ('b', 0.75)), warning='the weights sum to 4, not 1; each was divided by 4')
    """
    pairs = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, number = (p.strip() for p in part.rpartition("="))
        try:
            weight = float(number)
        except ValueError:
            weight = math.nan
        if not name or not equals or not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"Weights must be like run01=0.5, run02=0.5 with numbers >= 0, got {part!r}")
        pairs.append((name, weight))
    return checked_weights(pairs)


def checked_weights(pairs: Sequence[tuple[str, float]]) -> Shares:
    """Weights by member, made to sum to 1 with a warning if they do not.

    Raises
    ------
    ValueError
        If there are none, a member comes twice, a weight is negative or not finite, or all are zero.
    """
    weights: dict[str, float] = {}
    for name, weight in pairs:
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"Weights must be finite numbers >= 0, got {weight:g} for {name}")
        if name in weights:
            raise ValueError(f"Weights must name each member once, got {name} twice")
        weights[name] = float(weight)
    if not weights:
        raise ValueError("Weights must be like run01=0.5, run02=0.5, got nothing")
    total = math.fsum(weights.values())
    if total == 0:
        raise ValueError("at least one of the Weights must be > 0, got only zeros")
    if math.isclose(total, 1.0, abs_tol=1e-6):
        return Shares(tuple(weights.items()))
    warning = f"the weights sum to {total:g}, not 1; each was divided by {total:g}"
    return Shares(tuple((name, weight / total) for name, weight in weights.items()), warning)


def _known(name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise ValueError(f"the model has no member {name!r}; it has {', '.join(known)}")
    return name
