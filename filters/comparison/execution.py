"""What Compare to GT does between the requests of the pipeline: announce, ask, visit, fill."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.io.vtk import to_vtk_picture
from stsr_core.model.checkpoint import read_header
from stsr_filters.comparison.files import write_comparison
from stsr_filters.comparison.inputs import Inputs
from stsr_filters.comparison.one_step import OneStep, compare_step
from stsr_filters.comparison.outputs import error_image, own_extent
from stsr_filters.comparison.pairs import NothingToCompare, Pairs, pairs_of, truth_values
from stsr_filters.comparison.settings import Settings
from stsr_filters.comparison.steps import (
    StepTimes,
    TimeMatching,
    TimesDiffer,
    Visit,
    require_same_time,
    visits,
)
from stsr_filters.comparison.tables import Row, step_row, vtk_table, wide_rows
from stsr_filters.comparison.whole_series import WholeSeries
from stsr_filters.pipeline.information import announce, ask_for_whole, whole_extent
from stsr_filters.pipeline.vtk_compat import (
    process_rank,
    vtkAlgorithm,
    vtkDataObject,
    vtkStreamingDemandDrivenPipeline,
)

_ERRORS, _MEASURES, _PICTURE, _CURVES = range(4)
_NO_PICTURE = (2, 2)  # white; ParaView cannot show a single pixel, and shows every output at first


class Stopped(Exception):
    """The user stopped the comparison."""


class Execution:
    """One set of settings on one state of the inputs; a change of either makes a new one.

    Parameters
    ----------
    settings : Settings
    report : callable
        Called with the fraction done and what is begun; raises :class:`Stopped`.
    """

    def __init__(self, settings: Settings, report: Callable[[float, str], None]) -> None:
        self.settings = settings
        self.outcome = ""
        self._report = report
        self._refusal: Exception | None = None
        self._warnings: list[str] = []
        self._told: set[str] = set()
        self._picture_size = _NO_PICTURE
        self._kept: dict[str, tuple[float, ...]] = {}
        self._series: WholeSeries | None = None  # complete when no visit is left
        self._visits: tuple[Visit, ...] = ()
        self._visited = 0
        self._walked_for: float | None = None

    # Before the data exists

    def announce(self, inputs: Inputs, outInfo: Any) -> None:
        """Grid, picture size and times of the outputs.

        Raises
        ------
        ValueError, OSError
            The settings or inputs are unusable.
        """
        self.settings.check()
        if self.settings.model_file:
            self._kept = {d.name: d.times for d in read_header(self.settings.model_file).domain}
        if self.settings.picture.enabled:
            # Without a matplotlib that works, rendering tells so later, and the measures stay.
            with suppress(ImportError):
                self._picture_size = self.settings.picture.picture_size()
        _, grid = inputs.grids()
        predicted, true = inputs.times()
        if self.settings.all_steps and not true.steps:
            raise ValueError("All Time Steps is on, but the ground truth lists no time steps")
        self._announce(outInfo, grid, true if true.range or true.steps else predicted)

    def refuse(self, error: Exception, inInfo: Any, outInfo: Any) -> None:
        """Announce one node, so that RequestData is reached and can say what is wrong.

        The times stay: without any, ParaView's animation would go to the time 0.
        """
        self._refusal = error
        self._picture_size = _NO_PICTURE
        try:
            _, times = Inputs.of(inInfo).times()
        except ValueError:
            times = StepTimes()
        self._announce(outInfo, Grid((1, 1, 1)), times)

    def _announce(self, outInfo: Any, grid: Grid, times: StepTimes) -> None:
        pipeline = vtkStreamingDemandDrivenPipeline
        steps = np.array(times.steps)
        span = times.range or ((times.steps[0], times.steps[-1]) if times.steps else None)
        width, height = self._picture_size
        announce(outInfo.GetInformationObject(_ERRORS), grid, steps, span)
        outInfo.GetInformationObject(_ERRORS).Set(vtkAlgorithm.CAN_PRODUCE_SUB_EXTENT(), 1)
        announce(outInfo.GetInformationObject(_PICTURE), Grid((1, height, width)), steps, span)
        for port in (_MEASURES, _CURVES):
            information = outInfo.GetInformationObject(port)
            information.Remove(pipeline.TIME_STEPS())
            information.Remove(pipeline.TIME_RANGE())
            if span is not None:
                information.Set(pipeline.TIME_STEPS(), times.steps, len(times.steps))
                information.Set(pipeline.TIME_RANGE(), span, 2)

    def ask(self, inInfo: Any, asked: float | None) -> None:
        """Tell both inputs which time is wanted, and that all of their grid is, on every rank."""
        pipeline = vtkStreamingDemandDrivenPipeline
        for port in inInfo:
            for i in range(port.GetNumberOfInformationObjects()):
                information = port.GetInformationObject(i)
                ask_for_whole(information)
                information.Set(pipeline.UPDATE_PIECE_NUMBER(), 0)
                information.Set(pipeline.UPDATE_NUMBER_OF_PIECES(), 1)
                information.Set(pipeline.UPDATE_NUMBER_OF_GHOST_LEVELS(), 0)
        try:
            inputs = Inputs.of(inInfo)
        except ValueError:
            return  # told in RequestData
        _, true = inputs.times()
        time = self._wanted(true, asked)
        if time is None:
            return
        if self.settings.all_steps and true.steps and (self._series is None or self._visits):
            if not self._visits or self._walked_for != time:
                self.reset()
                self._visits, self._walked_for = visits(true, time), time
                self._series = WholeSeries(true)
            visit = self._visits[self._visited]
            wanted = (visit.prediction, visit.truth)
        else:
            wanted = (time, time)
        for information, when in zip(inputs.information, wanted, strict=True):
            information.Set(pipeline.UPDATE_TIME_STEP(), when)

    def _wanted(self, true: StepTimes, asked: float | None) -> float | None:
        if asked is None:
            return true.steps[0] if true.steps else None
        if self.settings.matching == TimeMatching.NEAREST and true.steps:
            return true.nearest(asked)
        return asked

    def reset(self) -> None:
        """Forget an unfinished walk."""
        self._series, self._visits, self._visited, self._walked_for = None, (), 0, None

    # With the data

    def visit(self, inInfo: Any, outInfo: Any, asked: float | None) -> bool:
        """Take in one update of the inputs; True if another one is needed, otherwise the outputs are filled.

        Raises
        ------
        Stopped, ValueError, OSError
        """
        self._progress(0.0, "looking at the inputs")
        if self._refusal is not None:
            raise self._refusal
        inputs = Inputs.of(inInfo)
        prediction, truth = inputs.images()
        visit = self._visits[self._visited] if self._visits else None
        if visit is not None and self._series is not None and visit.surveying:
            self._series.survey(truth_values(prediction, truth, self.settings.arrays))
            self._visited += 1
            return True
        last = visit is None or self._visited == len(self._visits) - 1
        try:
            predicted_time, time = inputs.data_times()
            predicted, true = inputs.times()
            remarks = require_same_time(predicted_time, time, true, predicted)
            time = predicted_time if time is None else time
            pairs = pairs_of(prediction, truth, names=self.settings.arrays, resample=self.settings.resample)
            found = self._compare(pairs, time)
        except (TimesDiffer, NothingToCompare) as error:
            if last or self._series is None:
                raise
            self._series.remark(f"a step is left out: {error}")
            self._visited += 1
            return True
        if visit is not None and self._series is not None:
            if visit.step is not None:
                self._series.add(visit.step, found.measured)
            self._series.remark(*remarks, *found.remarks)
            self._visited += 1
            if not last:
                return True
            self._visits = ()
        self._fill(outInfo, inputs, pairs, found, time, remarks, walked=visit is not None)
        return False

    def _compare(self, pairs: Pairs, time: float | None) -> OneStep:
        # A share for each thing begun: matching, per variable the measures and the pictures, and the outputs.
        per_variable = 14 if self.settings.picture.enabled else 10
        share, begun = 1.0 / (3 + per_variable * len(pairs.pairs)), 1
        doing = "arrays matched"

        def report(text: str) -> None:
            nonlocal begun, doing
            self._progress(
                min(1.0, begun * share), doing
            )  # the end of one thing and the beginning of the next
            self._progress(min(1.0, begun * share), text)
            begun, doing = begun + 1, text

        surveys = None if self._series is None else self._series.surveys
        return compare_step(pairs, self.settings, surveys, time, report, draw=process_rank() == 0)

    def _fill(
        self,
        outInfo: Any,
        inputs: Inputs,
        pairs: Pairs,
        found: OneStep,
        time: float | None,
        remarks: list[str],
        *,
        walked: bool,
    ) -> None:
        self._progress(0.9, "error arrays")
        outputs = [vtkDataObject.GetData(outInfo.GetInformationObject(i)) for i in range(4)]
        grid = pairs.grid
        extent = own_extent(outInfo.GetInformationObject(_ERRORS), whole_extent(grid))
        if extent is not None:
            outputs[_ERRORS].ShallowCopy(error_image(pairs, extent, inputs.images()[1]))
        self._progress(0.95, "tables")
        units = {pair.name: pair.unit for pair in pairs.pairs}
        measures = [step_row(name, units[name], time, m) for name, m in found.measured.items()]
        curves: list[Row] = []
        said = [*remarks, *found.remarks]
        if self._series is not None:
            kept = {p.name: self._kept[p.predicted_as] for p in pairs.pairs if p.predicted_as in self._kept}
            measures, curves = self._series.means(kept, units), self._series.curves(kept)
            said = list(self._series.remarks)
            if self._kept and not kept:
                said.append(f"{self.settings.model_file}: the model has none of the variables compared")
        if process_rank() == 0:  # a second copy of a row would be a second row
            outputs[_MEASURES].ShallowCopy(vtk_table(measures))
            outputs[_CURVES].ShallowCopy(vtk_table(wide_rows(curves)))
            if self.settings.table_file:
                self._progress(0.98, "writing the table")
                parts = {"time": time, "measures": measures, "curves": curves, "remarks": said}
                write_comparison(self.settings.table_file, parts, curves or measures)
        width, height = self._picture_size
        picture = found.picture
        if picture is None or picture.shape[:2] != (height, width):
            picture = np.full((height, width, 3), 255, np.uint8)
        outputs[_PICTURE].ShallowCopy(to_vtk_picture(picture))
        if time is not None:
            for output in outputs:
                output.GetInformation().Set(vtkDataObject.DATA_TIME_STEP(), time)
        # Those of a walk were told at its end.
        self._warnings = said if walked or self._series is None else []
        self.outcome = "; ".join([*map(_sentence, measures), *said])
        self._progress(1.0, "done")

    def take_warnings(self) -> list[str]:
        """What was left out or done besides, once and not again at every time."""
        warnings = [text for text in self._warnings if text not in self._told]
        self._told.update(warnings)
        return warnings

    def _progress(self, fraction: float, text: str) -> None:
        if not self._visits:
            self._report(fraction, text)
            return
        n = len(self._visits)
        step = self._visits[self._visited]
        what = "surveying the ground truth" if step.surveying else text
        self._report((self._visited + fraction) / n, f"t = {step.truth:g}: {what}")


def _sentence(row: Row) -> str:
    when = "" if row["time"] is None else f" at t = {row['time']:g}"
    if row["steps"] != "one":
        when = f" over {row['n_steps']} {'' if row['steps'] == 'all' else row['steps'] + ' '}steps"
    unit = f" {row['unit']}" if row["unit"] else ""
    return f"{row['variable']}: PSNR {row['psnr']:.2f} dB, RMSE {row['rmse']:.4g}{unit}{when}"
