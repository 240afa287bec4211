"""Two series, a prediction and its ground truth, measured at every step that both have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stsr_core.measuring.isovalue import separating_value
from stsr_core.measuring.measured import measure
from stsr_core.measuring.pair import pair_of, paired_names, require_same_nodes
from stsr_core.measuring.rows import Row
from stsr_core.measuring.segmenting import cells_of, segmenter
from stsr_core.measuring.times import shared_steps
from stsr_core.measuring.whole_series import WholeSeries
from stsr_core.metrics.cells import Segmenter
from stsr_core.series import Variable, VolumeSeries

_LISTED = 4  # times named in a remark


@dataclass(frozen=True)
class SeriesMeasures:
    """What :func:`compare_series` found.

    Parameters
    ----------
    measures : list of dict
        Per variable the means over all steps, and over kept and unseen ones where those are known; see
        :func:`stsr_core.measuring.rows.mean_rows`.
    curves : list of dict
        One row per variable and step of the ground truth; NaN at a step that is left out.
    remarks : tuple of str
        What is left out, and why.
    """

    measures: list[Row]
    curves: list[Row]
    remarks: tuple[str, ...]


def compare_series(
    prediction: VolumeSeries,
    truth: VolumeSeries,
    *,
    kept: Mapping[str, Sequence[float]] | None = None,
    isovalue: float | None = None,
    cells: str | Segmenter | None = None,
    on_progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> SeriesMeasures:
    """Measure every variable of one name, or the only one of each, at every time that both series have.

    Times are one if they differ by no more than a millionth of the ground truth's shortest interval; other
    times, and other nodes, are never compared. The ground truth is read twice: the first time for the range
    of the whole series, from which ``psnr_global`` and the isovalue come.

    Parameters
    ----------
    kept : mapping of str to sequence of float, optional
        Variable → times that a model was trained on: they and the others are told apart.
    isovalue : float, optional
        Of the chamfer distance, for every variable; by default
        :func:`~stsr_core.measuring.isovalue.separating_value` of the whole series of each.
    cells : {"largest", "all"} or callable, optional
        Measure cells as well: see :func:`stsr_core.measuring.segmenting.segmenter`.
    on_progress : callable
        Called with the fraction done and what is begun.

    Raises
    ------
    ValueError
        The series have no variable or no time in common, other nodes, or nothing finite to compare.

    Examples
    --------
    >>> truth = np.arange(24.0).reshape(3, 2, 2, 2)
    >>> series = [VolumeSeries.from_arrays({"u": values}) for values in (truth + 0.7, truth)]
    >>> found = compare_series(*series, kept={"u": [0.0, 2.0]})
    >>> [(row["steps"], row["n_steps"], round(row["psnr"], 6)) for row in found.measures]
    [('all', 3, 20.0), ('kept', 2, 20.0), ('unseen', 1, 20.0)]
    """
    segment = segmenter(cells)
    remarks: list[str] = []
    remedy = "give each of the two its own --name, the same one"
    pairs = paired_names(prediction.names, truth.names, remarks, remedy=remedy)
    for predicted_as, name in pairs:
        require_same_nodes(
            prediction[predicted_as].grid,
            truth[name].grid,
            remedy="sample the prediction on the ground truth's grid (stsr upscale --like)",
        )
    known = kept or {}
    kept = {name: known[predicted_as] for predicted_as, name in pairs if predicted_as in known}
    measures: list[Row] = []
    curves: list[Row] = []
    total = sum(2 * len(truth[name].times) for _, name in pairs)
    done = 0

    def progress(text: str) -> None:
        nonlocal done
        on_progress(done / total, text)
        done += 1

    for predicted_as, name in pairs:
        found = _walk(prediction[predicted_as], truth[name], isovalue, segment, remarks, progress)
        measures += found.means(kept, {name: truth[name].unit or prediction[predicted_as].unit})
        curves += found.curves(kept)
        remarks += found.remarks
    if not measures:
        raise ValueError("; ".join(remarks))
    on_progress(1.0, "measured")
    return SeriesMeasures(measures, curves, tuple(remarks))


def _walk(
    prediction: Variable,
    truth: Variable,
    isovalue: float | None,
    segment: Segmenter | None,
    remarks: list[str],
    progress: Callable[[str], None],
) -> WholeSeries:
    name, n_steps = truth.name, len(truth.times)
    walked = WholeSeries(truth.times.tolist())
    steps = shared_steps(prediction.times, truth.times)
    remarks += _left_out(prediction, truth, steps)
    for i in range(n_steps) if steps else ():
        progress(f"{name}: surveying step {i + 1} of {n_steps}")
        walked.survey({name: truth.step(i)})
    if not steps:
        return walked
    survey = walked.surveys[name]
    surface = separating_value(survey.sample()) if isovalue is None else isovalue
    cells = cells_of(segment, truth.grid.spacing)
    for i in range(n_steps):
        progress(f"{name}: step {i + 1} of {n_steps}")
        if i not in steps:
            continue
        said: list[str] = []
        pair = pair_of((prediction.name, name), truth.step(i), prediction.step(steps[i]), said)
        if pair is not None:
            found = measure(pair, survey, surface, series_range=survey.range, cells=cells)
            walked.add(i, {name: found})
            said += found.remarks
        walked.remark(*said)
    return walked


def _left_out(prediction: Variable, truth: Variable, steps: Mapping[int, int]) -> list[str]:
    """Steps that only one of them has."""
    alone = np.delete(truth.times, list(steps))
    extra = np.delete(prediction.times, list(steps.values()))
    sentences = []
    for times, whose, other, of in (
        (alone, "ground truth", "prediction", truth),
        (extra, "prediction", "ground truth", prediction),
    ):
        if len(times):
            listed = ", ".join(f"{t:.6g}" for t in times[:_LISTED]) + (", …" if len(times) > _LISTED else "")
            sentences.append(
                f"{truth.name}: {len(times)} of {len(of.times)} steps of the {whose} are left out, at whose "
                f"times the {other} has none: {listed}"
            )
    return sentences
