"""Arrays of a prediction and of its ground truth that belong together, and where they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stsr_core.grid import Grid
from stsr_core.request.extras import without_extras
from stsr_core.words import bounds_text, node_count


@dataclass(frozen=True)
class Pair:
    """One variable of a prediction and of its ground truth at one step.

    Parameters
    ----------
    name : str
        What the ground truth calls it.
    predicted_as : str
        What the prediction calls it.
    truth, prediction : ndarray
        (Z, Y, X) on the grid of the ground truth, in physical units.
    mask : ndarray of bool
        (Z, Y, X), True where the two are compared: a valid point of both where both are finite.
    unit : str
    """

    name: str
    predicted_as: str
    truth: np.ndarray
    prediction: np.ndarray
    mask: np.ndarray
    unit: str = ""


def pair_of(
    names: tuple[str, str],
    truth: np.ndarray,
    prediction: np.ndarray,
    remarks: list[str],
    *,
    valid: np.ndarray | None = None,
    unit: str = "",
) -> Pair | None:
    """The pair, compared where both are finite; None where that is nowhere.

    Parameters
    ----------
    names : (str, str)
        What the prediction and what the ground truth calls it.
    truth, prediction : ndarray
        (Z, Y, X).
    remarks : list of str
        Grows by what is left out.
    valid : ndarray of bool, optional
        (Z, Y, X), True at points that may be compared; all by default.

    Examples
    --------
    >>> remarks = []
    >>> pair_of(("u", "u"), np.array([[[1.0, 2.0]]]), np.array([[[1.0, np.nan]]]), remarks).mask.tolist()
    [[[True, False]]]
    >>> remarks
    ['u: the prediction is not finite at 1 points, which are left out']
    """
    predicted_as, name = names
    finite, known = np.isfinite(prediction), np.isfinite(truth)
    if valid is not None:
        known &= valid
    mask = known & finite
    if not mask.any():
        whose = "ground truth" if not known.any() else "prediction"
        remarks.append(f"{name}: the {whose} holds no finite value, so there is nothing to compare")
        return None
    lost = int(np.count_nonzero(known & ~finite))
    if lost:
        remarks.append(f"{name}: the prediction is not finite at {lost} points, which are left out")
    return Pair(name, predicted_as, truth, prediction, mask, unit)


def paired_names(
    predicted: Sequence[str], true: Sequence[str], remarks: list[str], *, remedy: str
) -> list[tuple[str, str]]:
    """(name in the prediction, name in the ground truth) of what is compared, in the order of the latter.

    Names that both have, or the one variable of each, whatever they are called. What stands beside the values
    of a variable, such as its motion, is none.

    Parameters
    ----------
    remarks : list of str
        Grows by what only one of them has.
    remedy : str
        What a user can do where nothing belongs together.

    Raises
    ------
    ValueError
        No name is in both, and one of them has several.

    Examples
    --------
    >>> paired_names(["u", "u_motion_X"], ["T"], remarks := [], remedy=""), remarks
    ([('u', 'T')], ["the prediction's u is compared with the ground truth's T"])
    """
    pairs = same_or_only(predicted, true)
    if not pairs:
        raise ValueError(
            f"no variable is in both inputs: the prediction has {', '.join(predicted)}, the ground truth "
            f"{', '.join(true)}; {remedy}"
        )
    common = [name for _, name in pairs if name in predicted]
    if not common:
        ((alone, name),) = pairs
        remarks.append(f"the prediction's {alone} is compared with the ground truth's {name}")
        return pairs
    for which, missing in (
        ("ground truth", without_extras([n for n in predicted if n not in true], common)),
        ("prediction", [n for n in true if n not in predicted]),
    ):
        if missing:
            remarks.append(f"not in the {which} and so not compared: {', '.join(missing)}")
    return pairs


def same_or_only(predicted: Sequence[str], true: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of :func:`paired_names`; none where no name is in both and one of them has several.

    Examples
    --------
    >>> same_or_only("ab", "bc"), same_or_only("a", "c"), same_or_only("ab", "c")
    ([('b', 'b')], [('a', 'c')], [])
    """
    common = [(name, name) for name in true if name in predicted]
    alone = without_extras(list(predicted), list(predicted))
    return [(alone[0], true[0])] if not common and len(alone) == len(true) == 1 else common


def require_same_nodes(prediction: Grid, truth: Grid, *, remedy: str) -> None:
    """ValueError unless both grids have the same nodes; other points must not be subtracted.

    Parameters
    ----------
    remedy : str
        What a user can do about it.
    """
    if not prediction.matches(truth):
        raise ValueError(
            f"the grids differ: {_described(prediction)} in the prediction, {_described(truth)} in the "
            f"ground truth; {remedy}"
        )


def _described(grid: Grid) -> str:
    return f"{node_count(grid)} nodes over {bounds_text(grid)}"
