"""Sizes, times and places in words, for every message and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what only speaks (`stsr --help`, `stsr-paraview`) does not wait for numpy
    from stsr_core.grid import Grid


def names_of(variables: str | Sequence[str] | None) -> tuple[str, ...]:
    """Names given as one or several; () for all.

    Examples
    --------
    >>> names_of("p"), names_of(["p", "T"]), names_of(None)
    (('p',), ('p', 'T'), ())
    """
    return (variables,) if isinstance(variables, str) else tuple(variables or ())


def duration(seconds: float) -> str:
    """Seconds in words.

    Examples
    --------
    >>> duration(7.25), duration(59.6), duration(95), duration(7384)
    ('7 s', '1 min 0 s', '1 min 35 s', '2 h 3 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def readable_bytes(count: int) -> str:
    """A size for people.

    Examples
    --------
    >>> readable_bytes(1536), readable_bytes(3 * 2**30)
    ('1.5 KiB', '3.0 GiB')
    """
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.1f} {unit}" if unit != "B" else f"{count} B"
        size /= 1024
    return f"{size:.1f} TiB"


def ordinal(n: int) -> str:
    """2nd, 3rd, 4th, …

    Examples
    --------
    >>> [ordinal(n) for n in (2, 3, 4, 11, 21)]
    ['2nd', '3rd', '4th', '11th', '21st']
    """
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def xyz(shape: tuple[int, int, int]) -> str:
    """A shape (Z, Y, X) as people say it: X×Y×Z."""
    return "×".join(str(n) for n in shape[::-1])


def node_count(grid: Grid) -> str:
    """Nodes X, Y, Z in words.

    Examples
    --------
    >>> from stsr_core.grid import Grid
    >>> node_count(Grid((2, 3, 4)))
    '4 x 3 x 2'
    """
    return " x ".join(str(n) for n in grid.shape[::-1])


def bounds_text(grid: Grid) -> str:
    """Extent along X, Y, Z in words.

    Examples
    --------
    >>> from stsr_core.grid import Grid
    >>> bounds_text(Grid((2, 3, 4)))
    'X 0 to 3, Y 0 to 2, Z 0 to 1'
    """
    ends = zip("XYZ", grid.origin[::-1], grid.end[::-1], strict=True)
    return ", ".join(f"{axis} {first:g} to {last:g}" for axis, first, last in ends)
