"""What Compare to GT does with the data of each visit: survey, compare, leave out, and fill the outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stsr_core.grid import Grid
from stsr_core.measuring.rows import Row, step_row
from stsr_core.measuring.whole_series import WholeSeries
from stsr_core.model.checkpoint import read_header
from stsr_filters.comparison.announcing import announce_outputs, ask_inputs
from stsr_filters.comparison.files import write_comparison
from stsr_filters.comparison.inputs import Inputs
from stsr_filters.comparison.one_step import OneStep, compare_step
from stsr_filters.comparison.outputs import NO_PICTURE, fill_errors, fill_picture, fill_tables, mark_time
from stsr_filters.comparison.pairs import NothingToCompare, Pairs, pairs_of, truth_values
from stsr_filters.comparison.settings import Settings
from stsr_filters.comparison.steps import StepTimes, TimesDiffer, require_same_time, shared_span
from stsr_filters.comparison.walk import Walk
from stsr_filters.pipeline.vtk_compat import process_rank


@dataclass(frozen=True)
class Compared:
    """Both inputs of one visit, and what was found."""

    pairs: Pairs
    found: OneStep
    time: float | None
    remarks: tuple[str, ...]


class Execution:
    """One set of settings on one state of the inputs; a change of either makes a new one.

    Parameters
    ----------
    settings : Settings
    report : callable
        Called with the fraction done and what is begun; may raise to stop.

    Attributes
    ----------
    outcome : str
        What was found last, in short.
    """

    def __init__(self, settings: Settings, report: Callable[[float, str], None]) -> None:
        self.settings = settings
        self.outcome = ""
        self._report = report
        self._refusal: Exception | None = None
        self._walk = Walk(StepTimes())
        self._series: WholeSeries | None = None  # what the walk collects; complete when it is
        self._kept: Mapping[str, tuple[float, ...]] = {}
        self._picture_size = NO_PICTURE
        self._span: tuple[float, float] | None = None  # of the times that are compared
        self._asked: float | None = None
        self._warnings: list[str] = []
        self._told: set[str] = set()

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
        span = self._span = shared_span(true, predicted)
        self._walk = Walk(true, matching=self.settings.matching, all_steps=self.settings.all_steps, span=span)
        times = true.within(span) if true.span else predicted
        announce_outputs(outInfo, grid, times, self._picture_size)

    def refuse(self, error: Exception, inInfo: Any, outInfo: Any) -> None:
        """Announce one node, so that RequestData is reached and can say what is wrong.

        The times stay: without any, ParaView's animation would go to the time 0.
        """
        self._refusal = error
        self._picture_size = NO_PICTURE
        try:
            _, times = Inputs.of(inInfo).times()
        except ValueError:
            times = StepTimes()
        announce_outputs(outInfo, Grid((1, 1, 1)), times, NO_PICTURE)

    def ask(self, inInfo: Any, asked: float | None) -> None:
        """Ask both inputs for what the next visit needs."""
        self._asked = asked
        ask_inputs(inInfo, self._walk.towards(asked))

    def visit(self, inInfo: Any, outInfo: Any) -> bool:
        """Take in one update of the inputs; True if another one is needed, otherwise the outputs are filled.

        After an error the walk begins anew, unless it is complete.

        Raises
        ------
        ValueError, OSError
        """
        try:
            return self._visit(inInfo, outInfo)
        except Exception:
            self._walk.give_up()
            raise

    def _visit(self, inInfo: Any, outInfo: Any) -> bool:
        walk, settings = self._walk, self.settings
        self._progress(0.0, "looking at the inputs")
        if self._refusal is not None:
            raise self._refusal
        inputs = Inputs.of(inInfo)
        prediction, truth = inputs.images()
        if walk.begins:
            self._series = WholeSeries(walk.times.steps)
        if walk.visit.surveying and self._series is not None:
            self._series.survey(truth_values(prediction, truth, settings.arrays))
            return walk.go_on()
        try:
            compared = self._compare(inputs)
        except (TimesDiffer, NothingToCompare) as error:
            if self._series is None or not walk.leads_on:
                raise
            self._series.remark(f"a step is left out: {error}")
            return walk.go_on()
        walked = walk.walking
        if walked and self._series is not None:
            if walk.visit.step is not None:
                self._series.add(walk.visit.step, compared.found.measured)
            self._series.remark(*compared.remarks, *compared.found.remarks)
        if walk.leads_on:
            return walk.go_on()
        self._fill(outInfo, inputs, compared, walked=walked)
        return walk.go_on()

    def _compare(self, inputs: Inputs) -> Compared:
        predicted_time, time = inputs.data_times()
        predicted, true = inputs.times()
        remarks = require_same_time(predicted_time, time, true, predicted)
        time = predicted_time if time is None else time
        prediction, truth = inputs.images()
        pairs = pairs_of(prediction, truth, names=self.settings.arrays, resample=self.settings.resample)
        # A share for each thing begun: matching, per variable the measures and the pictures, and the outputs.
        per_variable = (14 if self.settings.picture.enabled else 10) + (8 if self.settings.cells else 0)
        share, begun = 1.0 / (3 + per_variable * len(pairs.pairs)), 1
        doing = "arrays matched"

        def report(text: str) -> None:
            nonlocal begun, doing
            for told in (doing, text):  # the end of one thing and the beginning of the next
                self._progress(min(1.0, begun * share), told)
            begun, doing = begun + 1, text

        surveys = None if self._series is None else self._series.surveys
        found = compare_step(pairs, self.settings, surveys, time, report, draw=process_rank() == 0)
        return Compared(pairs, found, time, tuple(remarks))

    def _fill(self, outInfo: Any, inputs: Inputs, compared: Compared, *, walked: bool) -> None:
        pairs, found, time = compared.pairs, compared.found, compared.time
        self._progress(0.9, "error arrays")
        fill_errors(outInfo, pairs, inputs.images()[1])
        self._progress(0.95, "tables")
        units = {pair.name: pair.unit for pair in pairs.pairs}
        measures = [step_row(name, units[name], time, m) for name, m in found.measured.items()]
        curves: list[Row] = []
        said = [*compared.remarks, *found.remarks]
        if self._series is not None:
            kept = {p.name: self._kept[p.predicted_as] for p in pairs.pairs if p.predicted_as in self._kept}
            measures, curves = self._series.means(kept, units), self._series.curves(kept)
            said = list(self._series.remarks)
            if self._kept and not kept:
                said.append(f"{self.settings.model_file}: the model has none of the variables compared")
        said += self._overlap(time)
        fill_tables(outInfo, measures, curves)
        if self.settings.table_file and process_rank() == 0:
            self._progress(0.98, "writing the table")
            parts = {"time": time, "measures": measures, "curves": curves, "remarks": said}
            write_comparison(self.settings.table_file, parts, curves or measures)
        fill_picture(outInfo, found.picture, self._picture_size)
        mark_time(outInfo, time)
        # Those of a walk were told at its end.
        self._warnings = said if walked or self._series is None else []
        self.outcome = "; ".join([*map(_sentence, measures), *said])
        self._progress(1.0, "done")

    def _overlap(self, time: float | None) -> list[str]:
        """What is not compared because only one of the two has it."""
        if self._span is None or time is None:
            return []
        first, last = self._span
        listed = self._walk.times.steps
        left_out = len(listed) - len(self._walk.times.within(self._span).steps)
        said = []
        if left_out:
            said.append(
                f"compared from {first:g} to {last:g}, where both have times; {left_out} of {len(listed)} "
                "steps of the ground truth are left out"
            )
        if self._walk.outside(self._asked):
            said.append(
                f"time {self._asked:g} is not in {first:g} to {last:g}, where both have times; at {time:g}"
            )
        return said

    def take_warnings(self) -> list[str]:
        """What was left out or done besides, once and not again at every time."""
        warnings = [text for text in self._warnings if text not in self._told]
        self._told.update(warnings)
        return warnings

    def _progress(self, fraction: float, text: str) -> None:
        self._report(*self._walk.told(fraction, text))


def _sentence(row: Row) -> str:
    when = "" if row["time"] is None else f" at t = {row['time']:g}"
    if row["steps"] != "one":
        when = f" over {row['n_steps']} {'' if row['steps'] == 'all' else row['steps'] + ' '}steps"
    unit = f" {row['unit']}" if row["unit"] else ""
    return f"{row['variable']}: PSNR {row['psnr']:.2f} dB, RMSE {row['rmse']:.4g}{unit}{when}"
