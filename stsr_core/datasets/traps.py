"""Three series that fool motion, or the rehearsal that weighs it: what a careful method must not lose on.

All of blobs or waves drawn from a seed, on [0, 1]³, at times 0, 1, 2, …, computed when a step is read.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stsr_core.grid import Grid
from stsr_core.series import Variable, VolumeSeries

N_BLOBS = 12
WIDTH = 0.09  # of a blob, standard deviation
PERIOD = 24.0  # of flicker, in steps: slow for the kept steps, fast for every second one of them
DRIFT = 0.012  # of a layer, in boxes per step
N_WAVES = 6
WAVE_PERIOD = 20.0  # of the fastest wave, in steps


def flicker(nodes: int = 64, n_steps: int = 33, *, seed: int = 0) -> VolumeSeries:
    """Blobs that stand still and brighten and fade: Σ bᵢ(x)·(1 + sin(2πt/P + φᵢ)), P = 24 steps.

    Nothing moves, but what brightens here and fades there looks as if it did, most so with few kept steps.
    """
    draw = np.random.default_rng(seed)
    centres, phases = draw.uniform(0, 1, (N_BLOBS, 3)), draw.uniform(0, 2 * np.pi, N_BLOBS)
    return _series(
        "flicker",
        nodes,
        n_steps,
        lambda axes, t: sum(
            (1 + np.sin(2 * np.pi * t / PERIOD + phase)) * _blob(axes, centre)
            for centre, phase in zip(centres, phases, strict=True)
        ),
    )


def layers(nodes: int = 64, n_steps: int = 33, *, seed: int = 0) -> VolumeSeries:
    """Two sets of blobs in one place that drift through each other: Σ bᵢ(x − vt) + Σ bⱼ(x + vt) along x.

    A point has two motions, of which one flow can follow one. What leaves on one side enters on the other.
    """
    draw = np.random.default_rng(seed)
    centres = draw.uniform(0, 1, (N_BLOBS, 3))
    signs = np.where(np.arange(N_BLOBS) % 2, -1.0, 1.0)

    def value(axes: list[np.ndarray], t: float) -> np.ndarray:
        moved = centres.copy()
        moved[:, 2] = np.mod(moved[:, 2] + signs * DRIFT * t, 1.0)
        near = [moved + np.array([0.0, 0.0, shift]) for shift in (-1.0, 0.0, 1.0)]
        return np.sum([_blob(axes, centre) for centre in np.concatenate(near)], axis=0)

    return _series("layers", nodes, n_steps, value)


def waves(nodes: int = 64, n_steps: int = 33, *, seed: int = 0) -> VolumeSeries:
    """Waves that run through each other: Σ cos(2π(kᵢ·x − fᵢt) + φᵢ).

    Components of kᵢ are up to 3 per box, fᵢ up to 1/20 per step. At the true gap a spline in time follows
    every one of them; at twice the gap they look like other waves.
    """
    draw = np.random.default_rng(seed)
    numbers = draw.integers(-3, 4, (N_WAVES, 3))
    rates, phases = draw.uniform(0.5, 1, N_WAVES) / WAVE_PERIOD, draw.uniform(0, 2 * np.pi, N_WAVES)

    def value(axes: list[np.ndarray], t: float) -> np.ndarray:
        return sum(
            np.cos(2 * np.pi * (sum(k * x for k, x in zip(number, axes, strict=True)) - rate * t) + phase)
            for number, rate, phase in zip(numbers, rates, phases, strict=True)
        )

    return _series("waves", nodes, n_steps, value)


def _blob(axes: list[np.ndarray], centre: np.ndarray) -> np.ndarray:
    distance = sum((axis - c) ** 2 for axis, c in zip(axes, centre, strict=True))
    return np.exp(-0.5 * distance / WIDTH**2)


def _series(
    name: str, nodes: int, n_steps: int, value: Callable[[list[np.ndarray], float], np.ndarray]
) -> VolumeSeries:
    if nodes < 2 or n_steps < 1:
        raise ValueError(f"{name} needs at least 2 nodes and 1 step, got {nodes} and {n_steps}")
    grid = Grid((nodes,) * 3, spacing=(1 / (nodes - 1),) * 3)
    axes = np.meshgrid(*[np.linspace(0, 1, nodes)] * 3, indexing="ij", sparse=True)
    times = np.arange(n_steps, dtype=np.float64)

    def read(i: int) -> np.ndarray:
        return np.broadcast_to(value(list(axes), float(times[i])), grid.shape).astype(np.float32)

    return VolumeSeries((Variable(name, grid, times, read, np.dtype(np.float32)),))
