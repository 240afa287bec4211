"""Three cells under a microscope, by formula: one roams, one divides, one turns.

What SpatimeINR is tried on without a download (specification, section 1.1): bodies whose truth is known at
any place and time, blurred as by a microscope, with its noise if wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from stsr_core.checks import is_number
from stsr_core.grid import Grid
from stsr_core.series import Variable, VolumeSeries

#: Edge of the imaged cube in µm, and how long it is watched, in min.
EDGE, DURATION = 16.0, 11.0
#: Intensities beside a cell and inside, of 255.
DARK, BRIGHT = 20.0, 200.0
#: How wide the rim of a body is blurred, µm: the intensity falls as 1 / (1 + exp(distance / BLUR)).
BLUR = 0.3

#: Places (z, y, x) in µm from the middle of the cube, and time in [0, 1] → signed distance to a surface, µm.
Body = Callable[[list[np.ndarray], float], np.ndarray]


def roaming_ball(nodes: int = 32, n_steps: int = 12, *, noise: float = 0.0, seed: int = 0) -> VolumeSeries:
    """A ball of radius 2.6 µm that moves half round a circle of radius 3.2 µm, tilted by 30° about x.

    Parameters
    ----------
    nodes : int
        Per axis of the cube of 16 µm, end points included.
    n_steps : int
        Steps of the 11 min; 12 are a minute apart.
    noise : float
        Standard deviation of normal noise, of 255; drawn anew for each step, the same at every reading.
    seed : int
        Of the noise.

    Raises
    ------
    ValueError
        Fewer than 2 nodes or 1 step, or negative noise.

    Examples
    --------
    >>> cell = roaming_ball(5, 3)["roaming_ball"]
    >>> cell.step(0)[2].round().astype(int).tolist()[2]       # at first beside the middle
    [20, 20, 41, 200, 20]
    """
    return _series("roaming_ball", _ball, nodes, n_steps, noise, seed)


def dividing_cell(nodes: int = 32, n_steps: int = 12, *, noise: float = 0.0, seed: int = 0) -> VolumeSeries:
    """A cell that stretches along a diagonal of y and x and becomes two of half its volume each.

    Parameters and errors are those of :func:`roaming_ball`.

    Examples
    --------
    >>> cell = dividing_cell(9, 3)["dividing_cell"]
    >>> [int(cell.step(i)[4, 4, 4].round()) for i in range(3)]     # the middle is left behind
    [200, 195, 30]
    """
    return _series("dividing_cell", _division, nodes, n_steps, noise, seed)


def turning_ellipsoid(
    nodes: int = 32, n_steps: int = 12, *, noise: float = 0.0, seed: int = 0
) -> VolumeSeries:
    """An ellipsoid with half axes of 4.5, 2.1 and 2.1 µm whose long axis turns by 120°, from x towards y.

    Parameters and errors are those of :func:`roaming_ball`.

    Examples
    --------
    >>> cell = turning_ellipsoid(9, 3)["turning_ellipsoid"]
    >>> cell.step(0)[4, 4].round().astype(int).tolist()
    [20, 21, 171, 200, 200, 200, 171, 21, 20]
    """
    return _series("turning_ellipsoid", _turn, nodes, n_steps, noise, seed)


#: Name → the function that makes it.
CELLS = {made.__name__: made for made in (roaming_ball, dividing_cell, turning_ellipsoid)}


def _ball(places: list[np.ndarray], progress: float) -> np.ndarray:
    angle, tilt = math.pi * progress, math.radians(30)
    along, up = 3.2 * math.cos(angle), 3.2 * math.sin(angle)
    return _distance(places, (up * math.sin(tilt), up * math.cos(tilt), along)) - 2.6


def _division(places: list[np.ndarray], progress: float) -> np.ndarray:
    """A smooth union of two balls that part and shrink, so that the volume is about the same at both ends."""
    eased = progress * progress * (3 - 2 * progress)
    apart, radius = 0.4 + 3.4 * eased, 3.1 - 0.4 * eased
    halves = [
        _distance(places, (0.0, sign * apart * math.sqrt(0.5), sign * apart * math.sqrt(0.5))) - radius
        for sign in (-1, 1)
    ]
    neck = 0.35  # µm over which the two surfaces melt into each other
    return -neck * np.logaddexp(-halves[0] / neck, -halves[1] / neck)


def _turn(places: list[np.ndarray], progress: float) -> np.ndarray:
    z, y, x = places
    angle = math.radians(120) * progress
    along, across = math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x
    long, short = 4.5, 2.1
    # Near the surface this is the distance, to the first order.
    scaled = np.sqrt((along / long) ** 2 + (across / short) ** 2 + (z / short) ** 2)
    slope = np.sqrt((along / long**2) ** 2 + (across / short**2) ** 2 + (z / short**2) ** 2)
    return np.where(slope > 0, scaled * (scaled - 1) / np.maximum(slope, 1e-12), -short)


def _distance(places: list[np.ndarray], centre: tuple[float, float, float]) -> np.ndarray:
    return np.sqrt(sum((axis - c) ** 2 for axis, c in zip(places, centre, strict=True)))


def _series(name: str, body: Body, nodes: int, n_steps: int, noise: float, seed: int) -> VolumeSeries:
    if nodes < 2 or n_steps < 1:
        raise ValueError(f"{name} needs at least 2 nodes and 1 step, got {nodes} and {n_steps}")
    if not (is_number(noise) and noise >= 0):
        raise ValueError(f"noise must be a finite number >= 0, got {noise!r}")
    grid = Grid((nodes,) * 3, spacing=(EDGE / (nodes - 1),) * 3)
    times = np.linspace(0.0, DURATION, n_steps)
    read = partial(_step, body, grid, times, noise, seed)
    variable = Variable(name, grid, times, read, np.dtype(np.float32))
    return VolumeSeries((variable,), time_unit="min", length_unit="µm")


def _step(body: Body, grid: Grid, times: np.ndarray, noise: float, seed: int, i: int) -> np.ndarray:
    places = np.meshgrid(*(grid.axis(k) - EDGE / 2 for k in range(3)), indexing="ij", sparse=True)
    inside = 0.5 - 0.5 * np.tanh(0.5 * body(list(places), float(times[i]) / DURATION) / BLUR)
    values = DARK + (BRIGHT - DARK) * inside
    if noise:
        values = values + np.random.default_rng((seed, i)).normal(0.0, noise, values.shape)
    return values.astype(np.float32)
