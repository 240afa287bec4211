"""Coefficients of two phases on E×E cells: random maps, and thirteen that a formula gives.

``A[i, j]`` is the cell of row i in y and column j in x. The phases are 1 and 100 where nothing else is said.
"""

from __future__ import annotations

import numpy as np

from stsr_core.checks import is_number, is_whole

#: The published problem: 128 cells along an axis, phases 1 and 100.
CELLS = 128
PHASES = (1.0, 100.0)
#: Width in cells of squares and stripes, and number of waves.
_SIZES = (4, 8, 16)
_SIMPLE = tuple(f"{name}-{size}" for name in ("checkerboard", "wave", "stripes") for size in _SIZES)
#: The maps of :func:`pattern`. Stripes and waves have channels through the whole square: hard cases.
PATTERNS = (*_SIMPLE, *(f"mixed-{seed}" for seed in (1, 2, 3, 4)))


def random_phases(seed: int, cells: int = CELLS) -> np.ndarray:
    """Independent cells of phase 0 or 1 with probability ½ each.

    Parameters
    ----------
    seed : int
        Of numpy's default generator.
    cells : int
        E.

    Returns
    -------
    ndarray
        (E, E) uint8.

    Examples
    --------
    >>> random_phases(0, 2).tolist()
    [[1, 0], [0, 0]]
    """
    if not is_whole(seed, 0):
        raise ValueError(f"seed must be a whole number >= 0, got {seed!r}")
    drawn = np.random.default_rng(seed).random((checked_cells(cells), cells))
    return (drawn >= 0.5).astype(np.uint8)


def pattern(name: str, cells: int = CELLS) -> np.ndarray:
    """One of the maps that a formula gives, (E, E) uint8; phase 1 where its condition holds.

    ============== ==================================================================================
    checkerboard-p ⌊i/p⌋ + ⌊j/p⌋ is even
    wave-m         sin(2π(m·y + 0.25·sin(4πx))) > 0 at the centre (x, y) of a cell
    stripes-p      ⌊(i+j)/p⌋ is even
    mixed-s        each quadrant is that of one of the nine above, drawn with seed s
    ============== ==================================================================================

    Parameters
    ----------
    name : str
        One of :data:`PATTERNS`.
    cells : int
        E.

    Examples
    --------
    >>> pattern("stripes-4", 5)[0].tolist()
    [1, 1, 1, 1, 0]
    """
    if name not in PATTERNS:
        raise ValueError(f"pattern must be one of {', '.join(PATTERNS)}, got {name!r}")
    kind, _, number = name.partition("-")
    size = int(number)
    i, j = np.indices((checked_cells(cells), cells))
    if kind == "checkerboard":
        holds = (i // size + j // size) % 2 == 0
    elif kind == "stripes":
        holds = (i + j) // size % 2 == 0
    elif kind == "wave":
        y, x = (i + 0.5) / cells, (j + 0.5) / cells
        holds = np.sin(2 * np.pi * (size * y + 0.25 * np.sin(4 * np.pi * x))) > 0
    else:
        holds = np.zeros((cells, cells), dtype=bool)
        drawn = np.random.default_rng(size).choice(len(_SIMPLE), size=4)
        half = (slice(None, cells // 2), slice(cells // 2, None))
        for place, which in enumerate(drawn):
            quadrant = half[place // 2], half[place % 2]
            holds[quadrant] = pattern(_SIMPLE[which], cells)[quadrant]
    return holds.astype(np.uint8)


def of_phases(phases: np.ndarray, values: tuple[float, float] = PHASES) -> np.ndarray:
    """The coefficient (E, E) float64 of a map of phases 0 and 1.

    Parameters
    ----------
    phases : ndarray
        (E, E) of 0 and 1.
    values : (float, float)
        The coefficient of the two, > 0.

    Examples
    --------
    >>> of_phases(np.array([[0, 1]])).tolist()
    [[1.0, 100.0]]
    """
    if len(values) != 2 or not all(is_number(v) and v > 0 for v in values):
        raise ValueError(f"phases must be two finite numbers > 0, got {values}")
    return np.array(values, dtype=np.float64)[phases]


def random_cells(seed: int, cells: int = CELLS) -> np.ndarray:
    """The coefficient of :func:`random_phases`: 1 or 100 in each cell.

    Parameters
    ----------
    seed : int
        Of numpy's default generator.
    cells : int
        E.

    Examples
    --------
    >>> random_cells(0, 2).tolist()
    [[100.0, 1.0], [1.0, 1.0]]
    """
    return of_phases(random_phases(seed, cells))


def on_elements(coefficient: np.ndarray, intervals: int) -> np.ndarray | None:
    """A (E, E) on the elements of a grid, (N, N); None where an element has a part in several cells.

    Parameters
    ----------
    coefficient : ndarray
        A (E, E).
    intervals : int
        N.

    Examples
    --------
    >>> on_elements(np.array([[1, 2], [3, 4]]), 4)[0].tolist()
    [1, 1, 2, 2]
    >>> on_elements(np.array([[1, 2], [3, 4]]), 3) is None
    True
    """
    repeat, rest = divmod(intervals, len(coefficient))
    return None if rest else coefficient.repeat(repeat, axis=0).repeat(repeat, axis=1)


def checked_cells(cells: int) -> int:
    """Refuse a number of cells that is no whole number >= 2."""
    if not is_whole(cells, 2):
        raise ValueError(f"cells must be a whole number >= 2, got {cells!r}")
    return int(cells)
