"""An ensemble with physics: the flow around a half cylinder at several Reynolds numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from stsr_core.datasets.cache import cached_steps
from stsr_core.grid import Grid
from stsr_core.series import Variable, VolumeSeries

INFLOW = 0.1  # speed in nodes per lattice step: a Mach number of 0.17
SPIN_UP = 24.0  # time before the first recorded step, in diameters over inflow speed
EVERY = 0.2  # time between two recorded steps, in the same unit
MOST_PER_NODE = 15  # largest Reynolds number over the nodes of the diameter
#: The nineteen velocities (z, y, x) of D3Q19; the opposite of number i is number 18 − i.
VELOCITIES = tuple(v for v in itertools.product((-1, 0, 1), repeat=3) if sum(map(abs, v)) <= 2)
_REST = {0: 1 / 3, 1: 1 / 18, 2: 1 / 36}  # weights by the number of components that are not 0
_PAIRS = tuple(itertools.combinations_with_replacement(range(3), 2))
_MIXED = tuple(itertools.permutations(range(3), 2))


def half_cylinder(
    reynolds: Sequence[float] = (100, 120, 140, 160, 180),
    shape: Sequence[int] = (32, 48, 96),
    n_steps: int = 49,
    *,
    on_progress: Callable[[float], None] | None = None,
) -> VolumeSeries:
    """Speed |u| / U behind a half cylinder, a variable per Reynolds number, by a lattice Boltzmann method.

    The cylinder spans the box along z between two plates; its round side faces the inflow along x, its flat
    side lies at a quarter of the box. The diameter D is a quarter of the box along y, which is periodic: a
    row of cylinders. Lengths are in D and times in D/U, with U the inflow speed; Re = U D / ν.

    D3Q19 with the recursive regularised collision of Malaspinas (2015): populations are the Hermite series of
    density, momentum, stress and of what third moments the lattice has, and the stress relaxes towards
    equilibrium with 1/τ, ν = (τ − ½)/3. Without the third moments it is not stable here. Half-way bounce-back
    at plates and cylinder; U = 0.1 nodes per lattice step at the inflow, where the density follows its
    neighbour; at the outflow the density is that of rest and the velocity follows its neighbour. The flow
    starts at once from U, with a ripple of a tenth across it that breaks the symmetry; recording starts
    24 D/U later. Computed once per Reynolds number (the default: about two minutes each on one core) and kept
    in the user's cache folder.

    Parameters
    ----------
    reynolds : sequence of float
        Reynolds numbers, different from each other; at most 15 times the nodes of the diameter: beyond, the
        lattice does not stay stable.
    shape : (Z, Y, X)
        Nodes per axis; Y a multiple of 4 and at least 16, so that the diameter has Y/4 nodes, X >= 2 Y.
    n_steps : int
        Number of recorded steps, 0.2 D/U apart.
    on_progress : callable, optional
        Called with the fraction computed of one Reynolds number.

    Raises
    ------
    ValueError
        If a number is out of range.

    Returns
    -------
    VolumeSeries
        Variables ``Re 120``, …; float32, 0 inside the cylinder.
    """
    nodes = tuple(int(n) for n in shape)
    if len(nodes) != 3 or nodes[0] < 1 or nodes[1] < 16 or nodes[1] % 4 or nodes[2] < 2 * nodes[1]:
        raise ValueError(f"shape must be (Z, Y, X) with Y = 16, 20, 24, … and X >= 2 Y, got {tuple(shape)}")
    if n_steps < 1:
        raise ValueError(f"n_steps must be >= 1, got {n_steps}")
    diameter = nodes[1] // 4
    most = MOST_PER_NODE * diameter
    if not reynolds or not all(0 < re <= most for re in reynolds):
        raise ValueError(f"reynolds must be numbers above 0 and at most {most:g}, got {tuple(reynolds)}")
    grid = Grid(nodes, spacing=(1 / diameter,) * 3)  # type: ignore[arg-type]
    times = EVERY * np.arange(n_steps)
    variables = []
    for re in reynolds:
        values = cached_steps(
            f"half-cylinder-1-{'x'.join(map(str, nodes))}-{n_steps}-{float(re)!r}",
            (n_steps, *nodes),
            partial(_simulated, nodes, n_steps, re, on_progress),
        )
        variables.append(Variable(f"Re {re:g}", grid, times, partial(_step, values)))
    return VolumeSeries(tuple(variables), time_unit="D/U", length_unit="D")


def _step(values: np.ndarray, i: int) -> np.ndarray:
    return np.array(values[i])


def half_disc(shape: Sequence[int]) -> np.ndarray:
    """Where the cylinder is, (Y, X): a half disc of diameter Y/4, flat towards +x."""
    n_y, n_x = shape
    y, x = np.arange(n_y)[:, None] - (n_y - 1) / 2, np.arange(n_x)[None] - n_x // 4
    return (x <= 0) & (np.hypot(y, x) <= n_y / 8)


def _simulated(
    nodes: tuple[int, ...],
    n_steps: int,
    reynolds: float,
    on_progress: Callable[[float], None] | None,
) -> Iterator[np.ndarray]:
    """Speed over that of the inflow (Z, Y, X) of each recorded step."""
    diameter = nodes[1] // 4
    solid = np.ones((nodes[0] + 2, *nodes[1:]), bool)  # a plate before the first layer and after the last
    solid[1:-1] = half_disc(nodes[1:])
    flow = Lattice(solid, viscosity=INFLOW * diameter / reynolds, inflow=INFLOW)
    across = np.sin(np.linspace(0, 2 * math.pi, nodes[2]))
    flow.momentum[1] += 0.1 * INFLOW * flow.fluid * flow.tensor(across)
    per_time = diameter / INFLOW
    recorded = [round(per_time * (SPIN_UP + EVERY * i)) for i in range(n_steps)]
    for step in range(recorded[-1] + 1):
        if step in recorded:
            yield flow.velocity().square().sum(0).sqrt().numpy()[1:-1] / np.float32(INFLOW)
        flow.advance()
        if on_progress is not None:
            on_progress((step + 1) / (recorded[-1] + 1))


class Lattice:
    """A D3Q19 lattice with recursive regularised collisions; axes z, y, x are periodic but for what is solid.

    What is held are moments of the populations' departure from rest, after the last collision: density,
    momentum and stress. They are all that a regularised collision leaves.

    Parameters
    ----------
    solid : ndarray
        (Z, Y, X), bool.
    viscosity : float
        In lattice units, > 0.
    inflow : float or None
        Speed along x at the first layer of x, with an outflow at the last; None: x is periodic too.
    force : float
        Acceleration along x in lattice units.
    """

    def __init__(
        self, solid: np.ndarray, viscosity: float, inflow: float | None = None, force: float = 0.0
    ) -> None:
        import torch

        self._torch = torch
        self.tensor = partial(torch.as_tensor, dtype=torch.float32)
        self.fluid = self.tensor(~solid)
        self._kept = 1 - 1 / (3 * viscosity + 0.5)  # share of the stress that a collision leaves
        self._inflow, self._force = inflow, force
        c = np.array(VELOCITIES, float)
        weights = np.array([_REST[int(np.abs(v).sum())] for v in VELOCITIES])
        # Hermite polynomials of the velocities: 1, c, cc − I/3, and of the third order what D3Q19 holds.
        second = [c[:, a] * c[:, b] - (a == b) / 3 for a, b in _PAIRS]
        third = [(c[:, a] ** 2 - 1 / 3) * c[:, b] for a, b in _MIXED]
        self._moments = self.tensor(np.stack([np.ones(19), *c.T, *second]))
        hermite = np.stack([np.ones(19), *c.T, *second, *third])
        # The populations w Σ_i b_i H_i that have given Hermite moments.
        gram = hermite * weights @ hermite.T
        self._populations = self.tensor(weights[:, None] * np.linalg.solve(gram, hermite).T)
        self._links = [self._links_of(solid, v) for v in VELOCITIES]
        self.density = torch.zeros(solid.shape)
        self.momentum = torch.zeros(3, *solid.shape)
        self.momentum[2] = (inflow or 0.0) * self.fluid
        self._stress = self._equilibrium()

    def _links_of(self, solid: np.ndarray, velocity: tuple[int, ...]):  # type: ignore[no-untyped-def]
        """Flat numbers of the fluid nodes that a wall stands upstream of."""
        wall = np.roll(solid, velocity, (0, 1, 2)) & ~solid
        return self._torch.from_numpy(np.flatnonzero(wall))

    def velocity(self):  # type: ignore[no-untyped-def]
        """(3, Z, Y, X), components z, y, x, in nodes per lattice step; 0 where solid."""
        return self.momentum / (1 + self.density) * self.fluid

    def _equilibrium(self):  # type: ignore[no-untyped-def]
        """ρ u u, the six entries zz, zy, zx, yy, yx, xx."""
        speed = self.momentum / (1 + self.density)
        return self._torch.stack([self.momentum[a] * speed[b] for a, b in _PAIRS])

    def _third(self):  # type: ignore[no-untyped-def]
        """Third moments aab that go with the stress: ρ u_a² u_b + 2 u_a S_ab + u_b S_aa (Malaspinas 2015).

        S is the stress less its equilibrium.
        """
        u = self.momentum / (1 + self.density)
        departure = self._stress - self._equilibrium()
        entry = {pair: departure[i] for i, pair in enumerate(_PAIRS)}
        return self._torch.stack(
            [
                self.momentum[a] * u[a] * u[b] + 2 * u[a] * entry[min(a, b), max(a, b)] + u[b] * entry[a, a]
                for a, b in _MIXED
            ]
        )

    def advance(self) -> None:
        """One lattice step: populations of the moments stream and bounce, and their moments collide."""
        torch = self._torch
        held = torch.cat([self.density[None], self.momentum, self._stress, self._third()]).flatten(1)
        leaving = self._populations @ held
        arriving = torch.empty_like(leaving)
        for i, (velocity, wall) in enumerate(zip(VELOCITIES, self._links, strict=True)):
            rolled = torch.roll(leaving[i].view(self.density.shape), velocity, (0, 1, 2))
            arriving[i] = rolled.flatten()
            arriving[i, wall] = leaving[18 - i, wall]
        moments = (self._moments @ arriving).view(10, *self.density.shape)
        moments *= self.fluid
        self.density, self.momentum, stress = moments[0], moments[1:4], moments[4:]
        self.momentum[2] += self._force * (1 + self.density) * self.fluid
        balance = self._equilibrium()
        self._stress = balance + self._kept * (stress - balance)
        if self._inflow is not None:
            self._open_ends(self._inflow)

    def _open_ends(self, speed: float) -> None:
        """The first layer of x flows in at ``speed``, the last goes out at the density of rest."""
        self.density[..., 0] = self.density[..., 1]
        self.momentum[..., 0] = 0
        self.momentum[2, ..., 0] = speed * (1 + self.density[..., 0]) * self.fluid[..., 0]
        self._stress[..., 0] = 0
        self._stress[5, ..., 0] = speed * self.momentum[2, ..., 0]
        self.momentum[..., -1] = self.momentum[..., -2] / (1 + self.density[..., -2])
        self.density[..., -1] = 0
        self._stress[..., -1] = self._stress[..., -2]
