"""Networks measured on the held-out maps of a folder, beside interpolation and the direct solution."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from stsr_core.homogenization import diffusion, samples
from stsr_core.homogenization.configuration import INTERPOLATIONS, Configuration
from stsr_core.homogenization.maps import files_of
from stsr_core.homogenization.measures import Errors, errors_of, normalized_truth
from stsr_core.homogenization.network import Network
from stsr_core.homogenization.plan import read_plan
from stsr_core.homogenization.prediction import checked_amplitude, correct, factor
from stsr_core.homogenization.samples import Sample, fine_intervals
from stsr_core.interrupts import Stopped
from stsr_core.metrics import radial_power
from stsr_core.threads import bounded_threads

#: Parts of a folder that are measured on, with what they are in words.
MEASURED = {"test": "random maps", "patterns": "maps of a formula"}
DIRECT = "direct solution"


@dataclass(frozen=True)
class Row:
    """Means of a method over the maps of a part at a scale.

    Parameters
    ----------
    method : str
        Label of the network.
    part : str
        A key of :data:`MEASURED`.
    scale : float
        α.
    count : int
        Number of maps.
    errors : Errors
        Means.
    seconds : float
        Of a map, mean: from the coarse solution to physical values.
    spread : Errors, optional
        Standard deviations of these means over runs of other seeds.
    """

    method: str
    part: str
    scale: float
    count: int
    errors: Errors
    seconds: float
    spread: Errors | None = None

    def flat(self) -> dict[str, float | str | int]:
        """As one row of plain values."""
        head = {name: getattr(self, name) for name in ("method", "part", "scale", "count", "seconds")}
        spread = {} if self.spread is None else vars(self.spread)
        return {**head, **vars(self.errors), **{f"{name}_spread": value for name, value in spread.items()}}


@dataclass
class Evaluation:
    """What was measured.

    Parameters
    ----------
    rows : list of Row
    spectra : dict
        (part, scale) → label, "truth" among them → mean RAPSD of normalised fields.
    shown : dict
        (part, scale) → label, "truth" among them → normalised field of the first map.
    """

    rows: list[Row] = field(default_factory=list)
    spectra: dict[tuple[str, float], dict[str, np.ndarray]] = field(default_factory=dict)
    shown: dict[tuple[str, float], dict[str, np.ndarray]] = field(default_factory=dict)


@bounded_threads()
def evaluate(
    folder: str | Path,
    networks: Mapping[str, Network],
    *,
    scales: Sequence[float] | None = None,
    most: int | None = None,
    on_progress: Callable[[float, str], None] = lambda fraction, text: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Measure networks, bilinear and cubic interpolation, and the time of the direct solution.

    Parameters
    ----------
    folder : path
        Of samples; their parts "test" and "patterns" are measured on, where they are there.
    networks : mapping
        Label → network.
    scales : sequence of float, optional
        By default all that the samples have.
    most : int, optional
        Maps of each part at most.
    on_progress, should_stop : callable, optional
        Told the fraction done and what is done; asked after each prediction.

    Raises
    ------
    ValueError
        If a network is for other maps, or the folder has not the scale.
    Stopped
        If it was stopped.
    """
    plan = read_plan(folder)
    for label, network in networks.items():
        c = network.configuration
        if (c.cells, c.coarse) != (plan.cells, plan.coarse):
            raise ValueError(
                f"{label}: is for {c.cells} cells and {c.coarse} coarse intervals, but {folder} has "
                f"{plan.cells} and {plan.coarse}"
            )
    every = {
        name: Network(Configuration(method=name, cells=plan.cells, coarse=plan.coarse)).eval()
        for name in INTERPOLATIONS
    }
    every.update(networks)
    wanted = sorted({*plan.scales, *plan.test_scales}) if scales is None else [float(s) for s in scales]
    parts = {"test": plan.test, "patterns": plan.patterns}
    files = {part: files_of(folder, part)[:most] for part, there in parts.items() if there}
    if not files:
        raise ValueError(
            f"{folder}: has no maps to be measured on; make some by `stsr homogenize data --test N`"
        )
    work = sum(fine_intervals(plan.coarse, s) ** 2 for s in wanted) * sum(map(len, files.values()))
    done, found = 0, Evaluation()
    for part, paths in files.items():
        for scale in wanted:
            measured: dict[str, list[tuple[Errors, float]]] = {name: [] for name in every}
            spectra: dict[str, list[np.ndarray]] = {name: [] for name in ("truth", *every)}
            for i, path in enumerate(paths):
                sample = samples.read(path, [scale])
                truth = sample.fine[scale]
                fields_of = {"truth": normalized_truth(truth, sample.load)}
                for name, network in every.items():
                    if should_stop():
                        raise Stopped
                    on_progress(
                        done / work, f"{MEASURED[part]} at {scale:g}x, {i + 1} of {len(paths)}, {name}"
                    )
                    fields_of[name], errors, seconds = _measured(network, sample, scale)
                    measured[name].append((errors, seconds))
                for name, values in fields_of.items():
                    spectra[name].append(radial_power(values))
                if i == 0:
                    found.shown[part, scale] = fields_of
                done += fine_intervals(plan.coarse, scale) ** 2
            for name, list_of in measured.items():
                found.rows.append(_mean(name, part, scale, list_of))
            found.rows.append(_direct(samples.read(paths[0], [scale]), part, scale, len(paths)))
            found.spectra[part, scale] = {name: np.mean(s, axis=0) for name, s in spectra.items()}
    return found


def _measured(network: Network, sample: Sample, scale: float) -> tuple[np.ndarray, Errors, float]:
    """The predicted shape, its errors and the seconds that it took."""
    coefficient, load = sample.coefficient, sample.load
    truth = np.asarray(sample.fine[scale], dtype=np.float64)
    started = time.perf_counter()
    shape = correct(
        network, coefficient, sample.coarse, scale, load=load, amplitude="none", keep_boundary=False
    )
    physical = shape.astype(np.float64)
    physical[[0, -1]] = physical[:, [0, -1]] = 0
    c = network.configuration
    amplitude = checked_amplitude(c, "")
    physical *= factor(c, coefficient, physical, load, amplitude)
    if amplitude == "network":  # in the truth's normalised values
        shape = shape * (c.unit * abs(load) / np.abs(truth).max())
    seconds = time.perf_counter() - started
    return shape, errors_of(coefficient, truth, shape, physical, load), seconds


def over_runs(found: Evaluation, runs: Mapping[str, Sequence[str]]) -> Evaluation:
    """Runs of a method that differ by their seed as one: means, and how far apart the runs are.

    Parameters
    ----------
    found : Evaluation
    runs : mapping
        Method → the labels of its runs, two or more.

    Returns
    -------
    Evaluation
        With one row for all runs of a method, mean spectra, and the field of its first run.
    """
    method_of = {label: method for method, labels in runs.items() for label in labels}
    together: dict[tuple[str, str, float], list[Row]] = {}
    for row in found.rows:
        together.setdefault((method_of.get(row.method, row.method), row.part, row.scale), []).append(row)
    one = Evaluation([_over(method, rows) for (method, _, _), rows in together.items()])
    for key, spectra in found.spectra.items():
        several: dict[str, list[np.ndarray]] = {}
        for label, spectrum in spectra.items():
            several.setdefault(method_of.get(label, label), []).append(spectrum)
        one.spectra[key] = {method: np.mean(all_of, axis=0) for method, all_of in several.items()}
        one.shown[key] = {}
        for label, values in found.shown[key].items():
            one.shown[key].setdefault(method_of.get(label, label), values)
    return one


def _over(method: str, rows: Sequence[Row]) -> Row:
    mean = _mean(method, rows[0].part, rows[0].scale, [(row.errors, row.seconds) for row in rows])
    spread = None
    if len(rows) > 1:
        spread = Errors(*np.std([list(vars(row.errors).values()) for row in rows], axis=0, ddof=1).tolist())
    return replace(mean, count=rows[0].count, spread=spread)


def _mean(name: str, part: str, scale: float, measured: Sequence[tuple[Errors, float]]) -> Row:
    means = np.mean([list(vars(errors).values()) for errors, _ in measured], axis=0).tolist()
    return Row(name, part, scale, len(measured), Errors(*means), float(np.mean([s for _, s in measured])))


def _direct(sample: Sample, part: str, scale: float, count: int) -> Row:
    """Solving the fine problem outright, timed on one map; it is the truth itself."""
    started = time.perf_counter()
    diffusion.solve(
        sample.coefficient, len(sample.fine[scale]) - 1, sample.load, quadrature=sample.quadrature
    )
    seconds = time.perf_counter() - started
    return Row(DIRECT, part, scale, count, Errors(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0), seconds)
