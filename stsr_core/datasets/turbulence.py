"""A forced turbulent flow in a periodic box: features that move, stretch and turn, from first principles."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from stsr_core.datasets.cache import cached_steps
from stsr_core.grid import Grid
from stsr_core.series import Variable, VolumeSeries

VISCOSITY = 0.06
TIME_STEP = 0.02
PEAK = 3.0  # wave number at which the initial spectrum k⁴ exp(−2 (k/k₀)²) has its energy
FORCED = 2.5  # modes below this wave number are held at their initial energy
SPIN_UP = 200  # steps before the first that is recorded


def vortex(
    nodes: int = 64,
    steps: int = 33,
    *,
    every: int = 5,
    rms: float = 1.0,
    seed: int = 0,
    name: str = "vortex",
    on_progress: Callable[[float], None] | None = None,
) -> VolumeSeries:
    """Vorticity magnitude of a forced incompressible flow on [0, 2π)³, float32, by a pseudo-spectral method.

    The Navier–Stokes equations in rotational form, ∂u/∂t = P(u × ω) − ν k² u, with ν = 0.06, 2/3 dealiasing,
    fourth-order Runge–Kutta steps of 0.02 with an integrating factor for the viscous term, and the energy of
    the modes |k| < 2.5 held. Two hundred steps pass before the first that is recorded. The result is computed
    once (64³: about a minute on two cores) and kept in the user's cache folder.

    Parameters
    ----------
    nodes : int
        Nodes per axis, even and at least 8; the box is periodic, so that its far face is its near face.
    steps : int
        Number of recorded steps.
    every : int
        Steps of 0.02 between two recorded ones.
    rms : float
        Root mean square of each velocity component at the start.
    seed : int
        Of the initial phases.
    name : str
        Name of the variable.
    on_progress : callable, optional
        Called with the fraction computed.

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    if nodes < 8 or nodes % 2:
        raise ValueError(f"nodes must be an even number >= 8, got {nodes}")
    if steps < 1 or every < 1:
        raise ValueError(f"steps and every must be >= 1, got {steps} and {every}")
    if not 0 < rms < math.inf:
        raise ValueError(f"rms must be a finite number > 0, got {rms}")
    file = f"vortex-1-{nodes}-{steps}-{every}-{rms:g}-{seed}"
    values = cached_steps(
        file, (steps, *(nodes,) * 3), lambda: _simulated(nodes, steps, every, rms, seed, on_progress)
    )
    spacing = 2 * math.pi / nodes
    grid = Grid((nodes,) * 3, spacing=(spacing,) * 3)
    times = TIME_STEP * every * np.arange(steps)
    return VolumeSeries((Variable(name, grid, times, lambda i: np.array(values[i])),))


def _simulated(
    n: int, steps: int, every: int, rms: float, seed: int, on_progress: Callable[[float], None] | None
) -> Iterator[np.ndarray]:
    """Vorticity magnitude (Z, Y, X) of each recorded step."""
    flow = _Flow(n, rms, seed)
    total = SPIN_UP + every * (steps - 1)
    for step in range(total + 1):
        if step >= SPIN_UP and (step - SPIN_UP) % every == 0:
            yield flow.vorticity_magnitude()
        if step < total:
            flow.advance()
        if on_progress is not None:
            on_progress((step + 1) / (total + 1))


class _Flow:
    """Velocity as Fourier coefficients (3, n, n, n/2 + 1); components and axes are z, y, x."""

    def __init__(self, n: int, rms: float, seed: int) -> None:
        import torch

        self._fft = torch.fft
        whole = torch.fft.fftfreq(n, 1 / n)
        half = torch.fft.rfftfreq(n, 1 / n)
        self._k = torch.stack(torch.meshgrid(whole, whole, half, indexing="ij"))
        squared = self._k.square().sum(0)
        self._inverse_square = torch.where(squared > 0, 1 / squared, 0.0)
        self._kept = (self._k.abs().amax(0) < n / 3).float()
        self._forced = (squared < FORCED**2) & (squared > 0)
        self._half_decay = torch.exp(-VISCOSITY * squared * TIME_STEP / 2)
        # Each coefficient of a real field stands for its conjugate too, but for those of k_x = 0.
        self._count = torch.where(self._k[2] > 0, 2.0, 1.0)
        noise = np.random.default_rng(seed).standard_normal((3, n, n, n)).astype(np.float32)
        u = torch.fft.rfftn(torch.from_numpy(noise), dim=(1, 2, 3)) * self._kept
        length = squared.sqrt()
        # The energy of white noise in a shell grows as k²; the amplitude wanted is over that.
        u = self._solenoidal(u * length * torch.exp(-((length / PEAK) ** 2)))
        mean_square = self._energy(u, slice(None)) / (3 * n**6)
        self._u = u * (rms / math.sqrt(float(mean_square)))
        self._low = self._energy(self._u, self._forced)

    def _energy(self, u, where):  # type: ignore[no-untyped-def]
        """Σ |u|² over the modes ``where``."""
        return ((u.real**2 + u.imag**2).sum(0) * self._count)[where].sum()

    def _solenoidal(self, u):  # type: ignore[no-untyped-def]
        along = (self._k * u).sum(0) * self._inverse_square
        return u - self._k * along

    def _curl(self, u):  # type: ignore[no-untyped-def]
        """i k × u, in components (z, y, x)."""
        import torch

        kz, ky, kx = self._k
        uz, uy, ux = u
        return 1j * torch.stack((kx * uy - ky * ux, kz * ux - kx * uz, ky * uz - kz * uy))

    def _slope(self, u):  # type: ignore[no-untyped-def]
        """P(u × ω), dealiased."""
        import torch

        shape = (u.shape[1], u.shape[1], u.shape[1])
        vz, vy, vx = self._fft.irfftn(u, s=shape, dim=(1, 2, 3))
        wz, wy, wx = self._fft.irfftn(self._curl(u), s=shape, dim=(1, 2, 3))
        product = torch.stack((vx * wy - vy * wx, vz * wx - vx * wz, vy * wz - vz * wy))
        return self._solenoidal(self._fft.rfftn(product, dim=(1, 2, 3)) * self._kept)

    def advance(self) -> None:
        """One Runge–Kutta step with the viscous term integrated exactly, then the forced modes rescaled."""
        h, e, u = TIME_STEP, self._half_decay, self._u
        a = self._slope(u)
        b = self._slope(e * (u + h / 2 * a))
        c = self._slope(e * u + h / 2 * b)
        d = self._slope(e * (e * u + h * c))
        u = e * (e * u + h / 6 * e * a) + h / 3 * e * (b + c) + h / 6 * d
        gain = (self._low / self._energy(u, self._forced)).sqrt()
        u[:, self._forced] *= gain
        self._u = u

    def vorticity_magnitude(self) -> np.ndarray:
        """|∇ × u| on the nodes (Z, Y, X), float32."""
        n = self._u.shape[1]
        curl = self._fft.irfftn(self._curl(self._u), s=(n, n, n), dim=(1, 2, 3))
        return curl.square().sum(0).sqrt().numpy()
