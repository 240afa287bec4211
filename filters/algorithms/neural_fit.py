"""Neural Fit: learns a model from a series that comes through the pipeline, and passes on what it kept."""

from __future__ import annotations

import os
import time as clock
from dataclasses import replace
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.words import node_count
from stsr_filters.decoding.resources import missing_packages
from stsr_filters.fitting.fit_properties import FitProperties
from stsr_filters.fitting.fit_run import learn, refuse_existing
from stsr_filters.fitting.kept_input import KeptInput, units_of
from stsr_filters.pipeline.information import (
    announce,
    ask_for_whole,
    grid_from_information,
    image_of,
    numbers,
    whole_extent,
)
from stsr_filters.pipeline.reporting import Reporting, Stopped
from stsr_filters.pipeline.vtk_compat import (
    process_count,
    vtkDataObject,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
)

#: Share of the progress bar that reading the steps takes.
_READING = 0.1
#: Seconds between two moments at which a user interface can react while a network learns.
_PULSE = 0.2


class NeuralFit(FitProperties):
    """Learns one model from the kept samples of its input, a static image or a time series of them.

    At an update it walks the kept steps of the input, holds their kept voxels only, learns, and writes the
    model file. Its output is the kept (coarse) series, to which Neural Upscale can be attached. It learns
    again when one of its settings or something upstream has changed, never because the time has.

    Examples
    --------
    >>> fit = NeuralFit()                                 # doctest: +SKIP
    >>> fit.SetInputConnection(reader.GetOutputPort())    # doctest: +SKIP
    >>> fit.SetModelFile("vf.stsr")                       # doctest: +SKIP
    >>> fit.SetKeepEvery(2)                               # doctest: +SKIP
    >>> fit.Update()                                      # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: KeptInput | None = None  # what the input announces, without any values
        self._collecting: KeptInput | None = None
        self._done: tuple[tuple, str] | None = None  # of which identity, and what was done in words
        self._failed: tuple[tuple, Exception] | None = None
        self._continuing = False
        self._reporting = Reporting(self, "Neural Fit")
        self._fraction = 0.0
        self._pulse = 0.0

    def ContinueLearning(self) -> None:
        """At the next update, go on with the unfinished run that the model file holds, as often as called.

        What was stopped while reading starts again. Resume does the same, but once: it is a setting, which
        states and scripts keep.
        """
        self._continuing = True
        self._done = self._failed = None
        self.Modified()

    # Status

    def GetStatus(self) -> str:
        """One line: PSNR on the kept samples, seconds and path; or what will be learned, or what is wrong."""
        if self._reporting.last_error:
            return self._reporting.last_error
        if self._done is not None and self._done[0] == self._identity():
            return self._done[1]
        if not self._settings.model_file:
            return "no model file is chosen"
        return missing_packages() or (
            "" if self._kept is None else f"ready to learn from {_amount(self._kept)}"
        )

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce the kept nodes and the kept times."""
        information = outInfo.GetInformationObject(0)
        self._reporting.reset()
        try:
            self._kept = self._announced(inInfo)
        except Exception as error:
            self._kept = None
            self._reporting.foresee(error)
            # One node, so that RequestData is reached and can say what is wrong.
            announce(information, Grid((1, 1, 1)), np.empty(0), None)
            return 1
        times = self._kept.kept_times
        announce(
            information, self._kept.coarse_grid, np.array(times), (times[0], times[-1]) if times else None
        )
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask for the next step to be read, or for the kept one nearest to the time asked for."""
        pipeline = vtkStreamingDemandDrivenPipeline
        if inInfo[0].GetNumberOfInformationObjects() == 0 or self._kept is None:
            return 1
        information = inInfo[0].GetInformationObject(0)
        ask_for_whole(information)
        if self._collecting is None and self._must_learn():
            self._collecting = replace(self._kept, arrays={})
        times = self._kept.kept_times
        if times:
            at = self._kept.nearest(_asked(outInfo.GetInformationObject(0)))
            step = at if self._collecting is None else self._collecting.n_collected
            information.Set(pipeline.UPDATE_TIME_STEP(), times[step])
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Take one more step and ask for the next, or learn; then pass on the kept step asked for."""
        request.Remove(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING())
        output = vtkImageData.GetData(outInfo)
        with self._reporting.update([output]):
            try:
                self._work(request, output, inInfo, outInfo.GetInformationObject(0))
            except Exception as error:
                if self._collecting is not None:
                    # Until something changes, the same would go wrong again: it is told without reading anew.
                    self._failed = (self._state(), error)
                    self._collecting, self._continuing = None, False
                raise
        return 1

    def _work(self, request, output, inInfo, information) -> None:
        kept = self._kept or self._announced(inInfo)
        asked = _asked(information)
        image = vtkDataObject.GetData(inInfo[0].GetInformationObject(0))
        collecting = self._collecting
        if collecting is None:
            if self._must_learn(failed=False) and self._failed is not None:
                raise self._failed[1]
            arrays = kept.voxels(image)
        else:
            self._check(collecting)
            collecting.add(image)
            n, total = collecting.n_collected, len(collecting.indices)
            self._report(_READING * n / total, f"read step {n} of {total}")
            if self._reporting.stop_wanted():
                raise Stopped(
                    "stopped while reading, nothing was learned; press Continue Learning to start again"
                )
            if not collecting.complete:
                request.Set(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING(), 1)
                return
            outcome = f"{_amount(collecting)}: {self._learn(collecting)}"
            self._done, self._failed, self._collecting = (self._identity(), outcome), None, None
            self._continuing = False
            arrays = collecting.step_at(asked)
        grid = kept.coarse_grid
        output.ShallowCopy(image_of(grid, whole_extent(grid), arrays, units_of(image)))
        if kept.times:
            output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), kept.kept_times[kept.nearest(asked)])

    def _learn(self, collected: KeptInput) -> str:
        return learn(
            self._settings,
            collected.series(),
            device=self._performance.device,
            threads=self._performance.threads,
            overwrite=self._overwrite,
            resume=self._resume or self._continuing,
            report=lambda fraction, text: self._report(_READING + (1 - _READING) * fraction, text),
            should_stop=self._should_stop,
        )

    def _announced(self, inInfo) -> KeptInput:
        """The kept steps that the input will give."""
        if inInfo[0].GetNumberOfInformationObjects() == 0:
            raise ValueError("the input is not connected")
        information = inInfo[0].GetInformationObject(0)
        return KeptInput(
            grid_from_information(information),
            numbers(information, vtkStreamingDemandDrivenPipeline.TIME_STEPS()),
            self._settings.kept,
            self._settings.variables,
        )

    def _check(self, collecting: KeptInput) -> None:
        """Refuse what cannot go well before the second step is read."""
        if collecting.n_collected == 0:
            self._settings.check()
            self._performance.check()
            if process_count() > 1:
                raise ValueError(
                    f"learning runs in one process, got {process_count()} MPI ranks; start it without MPI"
                )
            refuse_existing(self._settings, self._overwrite, self._resume or self._continuing)

    def _identity(self) -> tuple:
        """What a model depends on: the settings, and whatever changes upstream except the time."""
        # A pipeline's executive, of which the base class that VTK's types name knows less.
        executive: Any = self.GetInputExecutive(0, 0) if self.GetNumberOfInputConnections(0) else None
        upstream = 0 if executive is None else executive.GetPipelineMTime()
        return self._settings, self._overwrite, self._resume, upstream

    def _state(self) -> tuple:
        """What a failure depends on: besides, the file that stands in the way, and the performance."""
        try:
            found = os.stat(self._settings.model_file).st_mtime_ns
        except OSError:
            found = None
        return self._identity(), self._performance, found

    def _must_learn(self, failed: bool = True) -> bool:
        """True if the model is not there yet, nor (with ``failed``) known to be impossible."""
        if self._done is not None and self._done[0] == self._identity():
            return False
        return not (failed and self._failed is not None and self._failed[0] == self._state())

    def _report(self, fraction: float, text: str) -> None:
        self._fraction = fraction
        self._reporting.progress(fraction, text)

    def _should_stop(self) -> bool:
        # Training reports once a second; a user interface lives on progress events, its Abort button too.
        if clock.monotonic() - self._pulse > _PULSE:
            self._pulse = clock.monotonic()
            self.UpdateProgress(self._fraction)
        return self._reporting.stop_wanted()


def _asked(information) -> float | None:
    """The time an output is wanted at, None for any."""
    key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
    return information.Get(key) if information.Has(key) else None


def _amount(kept: KeptInput) -> str:
    """How much is kept, in words."""
    steps = f"{len(kept.indices)} of {max(1, len(kept.times))} steps"
    return f"{steps}, {node_count(kept.coarse_grid)} of {node_count(kept.grid)} nodes"
