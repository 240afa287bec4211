"""Which voxels are cells, where no segmentation is given."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from stsr_core.measuring.isovalue import separating_value
from stsr_core.metrics.cells import Cells, Segmenter, numbered


class CellChoice(IntEnum):
    """Whether cells are measured, and which."""

    NONE = 0
    LARGEST = 1
    ALL = 2


def segmenter(cells: str | int | Segmenter | None) -> Segmenter | None:
    """The segmenter that a user names, or gives as a function.

    Parameters
    ----------
    cells : {"largest", "all"}, CellChoice or callable
        Otsu's threshold of the ground truth at that step for both, then the largest part of each, or
        all; or a function of the two volumes. None for no cells.

    Raises
    ------
    ValueError
        If it is another word or number.

    Examples
    --------
    >>> truth = np.array([[[9.0, 0.0, 9.0, 9.0]]])
    >>> segmenter("largest")(truth, truth - 1)[1].tolist()
    [[[False, False, True, True]]]
    """
    if cells is None or callable(cells):
        return cells
    known = {name.lower(): choice for name, choice in CellChoice.__members__.items()}
    choice = known.get(cells, cells) if isinstance(cells, str) else cells
    if choice not in tuple(CellChoice):
        raise ValueError(f"cells must be none, largest, all or a function, got {cells!r}")
    return {CellChoice.NONE: None, CellChoice.LARGEST: largest_cell, CellChoice.ALL: all_cells}[
        CellChoice(choice)
    ]


def cells_of(cells: str | int | Segmenter | None, spacing: Sequence[float]) -> Cells | None:
    """How cells are told on voxels so far apart (z, y, x); None and ValueError as of :func:`segmenter`."""
    segment = segmenter(cells)
    return None if segment is None else Cells(segment, spacing)


def all_cells(truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voxels above Otsu's threshold of the ground truth, in both (Z, Y, X); none where it is constant."""
    threshold = separating_value(truth)
    if threshold is None:
        return np.zeros(truth.shape, bool), np.zeros(truth.shape, bool)
    return truth > threshold, prediction > threshold


def largest_cell(truth: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest connected part of each of :func:`all_cells`."""
    a, b = (_largest(mask) for mask in all_cells(truth, prediction))
    return a, b


def _largest(mask: np.ndarray) -> np.ndarray:
    parts = numbered(mask)
    counts = np.bincount(parts.ravel())
    counts[0] = 0
    return (parts == counts.argmax()) & mask
