"""What the algorithms around a model file share: its properties, and the way from a request to an image."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence
from dataclasses import replace

from stsr_core.fields.kinds import kind_of
from stsr_core.grid import Grid
from stsr_core.model.checkpoint import CheckpointError, Header
from stsr_core.model.summary import describe
from stsr_core.request.extras import speed_unit
from stsr_core.request.output import Output, Request
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.output_times import TimeChoice, TimeMode
from stsr_core.request.region import Region
from stsr_core.words import node_count
from stsr_filters.decoding.decoder import Decoder, Performance
from stsr_filters.decoding.resources import largest_factor, missing_packages
from stsr_filters.pipeline.information import (
    add_weights,
    announce,
    asked_time,
    image_of,
    piece,
    time_steps,
    vector,
    whole_extent,
)
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.variable_choice import VariableChoice
from stsr_filters.pipeline.vtk_compat import (
    VTKPythonAlgorithmBase,
    vtkAlgorithm,
    vtkDataArraySelection,
    vtkDataObject,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
)


class ModelAlgorithm(VTKPythonAlgorithmBase):
    """A VTK algorithm around one model file.

    A subclass fills two hooks: ``_request``, what its properties ask of the model, and ``_place``, the input
    it is shown over and the grid to match, None where there is none. A failure never raises through VTK: it
    is shown in the output window, sent as an ErrorEvent, kept in ``GetLastError()``, and leaves an empty
    output.
    """

    def __init__(self, label: str, n_inputs: int, grid_choice: GridChoice) -> None:
        # Any data object is let in so that the wrong kind is refused in words and not by VTK's type check.
        VTKPythonAlgorithmBase.__init__(
            self, nInputPorts=n_inputs, inputType="vtkDataObject", nOutputPorts=1, outputType="vtkImageData"
        )
        self._reporting = Reporting(self, label)
        self._model_file = ""
        self._grid_choice = grid_choice
        self._time_choice = TimeChoice(TimeMode.ORIGINAL, factor=1.0)
        self._performance = Performance()
        self._decoder = Decoder()
        self._variables = VariableChoice(self.Modified)
        self._announced: Output | None = None

    # Model and variables

    def SetModelFile(self, path: str | None) -> None:
        """The .stsr file; ParaView sends None for an empty string."""
        self._set("_model_file", path or "")

    def GetModelFile(self) -> str:
        """The .stsr file, "" if none is chosen."""
        return self._model_file

    def GetVariableSelection(self) -> vtkDataArraySelection:
        """Which of the model's variables are decoded; all at first."""
        self._try_header()
        return self._variables.selection

    def GetModelSummary(self) -> str:
        """Kind, variables, grids, times, training and hash of the model, line by line."""
        header = self._try_header()
        return "" if header is None else describe(header)

    # Output grid

    def SetOutputGrid(self, mode: int) -> None:
        """A :class:`stsr_core.request.output_grid.GridMode`."""
        self._set("_grid_choice", replace(self._grid_choice, mode=int(mode)))

    def SetFactor(self, factor: float) -> None:
        """Intervals per interval of the region, > 0."""
        self._set("_grid_choice", replace(self._grid_choice, factor=float(factor)))

    def SetDimensions(self, x: int, y: int, z: int) -> None:
        """Nodes X, Y, Z."""
        self._set("_grid_choice", replace(self._grid_choice, dimensions=(int(x), int(y), int(z))))

    def SetSpacing(self, x: float, y: float, z: float) -> None:
        """Distance of nodes X, Y, Z."""
        self._set("_grid_choice", replace(self._grid_choice, spacing=(float(x), float(y), float(z))))

    def GetFactorRange(self) -> list[float]:
        """Smallest and largest sensible Factor: one interval per axis, and what memory holds."""
        announced = self._announced
        if announced is None:
            return [0.1, 8.0]
        longest = max(2, *announced.base.shape)
        return [1.0 / (longest - 1), largest_factor(announced.base, announced.content.dtypes)]

    # Time

    def SetTimeSteps(self, mode: int) -> None:
        """A :class:`stsr_core.request.output_times.TimeMode`."""
        self._set("_time_choice", replace(self._time_choice, mode=int(mode)))

    def SetTimeFactor(self, factor: float) -> None:
        """Listed steps per interval between steps, > 0."""
        self._set("_time_choice", replace(self._time_choice, factor=float(factor)))

    def GetTimeRange(self) -> list[float]:
        """First and last trained time of the chosen variables; [0, 0] if there is no model or no time."""
        return list((self._announced and self._announced.content.trained_range) or (0.0, 0.0))

    def GetTimesBetween(self) -> str:
        """How many steps the animation lists, and how to reach the times between them; "" without a model."""
        if self._announced is None or len(self._announced.times) < 2:
            return ""
        return (
            f"{len(self._announced.times)} steps are listed; Time Factor 4 lists three more between any two. "
            "Every time: View > Animation View, mode Sequence."
        )

    def GetValueRange(self) -> list[float]:
        """Least and greatest value the first chosen variable was trained on; [0, 0] if there is no model."""
        if self._announced is None:
            return [0.0, 0.0]
        known = self._announced.content.placed_by[0].normalization
        return [known.low, known.high]

    # Performance

    def SetDevice(self, device: str | None) -> None:
        """auto, cpu, cuda, cuda:N or mps."""
        self._set("_performance", replace(self._performance, device=device or "auto"))

    def SetTileSize(self, nodes: int) -> None:
        """Most nodes per network call, 0 to choose."""
        self._set("_performance", replace(self._performance, tile=int(nodes)))

    def SetThreads(self, threads: int) -> None:
        """CPU threads, 0 for all cores."""
        self._set("_performance", replace(self._performance, threads=int(threads)))

    def SetCacheSteps(self, steps: int) -> None:
        """How many decoded steps are kept, within an eighth of the machine's memory; below 0 counts as 0."""
        self._decoder.cache_steps = max(0, int(steps))

    # Status

    def GetStatus(self) -> str:
        """One line: what was computed, how long it took, or what is wrong."""
        if self._reporting.last_error:
            return self._reporting.last_error
        if not self._model_file:
            return "no model file is chosen"
        ready = "" if self._announced is None else f"ready to decode {self._announced.content.title}"
        return self._reporting.outcome or missing_packages() or ready

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce grid and times; a failure is kept for RequestData, which is asked once and not often."""
        information = outInfo.GetInformationObject(0)
        information.Set(vtkAlgorithm.CAN_PRODUCE_SUB_EXTENT(), 1)
        self._reporting.reset()
        try:
            output = self._announced = self._output(inInfo)
        except Exception as error:
            self._announced = None
            if self._model_file:
                self._reporting.foresee(error)
            # One node, so that RequestData is reached and can say what is wrong. The input's times stay:
            # without any, ParaView's animation would go to the time 0 until a model is chosen.
            times = _input_times(inInfo)
            announce(information, Grid((1, 1, 1)), times, (times[0], times[-1]) if times else None)
            return 1
        announce(information, output.grid, output.times, output.content.time_range)
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Fill the part of the output that is asked for, or leave it empty with an error."""
        image = vtkImageData.GetData(outInfo)
        with self._reporting.update([image]):
            self._fill(image, inInfo, outInfo.GetInformationObject(0))
        return 1

    def _request(self) -> Request:
        raise NotImplementedError

    def _place(self, inInfo) -> tuple[Region | None, Grid | None]:
        raise NotImplementedError

    def _output(self, inInfo) -> Output:
        header = self._header()
        self._performance.check()
        speed = speed_unit(header.length_unit, header.time_unit)
        return self._request().output(header.domain, *self._place(inInfo), speed_unit=speed)

    def _fill(self, image, inInfo, information) -> None:
        pipeline = vtkStreamingDemandDrivenPipeline
        output = self._output(inInfo)
        content = output.content
        extent = vector(information, pipeline.UPDATE_EXTENT(), 6)
        if extent is None or any(extent[2 * i] > extent[2 * i + 1] for i in range(3)):
            return  # more MPI ranks than slabs: this rank has nothing to give
        if self._announced is None or not output.grid.matches(self._announced.grid):
            # The file came or changed after the grid was announced, perhaps by a Neural Fit upstream; VTK
            # would not ask again.
            self._announced = output
            announce(information, output.grid, output.times, content.time_range)
            extent = whole_extent(output.grid)
            information.Set(pipeline.UPDATE_EXTENT(), extent, 6)
        part = piece(output.grid, extent)
        wanted = None if content.time_range is None else asked_time(information)
        asked = float(output.times[0]) if wanted is None else wanted
        step, remarks = content.step(asked), output.warnings([asked])
        start = clock.perf_counter()
        decoded = self._decoder.decode(
            self._model_file,
            part,
            step.arrays,
            self._performance,
            self._reporting.progress,
            self._reporting.stop_wanted,
        )
        seconds = clock.perf_counter() - start
        remarks += (decoded.remark,) if decoded.remark else ()
        self._reporting.warn(*remarks)
        image.ShallowCopy(image_of(output.grid, extent, decoded.values, content.units))
        add_weights(image, step.arrays)
        if content.time_range is not None:
            image.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), asked)
        when = "" if content.time_range is None else f" at {step.when}"
        where = "from the cache" if decoded.device == "cache" else f"in {seconds:.2f} s on {decoded.device}"
        done = f"{step.text}: {node_count(part)} nodes{when} {where}"
        between = kind_of(self._header().kind).between if step.lies_between else ""
        self._reporting.outcome = "; ".join(filter(None, [done, *remarks, between]))

    def _header(self) -> Header:
        header = self._decoder.header(self._model_file)
        self._variables.offer(header.domain.names)
        return header

    def _try_header(self) -> Header | None:
        try:
            return self._header()
        except CheckpointError:
            return None

    def _set(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.Modified()


def _input_times(inInfo) -> Sequence[float]:
    """Time steps of the input, () where there is none."""
    if not inInfo or inInfo[0].GetNumberOfInformationObjects() == 0:
        return ()
    return time_steps(inInfo[0].GetInformationObject(0))
