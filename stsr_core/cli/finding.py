"""One thing that a doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of a doctor's report.

    Parameters
    ----------
    subject, text : str
        What was looked at, and what was found.
    good : bool
        Whether all is as it should be.
    remedy : str
        What to do; "" when there is nothing.
    needed : bool
        Whether the program does not work without; what is not needed is missing, not wrong.

    Examples
    --------
    >>> print(Finding("[vtk]", "vtk is missing", False, 'pip install "stsr[vtk]"', needed=False))
    --   [vtk]:       vtk is missing
                      -> pip install "stsr[vtk]"
    """

    subject: str
    text: str
    good: bool = True
    remedy: str = ""
    needed: bool = True

    @property
    def wrong(self) -> bool:
        """Whether there is something to put right."""
        return self.needed and not self.good

    def __str__(self) -> str:
        mark = "ok " if self.good else "BAD" if self.needed else "-- "
        line = f"{mark}  {self.subject + ':':12} {self.text}"
        return f"{line}\n{'':18}-> {self.remedy}" if self.remedy else line
