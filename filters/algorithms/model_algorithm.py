"""What the algorithms around a model file share: the way from a request to an image."""

from __future__ import annotations

import time as clock
from collections.abc import Sequence

from stsr_core.fields.kinds import kind_of
from stsr_core.grid import Grid
from stsr_core.model.summary import baked_texts
from stsr_core.request.extras import speed_unit
from stsr_core.request.mix import Step
from stsr_core.request.output import Output, Request
from stsr_core.request.output_grid import GridChoice
from stsr_core.request.region import Region
from stsr_core.words import node_count
from stsr_filters.algorithms.model_properties import ModelProperties
from stsr_filters.decoding.baking.steps import BakedSteps
from stsr_filters.decoding.baking.what import Bake
from stsr_filters.decoding.onlooker import Onlooker
from stsr_filters.decoding.order import ModelKey, Order, model_key, was_replaced
from stsr_filters.decoding.resources import missing_packages
from stsr_filters.decoding.scrubbing import Scrubbing
from stsr_filters.decoding.upcoming import Upcoming
from stsr_filters.pipeline import live
from stsr_filters.pipeline.deletion import on_deletion
from stsr_filters.pipeline.information import (
    add_text,
    add_weights,
    announce,
    announce_places,
    asked_time,
    image_of,
    piece,
    time_steps,
    vector,
    whole_extent,
)
from stsr_filters.pipeline.reporting import Reporting
from stsr_filters.pipeline.vtk_compat import (
    vtkAlgorithm,
    vtkDataObject,
    vtkImageData,
    vtkStreamingDemandDrivenPipeline,
)

#: Field data that a preview has, and no other output; and what the views say of it.
PREVIEW_ARRAY, PREVIEW = "stsr preview", "preview"


class ModelAlgorithm(ModelProperties):
    """A VTK algorithm around one model file.

    A subclass fills two hooks: ``_request``, what its properties ask of the model, and ``_place``, the input
    it is shown over and the grid to match, None where there is none. A failure never raises through VTK: it
    is shown in the output window, sent as an ErrorEvent, kept as the last error, and leaves an empty output.
    Without a model file of its own it takes that of the nearest algorithm before it in the pipeline
    that has one, such as a Neural Fit.
    """

    def __init__(self, label: str, n_inputs: int, grid_choice: GridChoice) -> None:
        super().__init__(n_inputs, grid_choice)
        self._reporting = Reporting(self, label)
        self._scrubbing = Scrubbing(self._decoder)
        self._baked = BakedSteps()
        self._onlooker = Onlooker()
        self._upcoming = Upcoming()
        on_deletion(self, self._scrubbing.stop)
        on_deletion(self, self._baked.stop)
        on_deletion(self, self._onlooker.mark.clear)
        self._filled: ModelKey | None = None  # the model that the output was made from
        self._told: Grid | None = None  # the grid that was announced before the last update

    # Status

    def GetStatus(self) -> str:
        """One line: what was computed, how long it took, or what is wrong."""
        if self._reporting.last_error:
            return self._reporting.last_error
        if not self._model_file:
            return "no model file is chosen"
        ready, output = "", self._announced
        if output is not None:
            ready = f"ready to decode {output.content.title}: {node_count(output.grid)} nodes"
        told = self._reporting.outcome or missing_packages() or ready
        return "; ".join(filter(None, [told, self._baked.said]))

    def GetLastError(self) -> str:
        """What was wrong with the last update, "" if it went well."""
        return self._reporting.last_error

    # A window that looks on

    def GetNeedsUpdate(self) -> bool:
        """Whether an update would show something better; ParaView's window asks it a few times a second.

        That is the full step in place of a preview, or another model under the name of the one that is shown.
        """
        self._onlooker.asks(self)
        if self._model_file and self._onlooker.sees:
            self._scrubbing.warm_up()
        news = self._scrubbing.news() or was_replaced(self._filled) or self._baked.news()
        if not news and self._scrubbing.owes and self._onlooker.saves():
            news = self._scrubbing.finish(self._reporting.progress, self._reporting.stop_wanted)
        if news or self._scrubbing.owes:
            self.Modified()  # a preview too: whoever updates for another reason than to look must ask again
        return news

    # The pipeline

    def RequestInformation(self, request, inInfo, outInfo) -> int:
        """Announce grid and times; a failure is kept for RequestData, which is asked once and not often."""
        information = outInfo.GetInformationObject(0)
        information.Set(vtkAlgorithm.CAN_PRODUCE_SUB_EXTENT(), 1)
        self._reporting.reset()
        self._told = None
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
        self._told = output.grid
        announce(information, output.grid, output.times, output.content.time_range)
        return 1

    def RequestData(self, request, inInfo, outInfo) -> int:
        """Fill the part of the output that is asked for, or leave it empty with an error."""
        image = vtkImageData.GetData(outInfo)
        with self._reporting.update([image]):
            self._onlooker.mark.clear()
            announce_places(inInfo)
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
        key = self._filled = model_key(self.GetModelFile())  # first: a bad one is not tried again and again
        output = self._output(inInfo)
        content = output.content
        self._bake(key, output)
        extent = vector(information, pipeline.UPDATE_EXTENT(), 6)
        if extent is None or any(extent[2 * i] > extent[2 * i + 1] for i in range(3)):
            return  # more MPI ranks than slabs: this rank has nothing to give
        if self._told is None or not output.grid.matches(self._told):
            # The file came or changed after the grid was announced, perhaps by a Neural Fit upstream. VTK
            # does not ask again, and what is behind goes on asking for the extent that it was told of.
            self._announced = output
            announce(information, output.grid, output.times, content.time_range)
            extent = whole_extent(output.grid)
            information.Set(pipeline.UPDATE_EXTENT(), extent, 6)
        part = piece(output.grid, extent)
        wanted = None if content.time_range is None else asked_time(information)
        asked = float(output.times[0]) if wanted is None else wanted
        step, remarks = content.step(asked), output.warnings([asked])

        def order_of(step: Step) -> Order:
            return self._baked.order(Order(key, part, tuple(step.arrays.items())))

        start = clock.perf_counter()
        decoded = self._scrubbing.answer(
            order_of(step),
            self._performance,
            self._onlooker.takes_previews(wanted),
            self._reporting.progress,
            self._reporting.stop_wanted,
        )
        seconds = clock.perf_counter() - start
        upcoming = () if content.time_range is None else self._upcoming.after(asked, output.times)
        self._scrubbing.foresee([order_of(content.step(t)) for t in upcoming])
        remarks += (decoded.remark,) if decoded.remark else ()
        self._reporting.warn(*remarks)
        image.ShallowCopy(image_of(output.grid, extent, decoded.values, content.units))
        add_weights(image, step.arrays)
        if content.time_range is not None:
            image.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), asked)
        when = "" if content.time_range is None else f" at {step.when}"
        done = f"{step.text}: {node_count(part)} nodes{when} {decoded.where(seconds)}"
        if decoded.preview:
            self._onlooker.mark.say(PREVIEW, self)
            add_text(image, PREVIEW_ARRAY, f"{decoded.preview} nodes were computed")
        header = self._header()
        between = kind_of(header.kind).between if step.lies_between else ""
        self._reporting.outcome = "; ".join(filter(None, [done, *remarks, between, *baked_texts(header)]))

    def _bake(self, key: ModelKey, output: Output) -> None:
        """Have the listed steps baked, if that is wanted and possible; a window need not wait for it."""
        header = self._header()
        if not self._bakes or header.kind == "baked":
            self._baked.stop()
            return
        try:
            if header.training is not None:
                raise ValueError("the model is still being learned")
            what = Bake.of(key, output, self._performance)
        except ValueError as error:
            self._baked.refuse(str(error))
            if not live.window_waits():
                raise
            return
        self._baked.have(what, live.window_waits(), self._reporting.progress, self._reporting.stop_wanted)


def _input_times(inInfo) -> Sequence[float]:
    """Time steps of the input, () where there is none."""
    if not inInfo or inInfo[0].GetNumberOfInformationObjects() == 0:
        return ()
    return time_steps(inInfo[0].GetInformationObject(0))
