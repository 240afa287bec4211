"""Arrays wanted beside the values of a variable: how it moves, and how far its values may be off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np


class Quantity(Enum):
    """What an array says of a variable; the value is the end of the array's name."""

    VALUE = ""
    #: Velocity of what passes each node: vectors (x, y, z), length per time.
    MOTION = "motion"
    STANDARD_ERROR = "standard_error"
    #: Half the width of the 90 % interval; what :attr:`LOWER` and :attr:`UPPER` are made of.
    HALF_WIDTH = "half_width"
    LOWER = "lower"
    UPPER = "upper"

    def array(self, variable: str) -> str:
        """The name of the array.

        Examples
        --------
        >>> Quantity.STANDARD_ERROR.array("p"), Quantity.VALUE.array("p")
        ('p_standard_error', 'p')
        """
        return f"{variable}_{self.value}" if self.value else variable

    def dtype(self, of: str) -> str:
        """The type of the array, for a variable of type ``of``; that of vectors has a shape.

        Examples
        --------
        >>> Quantity.MOTION.dtype("uint8"), Quantity.STANDARD_ERROR.dtype("uint8")
        ('(3,)float32', 'float32')
        >>> Quantity.LOWER.dtype("uint8"), Quantity.LOWER.dtype("float64")
        ('float32', 'float64')
        """
        if self is Quantity.VALUE:
            return of
        if self is Quantity.MOTION:
            return "(3,)float32"
        if self in (Quantity.LOWER, Quantity.UPPER):  # as exact as the values they stand around
            return np.result_type(of, np.float32).name
        return "float32"


class Uncertainty(IntEnum):
    """The values of the property Uncertainty."""

    NONE = 0
    STANDARD = 1
    INTERVAL = 2


_ERRORS = {
    Uncertainty.NONE: (),
    Uncertainty.STANDARD: (Quantity.STANDARD_ERROR,),
    Uncertainty.INTERVAL: (Quantity.STANDARD_ERROR, Quantity.LOWER, Quantity.UPPER),
}
_TITLES = {
    Uncertainty.NONE: (),
    Uncertainty.STANDARD: ("standard error",),
    Uncertainty.INTERVAL: ("standard error", "90 % interval"),
}


@dataclass(frozen=True)
class Extras:
    """What the user asked for beside the values.

    Parameters
    ----------
    motion : bool
        Add the vectors ``NAME_motion`` of each variable.
    uncertainty : int
        An :class:`Uncertainty`: add ``NAME_standard_error``, and with the interval ``NAME_lower`` and
        ``NAME_upper``.

    Examples
    --------
    >>> [quantity.array("p") for quantity in Extras(motion=True, uncertainty=1).quantities]
    ['p', 'p_motion', 'p_standard_error']
    """

    motion: bool = False
    uncertainty: int = Uncertainty.NONE

    def check(self) -> None:
        """Raise ValueError for an unknown choice; one sentence."""
        if self.uncertainty not in tuple(Uncertainty):
            raise ValueError(
                "Uncertainty must be 0 (none), 1 (standard error) or 2 (standard error and 90 % interval), "
                f"got {self.uncertainty}"
            )

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The arrays of each variable, its values first."""
        motion = (Quantity.MOTION,) if self.motion else ()
        return (Quantity.VALUE, *motion, *_ERRORS[Uncertainty(self.uncertainty)])

    @property
    def title(self) -> str:
        """What is added, in words; "" for nothing.

        Examples
        --------
        >>> Extras(motion=True, uncertainty=Uncertainty.INTERVAL).title
        'motion, standard error, 90 % interval'
        """
        motion = ("motion",) if self.motion else ()
        return ", ".join((*motion, *_TITLES[Uncertainty(self.uncertainty)]))


def speed_unit(length_unit: str, time_unit: str) -> str:
    """The unit of motion, "" unless both are known; a time unit may name its epoch.

    Examples
    --------
    >>> speed_unit("m", "s"), speed_unit("km", "days since 1970-01-01"), speed_unit("", "s")
    ('m/s', 'km/days', '')
    """
    return f"{length_unit}/{time_unit.split(' since ')[0]}" if length_unit and time_unit else ""


def without_extras(names: list[str], variables: list[str]) -> list[str]:
    """Those of ``names`` that are no array beside the values of one of ``variables``.

    Examples
    --------
    >>> without_extras(["p", "p_motion_X", "p_lower", "q_lower"], ["p"])
    ['p', 'q_lower']
    """
    suffixes = [q.value for q in Quantity if q.value and q is not Quantity.MOTION]
    suffixes += [f"{Quantity.MOTION.value}_{axis}" for axis in "XYZ"]
    extras = {f"{variable}_{suffix}" for variable in variables for suffix in suffixes}
    return [name for name in names if name not in extras]
