"""What an algorithm tells its user: status, last error, warnings and progress; and how an update ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from stsr_core.interrupts import Stopped
from stsr_filters.pipeline.messages import show_error, show_warning
from stsr_filters.pipeline.sentence import sentence
from stsr_filters.pipeline.vtk_compat import vtkWeakReference


class Reporting:
    """The voice of one algorithm, which holds it as an attribute.

    A failure never raises through VTK: it is shown in the output window, sent as an ErrorEvent, kept in
    :attr:`last_error`, and leaves empty outputs.

    Parameters
    ----------
    algorithm : VTKPythonAlgorithmBase
    label : str
        Its name in messages.

    Attributes
    ----------
    outcome : str
        What the last update did, "" if nothing is known.
    last_error : str
        What was wrong with the last update, "" if it went well.
    """

    def __init__(self, algorithm: Any, label: str) -> None:
        self.outcome = ""
        self.last_error = ""
        # It holds this in turn: a circle would keep it until Python next looks for circles.
        self._reference = vtkWeakReference()
        self._reference.Set(algorithm)
        self._label = label
        self._shown = ""

    @property
    def _algorithm(self) -> Any:
        return self._reference.Get()

    def reset(self) -> None:
        """Something upstream or a setting has changed: whatever was said is no longer true."""
        self.outcome = self.last_error = self._shown = ""

    def foresee(self, error: Exception) -> None:
        """Keep, before any data is asked for, what RequestData will fail with; it is shown there."""
        self.last_error = sentence(error)

    @contextmanager
    def update(self, outputs: Iterable[Any]) -> Iterator[None]:
        """The body of RequestData: a failure inside is told and leaves ``outputs`` empty.

        VTK asks again at every update as long as an output is empty; the same error is shown once.
        """
        self.last_error = ""
        try:
            yield
        except Exception as error:
            for output in outputs:
                output.Initialize()
            self.outcome = ""
            if isinstance(error, Stopped):
                self.last_error = str(error) or "stopped before the end; the output is empty"
            else:
                self.last_error = sentence(error)
                if self.last_error != self._shown:
                    show_error(self._algorithm, self._label, error)
                self._shown = self.last_error
        finally:
            self._algorithm.SetProgressText(None)
            self._algorithm.SetAbortExecute(False)  # or else the next update would stop at once

    def warn(self, *warnings: str) -> None:
        """A yellow line for each."""
        for warning in warnings:
            show_warning(self._algorithm, self._label, warning)

    def progress(self, fraction: float, text: str) -> None:
        """How far it is, and what is being done."""
        self._algorithm.SetProgressText(f"{self._label}: {text}")
        self._algorithm.UpdateProgress(fraction)

    def stop_wanted(self) -> bool:
        """Whether the user has asked to stop."""
        return bool(self._algorithm.CheckAbort())
