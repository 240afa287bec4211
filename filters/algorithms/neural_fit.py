"""Neural Fit: learns a model from a series that comes through the pipeline, and passes on what it kept."""

from __future__ import annotations

import time as clock
from dataclasses import replace

import numpy as np

from stsr_core.grid import Grid
from stsr_core.interrupts import Stopped
from stsr_filters.decoding.resources import missing_packages
from stsr_filters.fitting.fit_properties import FitProperties
from stsr_filters.fitting.fit_run import refuse_existing
from stsr_filters.fitting.handover import Order
from stsr_filters.fitting.kept_input import KeptInput
from stsr_filters.fitting.learning import Learning
from stsr_filters.pipeline import live
from stsr_filters.pipeline.deletion import on_deletion
from stsr_filters.pipeline.information import (
    announce,
    announce_places,
    ask_for_whole,
    asked_time,
    grid_from_information,
    image_of,
    numbers,
    part_of,
    units_of,
    vector,
)
from stsr_filters.pipeline.ranks import from_rank, together
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.sentence import sentence
from stsr_filters.pipeline.vtk_compat import (
    process_rank,
    vtkAlgorithm,
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
    model file; or it begins to, in a process of its own, and goes on in the background: see
    :class:`stsr_filters.fitting.fit_properties.LearnIn`. Its output is the kept (coarse) series, to which
    Neural Upscale can be attached. It learns again when one of its settings or something upstream has
    changed, never because the time has.

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
        self._learning = Learning()
        self._continuing = False
        self._reporting = Reporting(self, "Neural Fit")
        self._watch = live.Watch()
        self._fraction = 0.0
        self._pulse = 0.0
        on_deletion(self, self._learning.stop)

    def ContinueLearning(self) -> None:
        """At the next update, go on with the unfinished run that the model file holds, as often as called.

        What was stopped while reading starts again. Resume does the same, but once: it is a setting, which
        states and scripts keep.
        """
        if self._learning.running:
            return  # it does
        self._continuing = True
        self._learning.settle(self._circumstances)
        self._learning.forget()
        self.Modified()

    def StopLearning(self) -> None:
        """Have the run in the background save what it has, a model that can be used and gone on with."""
        self._learning.stop()

    def WaitForModel(self) -> None:
        """Return when the run in the background has ended."""
        self._learning.wait()
        self.Modified()

    def GetNeedsUpdate(self) -> bool:
        """Whether there is something new to show; ParaView's window asks it a few times a second."""
        self._learning.settle(self._circumstances)
        changed = self._learning.shows_more()
        self._watch.asks(self)
        if changed:
            self.Modified()
        return changed

    # Status

    def GetStatus(self) -> str:
        """One line: PSNR on the kept samples, seconds and path; or how far it is, or what is wrong."""
        if self._reporting.last_error:
            return self._reporting.last_error
        self._learning.settle(self._circumstances)
        identity = self._identity()
        if failure := self._learning.failure(identity, self._circumstances()):
            return str(failure) if isinstance(failure, Stopped) else sentence(failure)
        if said := self._learning.said() or self._learning.outcome(identity):
            return said
        if not self._settings.model_file:
            return "no model file is chosen"
        return missing_packages() or (
            "" if self._kept is None else f"ready to learn from {self._kept.amount}"
        )

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce the kept nodes and the kept times."""
        information = outInfo.GetInformationObject(0)
        information.Set(vtkAlgorithm.CAN_PRODUCE_SUB_EXTENT(), 1)  # its piece to every MPI rank
        self._reporting.reset()
        try:
            self._kept = self._announced(inInfo)
        except Exception as error:
            self._kept = None
            self._reporting.foresee(error)
            # One node, so that RequestData is reached and can say what is wrong.
            announce(information, Grid((1, 1, 1)), np.empty(0), None)
            return 1
        self._announce(information, self._kept)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask for the next step to be read, or for the kept one nearest to the time asked for."""
        pipeline = vtkStreamingDemandDrivenPipeline
        if inInfo[0].GetNumberOfInformationObjects() == 0 or self._kept is None:
            return 1
        information = inInfo[0].GetInformationObject(0)
        ask_for_whole(information)
        # Of every MPI rank, whatever piece its output is asked for.
        information.Set(pipeline.UPDATE_PIECE_NUMBER(), 0)
        information.Set(pipeline.UPDATE_NUMBER_OF_PIECES(), 1)
        if self._collecting is None and self._must_learn():
            self._collecting = replace(self._kept, arrays={})
        times = self._kept.kept_times
        if times:
            at = self._kept.nearest(asked_time(outInfo.GetInformationObject(0)))
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
                    self._learning.failed(self._identity(), self._circumstances(), error)
                    self._collecting, self._continuing = None, False
                raise
        return 1

    def _work(self, request, output, inInfo, information) -> None:
        announce_places(inInfo)
        kept = self._announced(inInfo)
        if self._kept is None or kept.grid != self._kept.grid:
            self._announce(information, kept)
        self._kept = kept
        asked = asked_time(information)
        image = vtkDataObject.GetData(inInfo[0].GetInformationObject(0))
        collecting = self._collecting
        if collecting is not None and collecting.n_collected == 0:
            collecting = self._collecting = replace(kept, arrays={})
        if collecting is None:
            self._settle()
            arrays = kept.voxels(image)
        else:
            with together():
                self._check(collecting)
                collecting.add(image)
                n, total = collecting.n_collected, len(collecting.indices)
                self._report(_READING * n / total, f"read step {n} of {total}")
                if self._reporting.stop_wanted():
                    raise Stopped(
                        "stopped while reading, nothing was learned; press Continue Learning to start again"
                    )
            if process_rank() > 0:
                collecting.hold_only(collecting.nearest(asked))
            if not collecting.complete:
                request.Set(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING(), 1)
                return
            self._learn(collecting)
            self._collecting, self._continuing = None, False
            arrays = collecting.step_at(asked)
        extent = vector(information, vtkStreamingDemandDrivenPipeline.UPDATE_EXTENT(), 6)
        if extent is None or any(extent[2 * i] > extent[2 * i + 1] for i in range(3)):
            return  # more MPI ranks than slabs: this rank has nothing to give
        part = {name: np.ascontiguousarray(values[part_of(extent)]) for name, values in arrays.items()}
        output.ShallowCopy(image_of(kept.coarse_grid, extent, part, units_of(image)))
        if kept.times:
            output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), kept.kept_times[kept.nearest(asked)])

    def _learn(self, collected: KeptInput) -> None:
        """Learn, or begin to; of several MPI ranks the first."""
        identity, amount = self._identity(), collected.amount
        order = Order(
            self._settings,
            self._performance.device,
            self._performance.threads,
            self._overwrite,
            self._resume or self._continuing,
        )
        if self._in_background():
            self._learning.start(identity, amount, order, collected.series())
            return
        with together():
            if process_rank() == 0:
                how = self._report_learning, self._should_stop
                self._learning.learn(identity, amount, order, collected.series(), *how)
        self._learning.done(identity, from_rank(self._learning.outcome(identity)))

    def _settle(self) -> None:
        """Wait for the background if who asks for this update shall have the model; raise what went wrong."""
        if not self._in_background():
            self._learning.wait(_PULSE, self._report_learning, self._reporting.stop_wanted)
        self._learning.settle(self._circumstances)
        if failure := self._learning.failure(self._identity(), self._circumstances()):
            raise failure

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

    def _announce(self, information, kept: KeptInput) -> None:
        times = kept.kept_times
        announce(information, kept.coarse_grid, np.array(times), (times[0], times[-1]) if times else None)

    def _check(self, collecting: KeptInput) -> None:
        """Refuse what cannot go well before the second step is read."""
        if collecting.n_collected == 0:
            self._learning.drop()  # it learns what is wanted no more, perhaps into the same file
            self._settings.check()
            self._performance.check()
            if process_rank() == 0:
                refuse_existing(self._settings, self._overwrite, self._resume or self._continuing)

    def _must_learn(self) -> bool:
        """True if the model is not there yet, nor being learned, nor known to be impossible."""
        identity = self._identity()
        return not (
            self._learning.outcome(identity)
            or self._learning.goes_on(identity)
            or self._learning.failure(identity, self._circumstances())
        )

    def _report(self, fraction: float, text: str) -> None:
        self._fraction = fraction
        self._reporting.progress(fraction, text)

    def _report_learning(self, fraction: float, text: str) -> None:
        self._report(_READING + (1 - _READING) * fraction, text)

    def _should_stop(self) -> bool:
        # Training reports once a second; a user interface lives on progress events, its Abort button too.
        if clock.monotonic() - self._pulse > _PULSE:
            self._pulse = clock.monotonic()
            self.UpdateProgress(self._fraction)
        return self._reporting.stop_wanted()
