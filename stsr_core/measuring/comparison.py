"""Predictions of a whole series against its ground truth: kept and unseen steps apart, one step at a time.

PSNR uses the range of each ground-truth step and is averaged over steps (specification, section 11). A kept
step still holds unseen voxels when voxels were left out as well. What lies beyond the last kept step or voxel
is extrapolated by every method; it enters ``all_steps`` and, along the far faces, ``kept`` and ``unseen``,
but not ``unseen_inside``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stsr_core.fields.kinds import KINDS
from stsr_core.kept import Kept, kept_of, step_kinds, steps_to_measure
from stsr_core.measuring.means import means_by_kind
from stsr_core.metrics import psnr_per_step
from stsr_core.series import Variable, VolumeSeries

if TYPE_CHECKING:
    from stsr_core.fields.base import Field

#: Interpolations that every table shows beside the model: label → field kind.
BASELINES = {KINDS[kind].label: kind for kind in ("tricubic_linear", "cubic")}


@dataclass(frozen=True)
class Row:
    """One method on one variable; PSNR in dB, means over the measured steps of each kind.

    Parameters
    ----------
    kept : float
        Steps that were kept, all voxels.
    unseen : float
        Steps left out between two kept ones, all voxels. NaN when there are none.
    unseen_inside : float
        The same steps, only voxels between the first and the last kept one of each axis.
    all_steps : float
        Every step, those after the last kept one included: the mean of the kinds, weighted by how many steps
        of the series are of each.
    fit_seconds, step_seconds : float
        Time to make the field, and the mean time to evaluate one step.
    n_measured, n_steps : int
        Steps that were measured, of how many.
    n_constant : int
        Measured steps with a constant ground truth: they have no PSNR and are left out.
    """

    variable: str
    method: str
    kept: float
    unseen: float
    unseen_inside: float
    all_steps: float
    fit_seconds: float
    step_seconds: float
    n_measured: int
    n_steps: int
    n_constant: int = 0


@dataclass
class _Record:
    """What was measured of one method on one variable: step → value."""

    n_steps: int
    whole: dict[int, float] = field(default_factory=dict)
    inside: dict[int, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


class Comparison:
    """Collects predictions step by step and sums them up; nothing but numbers is held.

    Parameters
    ----------
    kept : mapping of str to Kept
        What was kept of each variable, by name (see :func:`stsr_core.series.kept_of`).

    Examples
    --------
    >>> series = VolumeSeries.from_arrays({"a": np.arange(24.0).reshape(3, 2, 2, 2)})
    >>> table = Comparison({"a": Kept(temporal_gap=1)})
    >>> for i in range(3):
    ...     table.add("off by one", series["a"], i, series["a"].step(i), series["a"].step(i) + 1, seconds=0.5)
    >>> row = table.rows()[0]
    >>> round(row.unseen, 4), row.step_seconds       # 20·log10(7), the range of each step
    (16.902, 0.5)
    """

    def __init__(self, kept: Mapping[str, Kept]) -> None:
        self.kept = kept
        self._records: dict[tuple[str, str], _Record] = {}

    def add(
        self,
        method: str,
        variable: Variable,
        i: int,
        truth: np.ndarray,
        prediction: np.ndarray,
        *,
        seconds: float = 0.0,
    ) -> None:
        """Measure the prediction (Z, Y, X) of step ``i``; points of no finite truth, or NaN, do not count.

        Raises
        ------
        ValueError
            If the shapes differ or the prediction is infinite.
        """
        record = self._records.setdefault((variable.name, method), _Record(len(variable.times)))
        factor = self.kept[variable.name].spatial_factor
        ends = [(n - 1) // factor * factor + 1 for n in truth.shape]
        inner = tuple(slice(0, end) for end in ends)
        record.whole[i] = _psnr(truth, prediction)
        record.inside[i] = _psnr(truth[inner], prediction[inner])
        record.seconds.append(seconds)

    def steps(self, variable: str, method: str, *, inside: bool = False) -> dict[int, float]:
        """PSNR in dB of each measured step by step number, over all voxels or those of the sampled box."""
        record = self._records[variable, method]
        return dict(sorted((record.inside if inside else record.whole).items()))

    def rows(self, fit_seconds: Mapping[str, float] | None = None) -> list[Row]:
        """One row per variable and method, in the order they were first added."""
        order = list(dict.fromkeys(name for name, _ in self._records))
        return [
            self._row(name, method, record, (fit_seconds or {}).get(method, float("nan")))
            for wanted in order
            for (name, method), record in self._records.items()
            if name == wanted
        ]

    def _row(self, name: str, method: str, record: _Record, fit_seconds: float) -> Row:
        kinds = step_kinds(record.n_steps, self.kept[name].temporal_gap)
        whole, inside = means_by_kind(record.whole, kinds), means_by_kind(record.inside, kinds)
        return Row(
            name,
            method,
            whole.kept,
            whole.unseen,
            inside.unseen,
            whole.all,
            fit_seconds,
            float(np.mean(record.seconds)),
            whole.measured,
            record.n_steps,
            whole.undefined,
        )


def compare(
    series: VolumeSeries,
    fields: Mapping[str, Field],
    spatial_factor: int | Sequence[int] = 1,
    temporal_gap: int | Sequence[int] = 0,
    *,
    most_voxels: int | None = None,
    device: str = "auto",
    on_progress: Callable[[float], None] | None = None,
    should_abort: Callable[[], bool] | None = None,
) -> Comparison:
    """Evaluate fields on the full grid at the steps of ``series`` and measure them.

    Parameters
    ----------
    series : VolumeSeries
        Ground truth: all voxels and steps, also those that were not kept.
    fields : mapping of str to Field
        Label → field; each knows the variables of the series.
    spatial_factor, temporal_gap : int or sequence of int
        What was kept, as for :func:`stsr_core.sampling.subsample`.
    most_voxels : int, optional
        Upper bound on the voxels evaluated per variable and field; above it only some steps of each kind,
        drawn at random with a fixed seed, are measured.
    on_progress, should_abort : callable, optional
        Called with the fraction done after every step; asked before every step, True ends with what there is.
    """
    from stsr_core.inference import evaluate

    comparison = Comparison(kept_of(series, spatial_factor, temporal_gap))
    tasks = []
    for variable in series:
        limit = None if most_voxels is None else max(3, most_voxels // variable.grid.size)
        gap = comparison.kept[variable.name].temporal_gap
        tasks += [(variable, i) for i in steps_to_measure(len(variable.times), gap, limit)]
    for done, (variable, i) in enumerate(tasks):
        if should_abort is not None and should_abort():
            break
        truth, when = variable.step(i), variable.times[i : i + 1]
        for label, each in fields.items():
            started = time.monotonic()
            values = evaluate(each, variable.grid, when, variable.name, device=device)
            seconds = time.monotonic() - started
            comparison.add(label, variable, i, truth, values[0], seconds=seconds)
        if on_progress is not None:
            on_progress((done + 1) / len(tasks))
    return comparison


def with_baselines(
    series: VolumeSeries,
    model: Field,
    model_seconds: float,
    spatial_factor: int | Sequence[int],
    temporal_gap: int | Sequence[int],
    device: str = "auto",
    fill: float | str | None = None,
) -> tuple[dict[str, Field], dict[str, float]]:
    """The model and the interpolations of the same kept samples: label → field, label → seconds to make."""
    from stsr_core.training import fit

    fields, seconds = {model.kind: model}, {model.kind: model_seconds}
    for label, kind in BASELINES.items():
        if kind != model.kind:
            started = time.monotonic()
            fields[label] = fit(
                series,
                field=kind,
                spatial_factor=spatial_factor,
                temporal_gap=temporal_gap,
                device=device,
                fill=fill,
            )
            seconds[label] = time.monotonic() - started
    return fields, seconds


def _psnr(truth: np.ndarray, prediction: np.ndarray) -> float:
    known = np.isfinite(truth) & ~np.isnan(prediction)
    if not known.any():
        return float("nan")
    mask = None if known.all() else known[None]
    return float(psnr_per_step(truth[None], prediction[None], mask=mask)[0])
