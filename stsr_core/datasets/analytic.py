"""Analytic series that need no download: the tornado of the papers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from stsr_core.grid import Grid
from stsr_core.series import Variable, VolumeSeries


def tornado_value(
    x: np.ndarray | float, y: np.ndarray | float, z: np.ndarray | float, tau: float
) -> np.ndarray:
    """Speed |v| of the tornado of Crawfis and Max at positions in [0, 1] and time τ, float64.

    With the core of the whirl at c = (0.5 + 0.1 sin(0.04τ + 10z), 0.5 + 0.1 cos(0.03τ + 3z)), its radius
    r = 0.1 + 0.4z² + 0.1z sin 8z, the damping radius R = 0.2 + 0.1z, d = |(x, y) − c|, e = |r − d|,
    w = 0.1·max(0, 0.1 − dz), q = √(d² + w²) and

    s = (r + R − q)·g / ((q + 1e−11)(1 + z)), where g = 0.8 − e if e > R, else 1,

    the velocity is (s(y − c_y) + 0.1(x − c_x), −s(x − c_x) + 0.1(y − c_y), s·w).

    Parameters
    ----------
    x, y, z : array or float
        Positions, broadcast against each other.
    tau : float
        Time; the paper's series take 0, 1, 2, …

    Examples
    --------
    >>> [round(float(tornado_value(*p)), 8) for p in ((0.25, 0.5, 0.5, 0), (0, 0, 0, 47))]
    [0.17260619, 0.09593257]
    """
    x, y, z = (np.asarray(p, dtype=np.float64) for p in (x, y, z))
    from_x = x - (0.5 + 0.1 * np.sin(0.04 * tau + 10.0 * z))
    from_y = y - (0.5 + 0.1 * np.cos(0.03 * tau + 3.0 * z))
    radius = 0.1 + 0.4 * z**2 + 0.1 * z * np.sin(8.0 * z)
    damping = 0.2 + 0.1 * z
    # Squares rather than hypot, which is several times slower.
    squared = from_x**2 + from_y**2
    distance = np.sqrt(squared)
    off_core = np.abs(radius - distance)
    strength = np.where(off_core > damping, 0.8 - off_core, 1.0)
    lift = 0.1 * np.maximum(0.0, 0.1 - distance * z)
    reach = np.sqrt(squared + lift**2)
    swirl = (radius + damping - reach) * strength / ((reach + 1e-11) * (1.0 + z))
    # The horizontal parts swirl·(d_y, −d_x) and 0.1·(d_x, d_y) are perpendicular.
    return np.sqrt((swirl**2 + 0.01) * squared + (swirl * lift) ** 2)


def tornado(
    shape: int | Sequence[int] = 64, times: int | Sequence[float] | np.ndarray = 48, *, name: str = "tornado"
) -> VolumeSeries:
    """The tornado's speed on [0, 1]³, end points included, float32, computed when a step is read.

    Parameters
    ----------
    shape : int or (Z, Y, X)
        Nodes per axis.
    times : int or sequence of float
        Times τ, or the number n of the times 0, 1, …, n − 1.
    name : str
        Name of the variable.

    Raises
    ------
    ValueError
        If a count is below 1 or the times do not increase.

    Examples
    --------
    >>> series = tornado((5, 3, 9), 2)
    >>> series["tornado"].grid.end, series["tornado"].step(1).shape
    ((1.0, 1.0, 1.0), (5, 3, 9))
    """
    counts = (shape,) * 3 if isinstance(shape, int | np.integer) else tuple(int(n) for n in shape)
    if len(counts) != 3 or min(counts) < 1:
        raise ValueError(f"shape must be a number or three numbers (Z, Y, X) >= 1, got {shape}")
    spacing = tuple(1.0 / (n - 1) if n > 1 else 1.0 for n in counts)
    grid = Grid(counts, spacing=spacing)  # type: ignore[arg-type]
    taus = np.arange(times) if isinstance(times, int | np.integer) else np.asarray(times)
    taus = taus.astype(np.float64)
    return VolumeSeries((Variable(name, grid, taus, partial(_step, grid, taus)),))


def _step(grid: Grid, taus: np.ndarray, i: int) -> np.ndarray:
    z, y, x = (grid.axis(k) for k in range(3))
    out = np.empty(grid.shape, dtype=np.float32)
    # Layer by layer, so that the intermediate arrays stay in the caches.
    for k in range(len(z)):
        out[k] = tornado_value(x[None, :], y[:, None], z[k], float(taus[i]))
    return out
