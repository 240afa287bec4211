"""What a database of images offers, however it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from stsr_core.checks import is_number
from stsr_core.imagecodec.views import angle_between


@dataclass(frozen=True)
class Record:
    """One image of a database: what it shows, and from where.

    Parameters
    ----------
    time : float
        Physical time.
    theta, phi : float
        Elevation in [-90, 90] and azimuth in [-180, 180] of the camera, degrees; see
        :mod:`stsr_core.imagecodec.views`.
    variable : str
        What is shown.
    file : str
        Where the image is, relative to the database; "" before it is written.

    Raises
    ------
    ValueError
        If a number is not finite or an angle lies outside its range.
    """

    time: float
    theta: float
    phi: float
    variable: str
    file: str = ""

    def __post_init__(self) -> None:
        for name, most in (("time", np.inf), ("theta", 90.0), ("phi", 180.0)):
            value = getattr(self, name)
            if not is_number(value) or abs(value) > most:
                rule = f"a number in [-{most:g}, {most:g}]" if most < np.inf else "a finite number"
                raise ValueError(f"{name} must be {rule}, got {value!r}")
            object.__setattr__(self, name, float(value) + 0.0)

    @property
    def key(self) -> tuple[str, float, float, float]:
        """(variable, time, theta, phi): one image of a database has it."""
        return self.variable, self.time, self.theta, self.phi


class Images(Protocol):
    """A database of images of one size, each read when it is asked for."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def records(self) -> tuple[Record, ...]:
        """Every image."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of each, in pixels."""
        ...

    def read(self, record: Record) -> np.ndarray:
        """One image (H, W, 3), uint8 sRGB, the top row first."""
        ...


def variables_in(records: Iterable[Record]) -> tuple[str, ...]:
    """The variables, in the order in which they come first."""
    return tuple(dict.fromkeys(record.variable for record in records))


def times_in(records: Iterable[Record]) -> tuple[float, ...]:
    """The times of all variables, sorted."""
    return tuple(sorted({record.time for record in records}))


def views_in(records: Iterable[Record]) -> tuple[tuple[float, float], ...]:
    """The views (theta, phi) of all variables, sorted by theta, then phi."""
    return tuple(sorted({(record.theta, record.phi) for record in records}))


def nearest_record(
    records: Iterable[Record], variable: str, time: float, view: tuple[float, float]
) -> Record:
    """The image of a variable that is nearest to a time and, of that time, to a view.

    Parameters
    ----------
    records : iterable of Record
    variable : str
    time : float
        Of two times that are equally near the earlier one is taken.
    view : (theta, phi)
        Degrees; the nearest is that of the least angle between the directions.

    Raises
    ------
    ValueError
        If there is no such variable.

    Examples
    --------
    >>> stored = [Record(t, 0.0, phi, "p") for t in (0.0, 4.0) for phi in (-90.0, 170.0)]
    >>> nearest_record(stored, "p", 2.5, (0.0, -175.0)).key
    ('p', 4.0, 0.0, 170.0)
    """
    records = tuple(records)
    of_variable = [record for record in records if record.variable == variable]
    if not of_variable:
        known = ", ".join(variables_in(records))
        raise ValueError(f"the database has no variable {variable!r}; it has {known}")
    nearest = min((abs(record.time - time), record.time) for record in of_variable)[1]
    at_time = [record for record in of_variable if record.time == nearest]
    angles = angle_between(np.array([(r.theta, r.phi) for r in at_time]), np.array(view))
    return at_time[int(np.argmin(angles))]


def record_of(records: Iterable[Record], variable: str, time: float, view: tuple[float, float]) -> Record:
    """The image of a variable at a time from a view, which must be stored.

    Raises
    ------
    ValueError
        If it is not; names the nearest one that is.
    """
    found = nearest_record(tuple(records), variable, time, view)
    if found.time != time or (found.theta, found.phi) != tuple(view):
        raise ValueError(
            f"no image of {variable} is stored at time {time:g} from theta {view[0]:g}, phi {view[1]:g}; the "
            f"nearest is at time {found.time:g} from theta {found.theta:g}, phi {found.phi:g}"
        )
    return found
