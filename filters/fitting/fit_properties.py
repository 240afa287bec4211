"""What Neural Fit can be told: the setters behind its panel."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import IntEnum
from typing import Any

from stsr_core.fields.kinds import AUTO
from stsr_core.kept import MASK
from stsr_filters.decoding.order import Performance
from stsr_filters.fitting.fit_settings import FitSettings
from stsr_filters.pipeline import live
from stsr_filters.pipeline.interpreter import interpreter
from stsr_filters.pipeline.vtk_compat import VTKPythonAlgorithmBase, process_count


class MissingValues(IntEnum):
    """The values of the property MissingValues: refuse them, replace them by FillValue, or leave them out."""

    REFUSE = 0
    REPLACE = 1
    MASK = 2


class LearnIn(IntEnum):
    """The values of the property LearnIn: where learning goes on.

    In the background Apply returns at once; in the foreground it returns when the model is there. Automatic
    is the background where a window asked for the update, and the foreground in a script and under MPI.
    """

    AUTOMATIC = 0
    BACKGROUND = 1
    FOREGROUND = 2


class FitProperties(VTKPythonAlgorithmBase):
    """An algorithm of one input with the settings of a training run."""

    def __init__(self) -> None:
        # Any data object is let in so that the wrong kind is refused in words and not by VTK's type check.
        VTKPythonAlgorithmBase.__init__(
            self, nInputPorts=1, inputType="vtkDataObject", nOutputPorts=1, outputType="vtkImageData"
        )
        self._settings = FitSettings()
        self._fill_value = 0.0
        self._missing = MissingValues.REFUSE
        self._overwrite = False
        self._resume = False
        self._learn_in = LearnIn.AUTOMATIC
        self._performance = Performance()

    # What is learned

    def SetModelFile(self, path: str | None) -> None:
        """Where the .stsr file goes; ParaView sends None for an empty string."""
        self._choose(model_file=path or "")

    def GetModelFile(self) -> str:
        """The .stsr file, "" if none is chosen."""
        return self._settings.model_file

    def AddVariable(self, name: str) -> None:
        """Learn this point array too; without any, all are learned."""
        if name and name not in self._settings.variables:
            self._choose(variables=(*self._settings.variables, name))

    def ClearVariables(self) -> None:
        """Learn all point arrays again."""
        self._choose(variables=())

    def SetKeepEvery(self, step: int) -> None:
        """Keep every so many-th voxel of each axis, >= 1."""
        self._choose(keep_every=int(step))

    def SetLeaveOut(self, steps: int) -> None:
        """Steps left out between two kept ones, >= 0."""
        self._choose(leave_out=int(steps))

    def SetMissingValues(self, choice: int) -> None:
        """What becomes of NaN, infinite and invalid values: see :class:`MissingValues`."""
        self._missing = MissingValues(choice)
        self._choose_fill()

    def SetFillValue(self, value: float) -> None:
        """What missing values are replaced by."""
        self._fill_value = float(value)
        self._choose_fill()

    def _choose_fill(self) -> None:
        each = {MissingValues.REPLACE: self._fill_value, MissingValues.MASK: MASK}
        self._choose(fill=each.get(self._missing))

    # How

    def SetField(self, kind: str | None) -> None:
        """One of :data:`stsr_filters.fitting.fit_settings.FIELDS`."""
        self._choose(field=kind or AUTO)

    def SetProfile(self, profile: str | None) -> None:
        """released or paper, for the field stsr_inr."""
        self._choose(profile=profile or "released")

    def SetPeriodic(self, axes: str | None) -> None:
        """Letters of the axes that close on themselves, like "z,x"; for motion and mixture."""
        self._choose(periodic=axes or "")

    def SetArchitecture(self, keywords: str | None) -> None:
        """JSON object of further keywords of the field."""
        self._choose(architecture=keywords or "")

    def SetMinutes(self, minutes: float) -> None:
        """Longest time to learn, 0 for no limit."""
        self._choose(minutes=float(minutes))

    def SetEpochs(self, epochs: int) -> None:
        """Most passes over the kept samples, 0 for no limit."""
        self._choose(epochs=int(epochs))

    def SetCompact(self, wanted: bool) -> None:
        """One small network that says what the mixture says, in place of it."""
        self._choose(compact=bool(wanted))

    def SetSeed(self, seed: int) -> None:
        """Of the initial weights and of the order of samples, >= 0."""
        self._choose(seed=int(seed))

    def SetOverwrite(self, wanted: bool) -> None:
        """Replace another file that stands at ModelFile."""
        self._set("_overwrite", bool(wanted))

    def SetResume(self, wanted: bool) -> None:
        """Go on with the unfinished run that ModelFile holds."""
        self._set("_resume", bool(wanted))

    def SetLearnIn(self, choice: int) -> None:
        """In the background or not: see :class:`LearnIn`."""
        self._set("_learn_in", LearnIn(choice))

    def SetDevice(self, device: str | None) -> None:
        """auto, cpu, cuda, cuda:N or mps; a model that is learned already is not learned anew for it."""
        self._set("_performance", replace(self._performance, device=device or "auto"))

    def SetThreads(self, threads: int) -> None:
        """CPU threads, 0 for all cores."""
        self._set("_performance", replace(self._performance, threads=int(threads)))

    # What follows from it

    def _in_background(self) -> bool:
        """Whether the update that is going on leaves learning to the background."""
        if process_count() > 1 or self._learn_in == LearnIn.FOREGROUND:
            return False
        if self._learn_in == LearnIn.BACKGROUND:
            return True
        try:
            interpreter()
        except FileNotFoundError:
            return False
        return live.window_waits()

    def _identity(self) -> tuple:
        """What a model depends on: the settings, and whatever changes upstream except the time."""
        # A pipeline's executive, of which the base class that VTK's types name knows less.
        executive: Any = self.GetInputExecutive(0, 0) if self.GetNumberOfInputConnections(0) else None
        upstream = 0 if executive is None else executive.GetPipelineMTime()
        return self._settings, self._overwrite, self._resume, upstream

    def _circumstances(self) -> tuple:
        """What a failure depends on besides: the file that stands in the way, and the performance."""
        try:
            found = os.stat(self._settings.model_file).st_mtime_ns
        except OSError:
            found = None
        return self._performance, found

    def _choose(self, **changes: Any) -> None:
        self._set("_settings", replace(self._settings, **changes))

    def _set(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.Modified()
