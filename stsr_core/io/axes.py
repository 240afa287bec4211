"""Axes of files: which is which, evenly spaced positions, and the times of the steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stsr_core.grid import Grid

#: Names by which files call their axes, in lower case.
_NAMES = {
    "T": {"t", "time", "times", "timestep", "time_step", "step", "steps"},
    "Z": {"z", "depth", "level", "lev", "height", "altitude", "zc", "plev"},
    "Y": {"y", "lat", "latitude", "northing", "yc"},
    "X": {"x", "lon", "longitude", "easting", "xc"},
}


def axes_from_names(names: Sequence[str], source: str) -> str:
    """Axis letters of a data set by the names of its axes.

    Where no name tells anything, the order is (T, Z, Y, X), or (Z, Y, X) with three axes. One axis without a
    name beside three known ones is the fourth.

    Raises
    ------
    ValueError
        If some axes are known and others are not, or one is there twice.

    Examples
    --------
    >>> axes_from_names(["lon", "lat", "time"], "a.nc"), axes_from_names(["", "", ""], "a.h5")
    ('XYT', 'ZYX')
    """
    letters = [next((k for k, known in _NAMES.items() if n.lower() in known), "") for n in names]
    if not any(letters):
        return "TZYX"[-len(names) :]
    if len(names) == 4 and letters.count("") == 1 and names[letters.index("")] == "":
        letters[letters.index("")] = next(k for k in "TZYX" if k not in letters)
    if not all(letters):
        unknown = names[letters.index("")]
        raise ValueError(
            f"{source}: cannot tell which axis {unknown!r} is among {list(names)}; pass axes, e.g. "
            f'axes="{"TZYX"[-len(names) :]}"'
        )
    return checked_axes("".join(letters), len(names), source)


def checked_axes(axes: str, rank: int, source: str) -> str:
    """Axis letters in upper case, one for each of ``rank`` axes.

    Raises
    ------
    ValueError
        If a letter is not one of T, Z, Y, X, comes twice, or their number is not ``rank``.
    """
    letters = axes.upper()
    if len(letters) != rank or len(set(letters)) != rank or set(letters) - set("TZYX"):
        raise ValueError(
            f"{source}: axes must name each of its {rank} axes once with the letters T, Z, Y, X, got {axes!r}"
        )
    return letters


def even_axis(positions: np.ndarray, axis: str, source: str) -> tuple[float, float, bool]:
    """First position, spacing and direction of evenly spaced positions.

    Returns
    -------
    origin : float
        The lowest position.
    spacing : float
        > 0; 1.0 for a single position.
    descending : bool
        True when the positions run downwards.

    Raises
    ------
    ValueError
        If a position is off its even place by more than 1e-4 of the spacing (and the rounding of its type).

    Examples
    --------
    >>> even_axis(np.array([4.0, 2.0, 0.0]), "x", "a.vtr")
    (0.0, 2.0, True)
    """
    p = np.asarray(positions, dtype=np.float64)
    if not np.all(np.isfinite(p)):
        raise ValueError(f"{source}: the positions along {axis} must be finite numbers")
    if len(p) == 1:
        return float(p[0]), 1.0, False
    spacing = (p[-1] - p[0]) / (len(p) - 1)
    rounding = np.finfo(positions.dtype).eps if positions.dtype.kind == "f" else 0.0
    tolerance = 1e-4 * abs(spacing) + 4 * rounding * np.abs(p).max()
    even = p[0] + spacing * np.arange(len(p))
    if spacing == 0 or np.abs(p - even).max() > tolerance:
        intervals = np.diff(p)
        raise ValueError(
            f"{source}: the {axis} axis must be evenly spaced, but its intervals range from "
            f"{intervals.min():g} to {intervals.max():g}"
        )
    return float(min(p[0], p[-1])), float(abs(spacing)), bool(spacing < 0)


def choose_times(
    given: Sequence[float] | np.ndarray | None, found: Sequence[float | None], source: str
) -> np.ndarray:
    """Times of the steps: those given, else those found in every file, else 0, 1, 2, …

    Times that are the same in all of several files say nothing and are passed over.

    Raises
    ------
    ValueError
        If the number of times given is not the number of steps.

    Examples
    --------
    >>> choose_times(None, [0.5, None], "run/*.vti").tolist()
    [0.0, 1.0]
    """
    count = len(found)
    if given is not None:
        times = np.asarray(given, dtype=np.float64).reshape(-1)
        if len(times) != count:
            raise ValueError(
                f"{source}: times must hold one value for each of {count} steps, got {len(times)}"
            )
        return times
    known = [t for t in found if t is not None]
    if len(known) < count or (count > 1 and len(set(known)) == 1):
        return np.arange(count, dtype=np.float64)
    times = np.array(known, dtype=np.float64)
    backward = np.flatnonzero(~(np.diff(times) > 0))
    if len(backward):
        i = int(backward[0])
        raise ValueError(
            f"{source}: times must increase from step to step, but step {i} is at {times[i]:g} and step "
            f"{i + 1} at {times[i + 1]:g}; pass times"
        )
    return times


def selected(available: dict[str, str], wanted: Sequence[str] | None, source: str) -> list[str]:
    """The variables asked for, in the order asked; all of them when ``wanted`` is None.

    Parameters
    ----------
    available : dict
        Variable name → name of the array it comes from; either may be asked for.

    Raises
    ------
    ValueError
        If a name is not there; the message lists what is.
    """
    if wanted is None:
        return list(available)
    chosen: list[str] = []
    for name in [wanted] if isinstance(wanted, str) else wanted:
        found = [name] if name in available else [v for v, array in available.items() if array == name]
        if not found:
            raise ValueError(f"{source}: no variable {name!r}; it has {', '.join(available) or 'none'}")
        chosen += [v for v in found if v not in chosen]
    return chosen


def check_same_grid(found: Grid, expected: Grid, source: str, first: str) -> None:
    """Raise ValueError, naming both files, unless two steps have the same grid."""
    if found.matches(expected):
        return
    parts = {
        "shape (Z, Y, X)": (expected.shape, found.shape),
        "spacing (z, y, x)": (expected.spacing, found.spacing),
        "origin (z, y, x)": (expected.origin, found.origin),
        "direction": (expected.direction, found.direction),
    }
    # A part that differs by rounding is not the one to name.
    unlike = [k for k, (a, b) in parts.items() if not np.allclose(a, b, rtol=1e-6, atol=0)] or list(parts)[1:]
    a, b = parts[unlike[0]]
    raise ValueError(f"{source}: expected {unlike[0]} = {a} as in {first}, found {b}")
