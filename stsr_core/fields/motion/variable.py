"""One variable between its kept samples: splines and motion, mixed by four weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from stsr_core.coordinates import VariableDomain
from stsr_core.fields.interpolation.axis_basis import AxisBasis
from stsr_core.fields.motion.edges import led_on
from stsr_core.fields.motion.flow import gradient, magnitude
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.trajectories import Ends, Moment, MovingFrames
from stsr_core.fields.motion.upsampling import Fine, FineFrames, around
from stsr_core.kept import evenly

_OPEN: Periodic = (False, False, False)


class MovingVariable:
    """Values of one variable anywhere, by any mix of :data:`~stsr_core.fields.motion.gate.METHODS`.

    Tricubic + linear and the 4D cubic spline are both the spatial spline of a mean of frames, and so is any
    mix of them: still values cost one spline of one frame.

    Parameters
    ----------
    variable : VariableDomain
        Kept grid and times.
    frames : Tensor
        (T, Z, Y, X) normalised kept samples.
    flow : Tensor
        (T−1, 3, Z, Y, X) displacements in nodes; not read for T = 1.
    scale : int
        Points per node of the frames that motion reads; see :class:`FineFrames`.
    periodic : (bool, bool, bool)
        Axes z, y, x that close on themselves, node n being node 0.
    step : tuple of int
        Nodes from one vector of the flow to the next, along z, y, x.
    """

    def __init__(
        self,
        variable: VariableDomain,
        frames: torch.Tensor,
        flow: torch.Tensor,
        scale: int,
        periodic: Periodic = _OPEN,
        step: tuple[int, ...] = (1, 1, 1),
    ) -> None:
        nodes = variable.normalized_axes(variable.grid, np.asarray(variable.times))
        self.times, self.space = nodes[0], nodes[1:]
        self._cubic, self._linear = AxisBasis(nodes[0], "bspline"), AxisBasis(nodes[0], "linear")
        self._bases = {
            degree: [AxisBasis(axis, kernel) for axis in self.space]
            for degree, kernel in ((1, "linear"), (3, "bspline"))
        }
        self.periodic = periodic
        self._moving = MovingFrames(frames, flow, periodic, step)
        self.fine = FineFrames(frames, scale, periodic)
        self._latest: tuple[float, Moment, torch.Tensor] | None = None
        self._outer: tuple[float, torch.Tensor] | None = None

    def mixed(self, axes: Sequence[np.ndarray], weights: Sequence[float]) -> torch.Tensor:
        """Values (T, Z, Y, X) at normalised axes (t, z, y, x), four 1-D float64 arrays."""
        time, *space = axes

        def inside(space: Sequence[np.ndarray]) -> torch.Tensor:
            return self._mixed_inside([time, *space], weights)

        return led_on(inside, space, self.space, self.periodic)

    def _mixed_inside(self, axes: Sequence[np.ndarray], weights: Sequence[float]) -> torch.Tensor:
        linear, spline, two, four = weights
        out = torch.zeros([len(axis) for axis in axes], device=self._moving.frames.device)
        positions = self.positions(axes[1:]) if two + four > 0 else None
        for i, time in enumerate(axes[0]):
            if linear + spline > 0:
                out[i] += self._still(float(time), axes[1:], linear, spline)
            if positions is not None:
                out[i] += self._motion(float(time), axes[1:], positions, two + four, four)
        return out

    def _still(self, time: float, axes: Sequence[np.ndarray], linear: float, spline: float) -> torch.Tensor:
        """linear · TL + spline · C4: the spatial spline of one mean of frames."""
        shares = linear * _row(self._linear, time) + spline * _row(self._cubic, time)
        (which,) = np.nonzero(np.abs(shares) > 1e-7)
        mean = torch.zeros_like(self._moving.frames[0])
        for k in which:
            mean.add_(self._moving.frames[int(k)], alpha=float(shares[k]))
        return self._in_space(mean, axes, degree=3)

    def _motion(
        self,
        time: float,
        axes: Sequence[np.ndarray],
        positions: torch.Tensor,
        moving: float,
        four: float,
    ) -> torch.Tensor:
        moment, displacement = self._at(time)
        values = moving * self._moving.two_frames(moment, displacement, positions, self.fine)
        if four > 0:
            if self._outer is None or self._outer[0] != time:
                self._outer = time, self._moving.four_over_two(moment, displacement)
            values += four * self._in_space(self._outer[1], axes, degree=1)
        return values

    def carried(self, time: float, axes: Sequence[np.ndarray], fine: Fine) -> torch.Tensor:
        """Other frames carried along the same trajectories, (Z, Y, X) at normalised axes (z, y, x)."""
        moment, displacement = self._at(time)

        def inside(space: Sequence[np.ndarray]) -> torch.Tensor:
            return self._moving.two_frames(moment, displacement, self.positions(space), fine)

        return led_on(inside, axes, self.space, self.periodic)

    def traced(
        self, time: float, axes: Sequence[np.ndarray]
    ) -> tuple[list[int], tuple[float, ...], torch.Tensor]:
        """Kept steps before and after a time, their shares, and where the trajectories meet them.

        Returns
        -------
        list of int, tuple of float, Tensor
            n numbers of kept steps, n shares, (n, 3, z, y, x) positions in nodes, which may lie outside.
        """
        moment, displacement = self._at(time)
        return self._moving.traced(moment, displacement, self.positions(axes))

    def velocity(self, axes: Sequence[np.ndarray]) -> torch.Tensor:
        """d(z, y, x)/dt of what passes each point, (T, 3, Z, Y, X), all in normalised coordinates.

        0 of a single kept step, and along an axis of a single node.
        """
        velocity = torch.zeros(len(axes[0]), 3, *map(len, axes[1:]), device=self._moving.frames.device)
        if len(self.times) < 2:
            return velocity
        positions = self.positions(axes[1:])
        for out, time in zip(velocity, axes[0], strict=True):
            moment, displacement = self._at(float(time))
            interval = self.times[moment.interval + 1] - self.times[moment.interval]
            nodes = self._moving.at(displacement, positions)[0]
            for component, moved, axis in zip(out, nodes, self.space, strict=True):
                component.copy_(moved * (_step(axis) / interval))
        return velocity

    def ends(self, time: float) -> Ends:
        """What motion makes the values of a time of, on the kept nodes."""
        return self._moving.ends(*self._at(time))

    def disagreement(self) -> float:
        """RMS difference of the frames before and after along the trajectories, half-way in six intervals."""
        chosen = evenly(len(self.times) - 1, 6)
        squares = 0.0
        for k in chosen:
            ends = self.ends(float(self.times[k] + self.times[k + 1]) / 2)
            squares += float((ends.after - ends.before).square().mean())
        return float(np.sqrt(squares / len(chosen)))

    def features_move(self) -> float:
        """How far features move over an interval, in nodes: the mean displacement, weighed by the gradient.

        0 of a single kept step.
        """
        moved, total = 0.0, 1e-12
        for frame, flow in zip(self._moving.frames[:-1], self._moving.flow, strict=False):
            weight = magnitude(gradient(frame, self.periodic))
            moved += float((weight * magnitude(flow.float().unbind())).sum(dtype=torch.float64))
            total += float(weight.sum(dtype=torch.float64))
        return moved / total

    def feature_size(self) -> float:
        """How large features are, in nodes: RMS of the values about their mean over that of their gradient.

        Of a sine wave it is its length over 2π; inf where nothing changes in space.
        """
        total = squares = slopes = 0.0
        for frame in self._moving.frames:
            total += float(frame.sum(dtype=torch.float64))
            squares += float(frame.square().sum(dtype=torch.float64))
            slopes += float(magnitude(gradient(frame, self.periodic)).square().sum(dtype=torch.float64))
        n = self._moving.frames.numel()
        variance = max(0.0, squares / n - (total / n) ** 2)
        return math.sqrt(variance * n / slopes) if slopes > 0 else math.inf

    def frames_at(self, step: int) -> torch.Tensor:
        """The kept samples (Z, Y, X) of a step, gaps filled."""
        return self._moving.frames[step]

    def upsampled(self, volume: torch.Tensor, space: Sequence[np.ndarray]) -> torch.Tensor:
        """Values on the kept nodes, linearly at normalised axes (z, y, x)."""
        return self._in_space(volume, space, degree=1)

    def indices(self, space: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Normalised axes (z, y, x) in numbers of the kept nodes."""
        return [_index(axis, nodes) for axis, nodes in zip(space, self.space, strict=True)]

    def _at(self, time: float) -> tuple[Moment, torch.Tensor]:
        """What all tiles of one time share; kept for the next of them."""
        if self._latest is None or self._latest[0] != time:
            moment = Moment.of(time, self.times.tolist())
            self._latest = time, moment, self._moving.displacement(moment)
        return self._latest[1:]

    def positions(self, axes: Sequence[np.ndarray]) -> torch.Tensor:
        """Index positions (1, 3, z, y, x) among the kept nodes."""
        device = self._moving.frames.device
        indices = [torch.as_tensor(i, dtype=torch.float32, device=device) for i in self.indices(axes)]
        return torch.stack(torch.meshgrid(*indices, indexing="ij"))[None]

    def _in_space(self, volume: torch.Tensor, axes: Sequence[np.ndarray], degree: int) -> torch.Tensor:
        z, y, x = (
            None
            if _are_nodes(axis, basis.nodes)
            else torch.as_tensor(
                around(len(basis.nodes), _index(axis, basis.nodes), degree)
                if closed and len(basis.nodes) > 1
                else _matrix(basis, axis),
                dtype=volume.dtype,
                device=volume.device,
            )
            for basis, axis, closed in zip(self._bases[degree], axes, self.periodic, strict=True)
        )
        if z is not None:
            volume = torch.tensordot(z, volume, dims=1)
        if x is not None:
            volume = volume @ x.T
        return volume if y is None else y @ volume


def _step(nodes: np.ndarray) -> float:
    """Distance of the nodes of an axis; 0 where there is only one."""
    return float(nodes[1] - nodes[0]) if len(nodes) > 1 else 0.0


def _index(axis: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Positions in numbers of the evenly spaced nodes."""
    return (axis - nodes[0]) / _step(nodes) if len(nodes) > 1 else np.zeros(len(axis))


def _are_nodes(axis: np.ndarray, nodes: np.ndarray) -> bool:
    """Whether an axis is the nodes themselves, to what float32 holds of it."""
    return len(axis) == len(nodes) and np.abs(axis - nodes).max() <= 1e-4 * _step(nodes)


def _matrix(basis: AxisBasis, positions: np.ndarray) -> np.ndarray:
    """Weights (P, n) of the node values at ``positions``."""
    first, columns = basis.weights(positions)
    cardinal = basis.coefficients(np.eye(len(basis.nodes)))
    return columns @ cardinal[first : first + columns.shape[1]]


def _row(basis: AxisBasis, position: float) -> np.ndarray:
    return _matrix(basis, np.array([position]))[0]
