"""Values kept within the range of the training data: the choice a user makes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum

from stsr_core.normalize import Normalization

#: A range whose end lies this near to zero, as a share of its length, touches it.
_NEAR = 1e-6


class Clamp(IntEnum):
    """The values of the property Clamp."""

    AUTOMATIC = 0
    OFF = 1
    ON = 2


def check_clamp(clamp: int) -> None:
    """Raise ValueError for an unknown choice; one sentence."""
    if clamp not in tuple(Clamp):
        raise ValueError(f"Clamp must be 0 (automatic), 1 (off) or 2 (on), got {clamp}")


def limits_of(clamp: int, parts: Sequence[tuple[float, Normalization]]) -> tuple[float, float] | None:
    """Least and greatest value of an array, of which one may be infinite; None if any value may be.

    Parameters
    ----------
    clamp : int
        A :class:`Clamp`. Automatic keeps data that touches zero on its side of it and does nothing else: a
        concentration does not become negative, but its peak may lie between the samples that were kept.
    parts : sequence of (float, Normalization)
        Weights, of sum 1, and value ranges of the variables in the array.

    Examples
    --------
    >>> limits_of(Clamp.AUTOMATIC, [(1.0, Normalization(0.0, 4.0))])
    (0.0, inf)
    >>> limits_of(Clamp.ON, [(0.5, Normalization(-1.0, 4.0)), (0.5, Normalization(-2.0, 2.0))])
    (-1.5, 3.0)
    """
    if clamp == Clamp.OFF:
        return None
    low = sum(weight * n.low for weight, n in parts)
    high = sum(weight * n.high for weight, n in parts)
    if clamp == Clamp.AUTOMATIC:
        low = low if all(_touches(n.low, n) for _, n in parts) else -math.inf
        high = high if all(_touches(n.high, n) for _, n in parts) else math.inf
    return None if math.isinf(low) and math.isinf(high) else (low, high)


def _touches(end: float, of: Normalization) -> bool:
    return abs(end) <= _NEAR * (of.high - of.low)
