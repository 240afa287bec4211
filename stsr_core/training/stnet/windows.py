"""Training crops of STNet: windows of consecutive steps, kept ones or the full first fifth."""

from __future__ import annotations

import numpy as np
import torch

from stsr_core.memory import check_memory
from stsr_core.sampling import KeptSamples, finite
from stsr_core.series import Variable, VolumeSeries

FACTOR = 4


def n_supervised(n_steps: int, window: int) -> int:
    """Steps whose full data may be seen: the first fifth, rounded up, and at least one window.

    Examples
    --------
    >>> n_supervised(100, 5), n_supervised(48, 5), n_supervised(9, 3)
    (20, 10, 3)
    """
    return max(-(-n_steps // 5), window)


class Windows:
    """Random crops of windows of ``n_steps`` consecutive steps; a pure function of (seed, step).

    A *coarse* window is made of kept steps as if they followed each other, so that its inner volumes are
    known at the coarse resolution. A *fine* one is made of the first fifth of all steps at the full
    resolution. A series with fewer than ``n_steps`` kept steps has no coarse window.

    Parameters
    ----------
    kept : KeptSamples
    series : VolumeSeries
        The full series.
    n_steps : int
        Steps of a window, u_t + 2.
    crop : int
        Coarse nodes per axis of a crop; a shorter axis is taken whole.
    seed : int
    fill : float, optional
        Replaces NaN and infinite values.
    """

    def __init__(
        self,
        kept: KeptSamples,
        series: VolumeSeries,
        n_steps: int,
        crop: int,
        seed: int,
        fill: float | None = None,
    ) -> None:
        self.n_steps = n_steps
        self._crop = crop
        self._seed = seed
        self._kept = kept.values
        self._full = [self._first_fifth(v, kept, i, fill) for i, v in enumerate(series)]
        self.coarse_windows = self._windows(self._kept)
        self.fine_windows = self._windows(self._full)

    def _windows(self, values: list[torch.Tensor]) -> list[tuple[int, int]]:
        """(variable, first step) of every window."""
        return [(v, k) for v, steps in enumerate(values) for k in range(len(steps) - self.n_steps + 1)]

    def _first_fifth(
        self, variable: Variable, kept: KeptSamples, index: int, fill: float | None
    ) -> torch.Tensor:
        """Normalised (T, 4·Z, 4·Y, 4·X) in main memory; the far faces are repeated to multiples of four."""
        n = n_supervised(len(variable.times), self.n_steps)
        shape = [FACTOR * size for size in kept.domain[index].grid.shape]
        check_memory(
            4 * n * int(np.prod(shape)), f"the first {n} steps of {variable.name} at full resolution"
        )
        full = torch.empty(n, *shape)
        for i in range(n):
            step = finite(variable, i, variable.step(i), fill).astype(np.float64)
            step = kept.domain[index].normalization.encode(step)
            missing = [(0, wanted - size) for wanted, size in zip(shape, step.shape, strict=True)]
            full[i] = torch.from_numpy(np.pad(step, missing, mode="edge"))
        return full

    def coarse(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The ends (1, 2, z, y, x) and the coarse sequence (n_steps, z, y, x) of one coarse crop."""
        sequence, corner = self._draw(self.coarse_windows, self._kept, 1, step)
        z, y, x = corner
        sequence = sequence[:, z, y, x]
        return sequence[[0, -1]][None], sequence

    def fine(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The ends (1, 2, z, y, x) and the fine sequence (n_steps, 4z, 4y, 4x) of one fine crop."""
        sequence, corner = self._draw(self.fine_windows, self._full, FACTOR, step)
        z, y, x = corner
        sequence = sequence[:, z, y, x].to(self._kept[0].device)
        return sequence[[0, -1], ::FACTOR, ::FACTOR, ::FACTOR][None], sequence

    def _draw(
        self, windows: list[tuple[int, int]], values: list[torch.Tensor], scale: int, step: int
    ) -> tuple[torch.Tensor, list[slice]]:
        draw = np.random.default_rng(np.random.SeedSequence((self._seed, step)))
        variable, first = windows[int(draw.integers(len(windows)))]
        box = []
        for size in values[variable].shape[1:]:
            length = min(self._crop, size // scale)
            start = int(draw.integers(size // scale - length + 1))
            box.append(slice(scale * start, scale * (start + length)))
        return values[variable][first : first + self.n_steps], box
