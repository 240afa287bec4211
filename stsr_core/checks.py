"""What the entries of a configuration may be: one sentence names the entry, the rule and the value seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any


def is_whole(value: Any, least: int) -> bool:
    """True for whole numbers from ``least`` on, numpy's too; neither for True and False nor for 2.0.

    Examples
    --------
    >>> is_whole(2, 1), is_whole(0, 1), is_whole(2.0, 1), is_whole(True, 1)
    (True, False, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_number(value: Any) -> bool:
    """True for finite real numbers; not for True and False.

    Examples
    --------
    >>> is_number(2), is_number(-0.5), is_number(float("nan")), is_number("2"), is_number(True)
    (True, True, False, False, False)
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def axis_letters(axes: Any) -> str:
    """The axes that a text names, by letters with or without commas, in the order z, y, x.

    Examples
    --------
    >>> axis_letters("x, Z"), axis_letters("yx"), axis_letters("")
    ('zx', 'yx', '')
    """
    letters = set(axes.lower()) - set(", ") if isinstance(axes, str) else {""}
    if not letters <= set("zyx"):
        raise ValueError(f"periodic must name axes among z, y, x, got {axes!r}")
    return "".join(axis for axis in "zyx" if axis in letters)


def whole(entries: Any, *names: str, least: int) -> None:
    """Each of the named attributes of ``entries`` must be a whole number >= ``least``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> whole(SimpleNamespace(width=1.5), "width", least=1)
    Traceback (most recent call last):
    ValueError: width must be a whole number >= 1, got 1.5
    """
    for name in names:
        value = getattr(entries, name)
        if not is_whole(value, least):
            kind = "" if isinstance(value, Integral) and not isinstance(value, bool) else "a whole number "
            raise ValueError(f"{name} must be {kind}>= {least}, got {value!r}")
        object.__setattr__(entries, name, int(value))  # a numpy integer is no JSON value


def number(
    entries: Any, *names: str, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> None:
    """Each of the named attributes of ``entries`` must be a finite number within the bounds.

    Parameters
    ----------
    above, least, most : float, optional
        It must be greater than ``above``, or not less than ``least``, and not more than ``most``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> number(SimpleNamespace(omega=0), "omega", above=0)
    Traceback (most recent call last):
    ValueError: omega must be > 0, got 0
    >>> number(SimpleNamespace(omega="x"), "omega", above=0)
    Traceback (most recent call last):
    ValueError: omega must be a finite number > 0, got 'x'
    """
    bound = f"> {above:g}" if above > -math.inf else f">= {least:g}" if least > -math.inf else ""
    for name in names:
        value = getattr(entries, name)
        if not (is_number(value) and value > above and least <= value <= most):
            rule = f"be {bound}" if is_number(value) else f"be a finite number {bound}".rstrip()
            if most < math.inf:
                rule = f"lie in [{least:g}, {most:g}]"
            raise ValueError(f"{name} must {rule}, got {value!r}")
        if not isinstance(value, int | float):
            object.__setattr__(entries, name, float(value))  # numpy's float32 is no JSON value


def choice(entries: Any, name: str, allowed: Sequence[str]) -> None:
    """The named attribute of ``entries`` must be one of some words."""
    value = getattr(entries, name)
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def flag(entries: Any, *names: str) -> None:
    """Each of the named attributes of ``entries`` must be True or False."""
    for name in names:
        value = getattr(entries, name)
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {value!r}")


def several(
    entries: Any, name: str, rule: str, fits: Callable[[Any], bool], count: int | None = None
) -> None:
    """The named attribute of ``entries`` must be a list or tuple of values that fit; it becomes a tuple.

    Parameters
    ----------
    rule : str
        What it must be, in words.
    count : int, optional
        How many; one or more by default.
    """
    value = getattr(entries, name)
    values = tuple(value) if isinstance(value, list | tuple) else value
    if (
        not isinstance(values, tuple)
        or len(values) != (count or max(1, len(values)))
        or not all(fits(v) for v in values)
    ):
        raise ValueError(f"{name} must be {rule}, got {values!r}")
    object.__setattr__(entries, name, tuple(int(v) if isinstance(v, Integral) else float(v) for v in values))
