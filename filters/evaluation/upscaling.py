"""The unsupervised study: all data are kept, and the methods sample beyond their resolution (Figure 7)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stsr_core.grid import Grid
from stsr_core.interrupts import Stopped
from stsr_core.metrics import mean_over_steps
from stsr_core.series import Variable
from stsr_filters.evaluation.page import Row, cropped, write_page, zoom_window
from stsr_filters.evaluation.settings import Settings
from stsr_filters.evaluation.truth import Truth

_CHECKED_STEPS = 4
_ZOOM = 0.36


@dataclass(frozen=True)
class Upscaled:
    """What one method makes of one variable.

    Parameters
    ----------
    values : ndarray
        (Z, Y, X) at the time shown.
    input_psnr : float
        dB at the samples of the input themselves, mean over steps; inf where they are reproduced.
    exact_psnr : float
        dB against the exact field on the fine grid at times between the input's; NaN where there is none.
    step_seconds : float
        Time to evaluate one fine step.
    """

    values: np.ndarray
    input_psnr: float
    exact_psnr: float
    step_seconds: float


def fine_grid(grid: Grid, scale: float) -> Grid:
    """The same box with int(n·scale) nodes on each axis, end points included (specification 2.3).

    Examples
    --------
    >>> fine_grid(Grid((128, 128, 128)), 1.75).shape
    (224, 224, 224)
    """
    shape = tuple(n if n == 1 else max(2, int(n * scale)) for n in grid.shape)
    return grid.with_shape(shape)


def fine_times(times: np.ndarray, scale: float) -> np.ndarray:
    """int(n·scale) evenly spaced times between the same end points.

    Examples
    --------
    >>> len(fine_times(np.arange(90.0), 2.5))
    225
    """
    return np.linspace(times[0], times[-1], max(2, int(len(times) * scale))) if len(times) > 1 else times


def shown_time(times: np.ndarray, fine: np.ndarray) -> tuple[int, int]:
    """Fine and coarse number of the pair of times in the middle half of the series that lie nearest.

    Examples
    --------
    >>> shown_time(np.arange(9.0), np.linspace(0, 8, 22))
    (8, 3)
    """
    n = len(times)
    inner = np.arange(n)[n // 4 : max(n // 4 + 1, n - n // 4)]
    distance = np.abs(fine[:, None] - times[None, inner])
    i, j = np.unravel_index(int(np.argmin(distance)), distance.shape)
    return int(i), int(inner[j])


def upscale(
    one: Any,
    truth: Truth,
    settings: Settings,
    exact: Callable[[Grid, float], np.ndarray] | None,
    should_stop: Callable[[], bool] | None = None,
) -> Upscaled:
    """Sample a field on the fine grid, at the time shown and at some others.

    Parameters
    ----------
    exact : callable, optional
        Grid and time → (Z, Y, X), where the field is known everywhere.

    Raises
    ------
    Stopped
        ``should_stop`` returned True.
    """
    from stsr_core.inference import evaluate
    from stsr_core.metrics import psnr_per_step

    variable = truth.variable
    grid = fine_grid(variable.grid, settings.upscale_space)
    fine = fine_times(variable.times, settings.upscale_time)
    shown, _ = shown_time(variable.times, fine)

    def at(where: Grid, when: float) -> np.ndarray:
        if should_stop is not None and should_stop():
            raise Stopped
        return evaluate(one, where, [when], variable.name, device=settings.device)[0]

    started = time.monotonic()
    values = at(grid, float(fine[shown]))
    seconds = time.monotonic() - started
    fit = []
    for i in _spread(len(variable.times)):
        step = variable.step(i)
        given = at(variable.grid, variable.times[i])
        finite = np.isfinite(step) & ~np.isnan(given)
        mask = None if finite.all() else finite[None]
        fit.append(float(psnr_per_step(step[None], given[None], mask=mask)[0]))
    checked = []
    if exact is not None:
        for i in _spread(len(fine)):
            expected = exact(grid, float(fine[i]))
            found = values if i == shown else at(grid, float(fine[i]))
            checked.append(float(psnr_per_step(expected[None], found[None])[0]))
    return Upscaled(values, mean_over_steps(fit).mean, mean_over_steps(checked).mean, seconds)


def _spread(n: int) -> list[int]:
    """A few steps over the inner part of a series: between its ends all methods interpolate."""
    return sorted({round(v) for v in np.linspace(0, n - 1, _CHECKED_STEPS + 2)[1:-1]}) if n > 1 else [0]


def write_upscaling(
    path: Path,
    truth: Truth,
    results: Mapping[str, Upscaled],
    settings: Settings,
    exact: Callable[[Grid, float], np.ndarray] | None,
) -> bool:
    """Input, methods and, where it is known, the exact field: volume rendering and isosurface, with zoom-ins.

    Returns
    -------
    bool
        False where nothing can be drawn.
    """
    if truth.look is None or not results:
        return False
    variable = truth.variable
    grid = fine_grid(variable.grid, settings.upscale_space)
    fine = fine_times(variable.times, settings.upscale_time)
    shown, step = shown_time(variable.times, fine)
    columns: dict[str, tuple[Grid, np.ndarray]] = {"input": (variable.grid, variable.step(step))}
    if exact is not None:
        columns["exact"] = (grid, exact(grid, float(fine[shown])))
    columns |= {label: (grid, result.values) for label, result in results.items()}
    look = truth.look
    rows = []
    for label, draw in (("volume rendering", look.volume), ("isosurface", look.surface)):
        if label == "isosurface" and look.isovalue is None:
            continue
        pictures = [draw(*column) for column in columns.values()]
        window = zoom_window(pictures[0], pictures[1:], _ZOOM)
        colors = look.transfer_function if label == "volume rendering" else None
        rows.append(Row(label, pictures, window, colors))
        rows.append(Row("zoom-in", [cropped(p, window) for p in pictures]))
    notes = [
        f"{_size(g)}, t = {variable.times[step] if label == 'input' else fine[shown]:.4g}"
        for label, (g, _) in columns.items()
    ]
    write_page(path, list(columns), rows, notes=notes, cell=look.size // 2)
    return True


def _size(grid: Grid) -> str:
    return "×".join(str(n) for n in grid.shape[::-1])


def exact_field(variable: Variable) -> Callable[[Grid, float], np.ndarray]:
    """The tornado of :mod:`stsr_core.datasets` on any grid within [0, 1]³ and at any time."""
    from stsr_core.datasets import tornado

    def values(grid: Grid, when: float) -> np.ndarray:
        return tornado(grid.shape, [when])["tornado"].step(0)

    return values
