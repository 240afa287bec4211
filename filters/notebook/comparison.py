"""A prediction against its ground truth: one mesh, or a model at every step of a series."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stsr_core.measuring.pair import same_or_only
from stsr_core.measuring.rows import Row, step_row
from stsr_core.measuring.two_series import compare_series
from stsr_core.metrics.table import MEASURES, Measure
from stsr_core.request.output import Request
from stsr_core.request.output_grid import GridChoice, GridMode
from stsr_core.series import Variable, VolumeSeries
from stsr_filters.comparison.one_step import compare_step
from stsr_filters.comparison.outputs import error_image
from stsr_filters.comparison.pairs import Pairs, pairs_of
from stsr_filters.comparison.settings import Settings
from stsr_filters.comparison.tables import overview_rows, vtk_table
from stsr_filters.notebook.choices import progress
from stsr_filters.notebook.html import comparison_html
from stsr_filters.notebook.meshes import as_image, time_of
from stsr_filters.pipeline.information import whole_extent

if TYPE_CHECKING:
    import pyvista

    from stsr_filters.notebook.model import Model
    from stsr_filters.notebook.series import Series


@dataclass(frozen=True, repr=False)
class Comparison:
    """What was measured; shown as a table in a notebook.

    Parameters
    ----------
    measures : list of dict
        A row per variable of one mesh; of a series a row of means over "all", "kept" and "unseen" steps.
    remarks : tuple of str
        What was left out, and why.
    errors : pyvista.ImageData or None
        Of one mesh: the ground truth's points with ``NAME``, ``NAME_prediction``, ``NAME_error``,
        ``NAME_absolute_error`` and ``NAME_relative_error``.
    curves : list of dict
        Of a series: a row per variable and step.
    """

    measures: list[Row]
    remarks: tuple[str, ...] = ()
    errors: pyvista.ImageData | None = None
    curves: Sequence[Row] = ()

    @property
    def table(self) -> pyvista.Table:
        """A row per measure, PSNR first, and a column per variable and kind of step."""
        import pyvista

        return pyvista.wrap(vtk_table(overview_rows(self.measures)))

    def value(self, measure: str, variable: str | None = None, steps: str | None = None) -> float:
        """One number of the table.

        Parameters
        ----------
        measure : str
            ``"psnr"``, ``"rmse"``, ``"nrmse"``, ``"max_error"``, ``"ssim"``, ``"chamfer"``, …
        variable : str, optional
            By default the first.
        steps : str, optional
            ``"all"``, ``"kept"`` or ``"unseen"`` of a series; by default unseen ones, if there are any.

        Returns
        -------
        float
            NaN where it is not defined.

        Raises
        ------
        ValueError
            If there is no such number.
        """
        _checked(measure)
        if steps is None and any(row["steps"] == "unseen" for row in self.measures):
            steps = "unseen"
        for row in self.measures:
            if variable in (None, row["variable"]) and steps in (None, row["steps"]):
                return float("nan") if row[measure] is None else float(row[measure])
        known = ", ".join(f"{row['variable']} ({row['steps']})" for row in self.measures)
        raise ValueError(f"there are measures of {known}, got {variable!r} and steps={steps!r}")

    def plot(self, measure: str = "psnr", *, axes: Any = None) -> Any:
        """The curve of a measure over the steps of a series, kept steps as dots and unseen ones as rings.

        Parameters
        ----------
        measure : str
        axes : matplotlib.axes.Axes, optional
            To draw into; by default those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ValueError
            If one mesh alone was compared, or there is no such measure.
        """
        if not self.curves:
            raise ValueError(
                "a curve needs the steps of a series, got one mesh; compare a Model with a Series"
            )
        row = _checked(measure)
        if axes is None:
            from matplotlib import pyplot

            axes = pyplot.subplots(figsize=(7, 3), layout="constrained")[1]
        for name in dict.fromkeys(curve["variable"] for curve in self.curves):
            curve = [each for each in self.curves if each["variable"] == name]
            times, values = ([each[key] for each in curve] for key in ("time", measure))
            (line,) = axes.plot(times, values, label=name)
            for kept, face in ((True, line.get_color()), (False, "white")):
                of_kind = [(each["time"], each[measure]) for each in curve if each["kept"] is kept]
                if of_kind:
                    label = f"{name}, {'kept' if kept else 'unseen'} steps"
                    style = {"color": line.get_color(), "markerfacecolor": face, "label": label}
                    axes.plot(*zip(*of_kind, strict=True), "o", **style)
        axes.set_xlabel("time")
        unit = self.measures[0]["unit"] if row.unit == "data" else row.unit
        axes.set_ylabel(f"{row.head} [{unit}]" if unit else row.head)
        axes.grid(alpha=0.3)
        axes.legend()
        return axes

    def __repr__(self) -> str:
        psnr = MEASURES["psnr"]
        rows = [f"{row['variable']} ({row['steps']}) {psnr.text(row['psnr'])} dB" for row in self.measures]
        return f"Comparison(PSNR: {', '.join(rows)})"

    def _repr_html_(self) -> str:
        return comparison_html(self.measures, self.remarks)


def _checked(measure: str) -> Measure:
    """The row of a measure; ValueError if there is none of that key."""
    if measure not in MEASURES:
        raise ValueError(f"measure must be one of {', '.join(MEASURES)}, got {measure!r}")
    return MEASURES[measure]


def compare_meshes(
    prediction: Any, truth: Any, names: tuple[str, str], *, pictures: bool, progress_bar: bool
) -> Comparison:
    """A mesh against the true one; see ``mesh.stsr.compare``."""
    image = as_image(truth, "truth")
    pairs = matched(prediction, image, names)
    settings = Settings()
    settings = replace(settings, picture=replace(settings.picture, enabled=pictures, size=512))
    moment = time_of(truth)
    with progress("compare", progress_bar) as report:
        step = compare_step(pairs, settings, None, moment, lambda text: report(0.5, text))
    units = {pair.name: pair.unit for pair in pairs.pairs}
    rows = [step_row(name, units[name], moment, found) for name, found in step.measured.items()]
    return Comparison(rows, step.remarks, errors_of(pairs, image))


def matched(prediction: Any, truth: Any, names: tuple[str, str]) -> Pairs:
    """The arrays that belong together, the prediction's resampled where its nodes are others."""
    return pairs_of(as_image(prediction, "the mesh"), as_image(truth, "truth"), names=names, resample=True)


def errors_of(pairs: Pairs, truth: Any) -> pyvista.ImageData:
    """Both values and three errors of every variable on the ground truth's points."""
    import pyvista

    return pyvista.wrap(error_image(pairs, whole_extent(pairs.grid), truth))


def compare_model(model: Model, truth: Series, *, progress_bar: bool) -> Comparison:
    """A model at every step of the true series, on the nodes of each of its variables."""
    domain = model.domain
    names = {true: name for name, true in same_or_only(domain.names, truth.variables)}
    if not names:
        raise ValueError(
            f"the truth must have variables of the model ({', '.join(domain.names)}), got "
            f"{', '.join(truth.variables)}"
        )
    predicted = VolumeSeries(tuple(_predicted(model, truth.volumes[t], p) for t, p in names.items()))
    kept = {true: domain.variable(name).times for true, name in names.items()}
    with progress("compare", progress_bar) as report:
        found = compare_series(predicted, truth.volumes.select(list(names)), kept=kept, on_progress=report)
    return Comparison(found.measures, found.remarks, curves=found.curves)


def _predicted(model: Model, truth: Variable, name: str) -> Variable:
    """The model's variable on the true one's nodes and times, decoded when a step is read."""
    from stsr_core.inference.mixed import evaluate_mix

    field = model.field
    output = Request((name,), grid=GridChoice(GridMode.MATCH)).output(field.domain, like=truth.grid)
    for text in output.warnings(truth.times):
        warnings.warn(text, stacklevel=4)

    def read(i: int) -> np.ndarray:
        return evaluate_mix(field, truth.grid, output.content.step(float(truth.times[i])).arrays[name])

    return replace(truth, read=read, dtype=np.dtype(model.domain.variable(name).dtype))
