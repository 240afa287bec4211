"""Neural Fit: learns a model from a time series that comes through the pipeline, and passes on what it kept."""

from __future__ import annotations

import os
import time as clock
from dataclasses import replace

from stsr_core.series import Grid
from stsr_filters.arrays import announce, grid_from_information, image_of, numbers, vector, whole_extent
from stsr_filters.decoder import DecodingStopped, Performance
from stsr_filters.fit_run import learn, refuse_existing
from stsr_filters.fit_settings import FitSettings
from stsr_filters.kept_steps import KeptSteps
from stsr_filters.machine import missing_packages
from stsr_filters.messages import sentence, show_error
from stsr_filters.output_grid import node_count
from stsr_filters.vtk_compat import (
    VTKPythonAlgorithmBase,
    process_count,
    vtkAlgorithm,
    vtkDataObject,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
)

#: Share of the progress bar that reading the steps takes.
_READING = 0.1
#: Seconds between two moments at which a user interface can react while a network learns.
_PULSE = 0.2


class NeuralFit(VTKPythonAlgorithmBase):
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
        VTKPythonAlgorithmBase.__init__(
            self, nInputPorts=1, inputType="vtkDataObject", nOutputPorts=1, outputType="vtkImageData"
        )
        self._settings = FitSettings()
        self._fill_value = 0.0
        self._replace_missing = False
        self._overwrite = False
        self._resume = False
        self._performance = Performance()
        self._kept: KeptSteps | None = None  # what the input announces, without any values
        self._collecting: KeptSteps | None = None
        self._done: tuple | None = None
        self._failed: tuple[tuple, Exception] | None = None
        self._outcome = ""
        self._last_error = ""
        self._shown_error = ""
        self._fraction = 0.0
        self._pulse = 0.0

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

    def SetReplaceMissing(self, wanted: bool) -> None:
        """Replace NaN, infinite and invalid values by FillValue; they are refused otherwise."""
        self._replace_missing = bool(wanted)
        self._choose(fill=self._fill_value if self._replace_missing else None)

    def SetFillValue(self, value: float) -> None:
        """What ReplaceMissing puts in."""
        self._fill_value = float(value)
        self._choose(fill=self._fill_value if self._replace_missing else None)

    # How

    def SetField(self, kind: str | None) -> None:
        """One of :data:`stsr_filters.fit_settings.FIELDS`."""
        self._choose(field=kind or "modulated_siren")

    def SetProfile(self, profile: str | None) -> None:
        """released or paper, for the field stsr_inr."""
        self._choose(profile=profile or "released")

    def SetArchitecture(self, keywords: str | None) -> None:
        """JSON object of further keywords of the field."""
        self._choose(architecture=keywords or "")

    def SetMinutes(self, minutes: float) -> None:
        """Longest time to learn, 0 for no limit."""
        self._choose(minutes=float(minutes))

    def SetEpochs(self, epochs: int) -> None:
        """Most passes over the kept samples, 0 for no limit."""
        self._choose(epochs=int(epochs))

    def SetSeed(self, seed: int) -> None:
        """Of the initial weights and of the order of samples, >= 0."""
        self._choose(seed=int(seed))

    def SetOverwrite(self, wanted: bool) -> None:
        """Replace another file that stands at ModelFile."""
        self._set("_overwrite", bool(wanted))

    def SetResume(self, wanted: bool) -> None:
        """Go on with the unfinished run that ModelFile holds."""
        self._set("_resume", bool(wanted))

    def SetDevice(self, device: str | None) -> None:
        """auto, cpu, cuda, cuda:N or mps; a model that is learned already is not learned anew for it."""
        self._set("_performance", replace(self._performance, device=device or "auto"))

    def SetThreads(self, threads: int) -> None:
        """CPU threads, 0 for all cores."""
        self._set("_performance", replace(self._performance, threads=int(threads)))

    # Status

    def GetStatus(self) -> str:
        """One line: PSNR on the kept samples, seconds and path; or what will be learned, or what is wrong."""
        if self._last_error:
            return self._last_error
        if self._outcome:
            return self._outcome
        if not self._settings.model_file:
            return "no model file is chosen"
        return missing_packages() or (
            "" if self._kept is None else f"ready to learn from {_amount(self._kept)}"
        )

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._last_error

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce the kept nodes and the kept times."""
        information = outInfo.GetInformationObject(0)
        self._last_error = self._shown_error = ""
        try:
            self._kept = self._announced(inInfo)
        except Exception as error:
            self._kept = None
            self._last_error = sentence(error)
            # One node, so that RequestData is reached and can say what is wrong.
            announce(information, Grid((1, 1, 1)), (), None)
            return 1
        times = self._kept.kept_times
        announce(information, self._kept.coarse_grid, times, (times[0], times[-1]) if times else None)
        return 1

    def RequestUpdateExtent(self, request, inInfo, outInfo) -> int:
        """Ask for the next step to be read, or for the kept one nearest to the time asked for."""
        pipeline = vtkStreamingDemandDrivenPipeline
        if inInfo[0].GetNumberOfInformationObjects() == 0 or self._kept is None:
            return 1
        information = inInfo[0].GetInformationObject(0)
        whole = vector(information, pipeline.WHOLE_EXTENT(), 6)
        if whole is not None:
            information.Set(pipeline.UPDATE_EXTENT(), whole, 6)
        if self._collecting is None and self._must_learn():
            self._collecting = replace(self._kept, arrays={}, units={})
        times = self._kept.kept_times
        if times:
            at = self._kept.nearest(self._asked(outInfo.GetInformationObject(0)))
            step = at if self._collecting is None else self._collecting.n_collected
            information.Set(pipeline.UPDATE_TIME_STEP(), times[step])
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Take one more step and ask for the next, or learn; then pass on the kept step asked for."""
        request.Remove(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING())
        output = vtkImageData.GetData(outInfo)
        self._last_error = ""
        try:
            self._work(request, output, inInfo, outInfo.GetInformationObject(0))
        except Exception as error:
            output.Initialize()
            if self._collecting is not None:
                # Until something changes, the same would go wrong again: it is told without reading anew.
                self._failed = (self._state(), error)
                self._collecting = None
            self._last_error = sentence(error)
            if self._last_error != self._shown_error and not isinstance(error, DecodingStopped):
                show_error(self, "Neural Fit", error)
            self._shown_error = self._last_error
        finally:
            self.SetProgressText(None)
        return 1

    def _work(self, request, output, inInfo, information) -> None:
        kept = self._kept or self._announced(inInfo)
        asked = self._asked(information)
        image = vtkDataObject.GetData(inInfo[0].GetInformationObject(0))
        collecting = self._collecting
        if collecting is None:
            if self._must_learn(failed=False) and self._failed is not None:
                raise self._failed[1]
            arrays, units = kept.kept(image), {}
        else:
            self._check(collecting)
            collecting.add(image)
            n, total = collecting.n_collected, len(collecting.indices)
            self._report(_READING * n / total, f"read step {n} of {total}")
            if self.CheckAbort():
                raise DecodingStopped(
                    "stopped while reading; nothing was learned, tick Resume to start again"
                )
            if not collecting.complete:
                request.Set(vtkStreamingDemandDrivenPipeline.CONTINUE_EXECUTING(), 1)
                return
            self._outcome = f"{_amount(collecting)}: {self._learn(collecting)}"
            self._done, self._failed, self._collecting = self._identity(), None, None
            arrays, units = collecting.step_at(asked), collecting.units
        grid = kept.coarse_grid
        output.ShallowCopy(image_of(grid, whole_extent(grid), arrays, units))
        if kept.times:
            output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), kept.kept_times[kept.nearest(asked)])

    def _learn(self, collected: KeptSteps) -> str:
        settings = self._settings
        if settings.variables:
            # An array of several components is several variables; their order is that of the choice.
            self._settings.check()
        return learn(
            settings,
            collected.series(),
            device=self._performance.device,
            threads=self._performance.threads,
            overwrite=self._overwrite,
            resume=self._resume,
            report=lambda fraction, text: self._report(_READING + (1 - _READING) * fraction, text),
            should_stop=self._should_stop,
        )

    def _announced(self, inInfo) -> KeptSteps:
        """The kept steps that the input will give."""
        if inInfo[0].GetNumberOfInformationObjects() == 0:
            raise ValueError("the input is not connected")
        information = inInfo[0].GetInformationObject(0)
        settings = self._settings
        return KeptSteps(
            grid_from_information(information),
            numbers(information, vtkStreamingDemandDrivenPipeline.TIME_STEPS()),
            max(1, settings.keep_every),
            max(0, settings.leave_out),
            settings.variables,
        )

    def _check(self, collecting: KeptSteps) -> None:
        """Refuse what cannot go well before the second step is read."""
        if collecting.n_collected == 0:
            self._settings.check()
            self._performance.check()
            if process_count() > 1:
                raise ValueError(
                    f"Neural Fit learns in one process, got {process_count()} MPI ranks; run it without MPI"
                )
            refuse_existing(self._settings, self._overwrite, self._resume)

    def _identity(self) -> tuple:
        """What a model depends on: the settings, and whatever changes upstream except the time."""
        upstream = self.GetInputExecutive(0, 0).GetPipelineMTime()
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
        if self._done == self._identity():
            return False
        return not (failed and self._failed is not None and self._failed[0] == self._state())

    def _asked(self, information) -> float:
        key = vtkStreamingDemandDrivenPipeline.UPDATE_TIME_STEP()
        return information.Get(key) if information.Has(key) else float("-inf")

    def _choose(self, **changes: object) -> None:
        self._set("_settings", replace(self._settings, **changes))

    def _set(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self._outcome = ""
            self.Modified()

    def _report(self, fraction: float, text: str) -> None:
        self._fraction = fraction
        self.SetProgressText(f"Neural Fit: {text}")
        self.UpdateProgress(fraction)

    def _should_stop(self) -> bool:
        # Training reports once a second; a user interface lives on progress events, its Abort button too.
        if clock.monotonic() - self._pulse > _PULSE:
            self._pulse = clock.monotonic()
            self.UpdateProgress(self._fraction)
        return bool(self.CheckAbort())


def _amount(kept: KeptSteps) -> str:
    """How much is kept, in words."""
    steps = f"{len(kept.indices)} of {max(1, len(kept.times))} steps"
    return f"{steps}, {node_count(kept.coarse_grid)} of {node_count(kept.grid)} nodes"
