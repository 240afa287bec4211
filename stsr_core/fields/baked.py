"""Baked: steps of another field on one grid, held in 16 bits, and the way between them along the flow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
import torch

from stsr_core.checks import axis_letters
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, as_arrays, place_of
from stsr_core.fields.interpolation.gaps import Gaps
from stsr_core.fields.motion.configuration import check_periods
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.fields.motion.gate import METHODS, simplex_weights
from stsr_core.fields.motion.halving import every_second, halved, halved_shape
from stsr_core.fields.motion.reading import Periodic, closed_axes
from stsr_core.fields.motion.trajectories import Moment
from stsr_core.fields.motion.variable import MovingVariable

#: Largest whole number that stands for a value; 0 is the middle of the values.
_LEVELS = 32767
#: Points per node of the steps that motion reads: with 1, lines between nodes cut peaks (9 dB).
_SCALE = 2
#: Parts of a series held as float32 at once, of all variables: a slider moves within one or two.
_HELD = 4
#: A phase nearer to a step than this is the step.
_AT_STEP = 1e-4
#: Methods with a smaller share are left out: each costs a reading of whole frames.
_LEAST_SHARE = 0.05
#: By which the steps themselves are shown; of weights without an end.
_STILL = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class BakedConfig:
    """Keyword arguments of :class:`Baked`."""

    periodic: str = ""  # axes that close on themselves; see fields.motion.configuration

    def __post_init__(self) -> None:
        object.__setattr__(self, "periodic", axis_letters(self.periodic))

    @property
    def closed(self) -> Periodic:
        """Whether the axes z, y, x close on themselves."""
        return closed_axes(self.periodic)


class Baked(torch.nn.Module):
    """What :class:`~stsr_core.fields.motion.field.Motion` is of kept samples, of steps of any other field.

    ::

        steps, int16 ─────────────────────┬─ four about the time, float32 ─┬─ splines ─────────┐ w₀, w₁
        flow at every second node, float16 ┴────────────────────────────────┴─ two, four frames ┴─ value
                                                                                                  w₂, w₃

    A step is one of 65,535 evenly spaced values between its variable's least and largest: an error of at most
    1/131,068 of that range. 2.75 bytes per node and step, where float32 frames with their flow take 10. Only
    the four steps about a time are unpacked, and kept for the next time.

    Parameters
    ----------
    domain : Domain
        Grid and times are those of the steps.
    **configuration
        Fields of :class:`BakedConfig`.
    """

    kind: ClassVar[str] = "baked"
    weights: torch.Tensor  # (n_variables, 4), of fields.motion.gate.METHODS
    ranges: torch.Tensor  # (n_variables, 2): middle and half range of the normalised values of the steps

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = BakedConfig(**configuration)
        for i, variable in enumerate(domain):
            check_periods(variable, self.config.closed)
            shape, n = variable.grid.shape, len(variable.times)
            coarse = halved_shape(shape, self.config.closed)
            # One zero seen everywhere: it takes no memory until the steps take its place.
            self.register_buffer(f"frames_{i}", torch.zeros((), dtype=torch.int16).expand(n, *shape))
            self.register_buffer(f"flow_{i}", torch.zeros((), dtype=torch.float16).expand(n - 1, 3, *coarse))
        self.gaps = torch.nn.ModuleList(Gaps(variable) for variable in domain)
        self.register_buffer("weights", torch.tensor(_STILL).repeat(len(domain), 1))
        self.register_buffer("ranges", torch.tensor([0.0, 1.0]).repeat(len(domain), 1))
        self._parts: OrderedDict[tuple[int, int, torch.device], MovingVariable] = OrderedDict()

    def take(
        self,
        index: int,
        values: torch.Tensor,
        on_progress: Callable[[float], None] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> None:
        """Take the normalised steps (T, Z, Y, X) of a variable, NaN where it is masked; find their motion."""
        self._parts.clear()
        variable, gaps = self.domain[index], self._gaps(index)
        values = gaps.take(values)
        low, high = float(values.min()), float(values.max())
        middle, half = (low + high) / 2, (high - low) / 2 or 1.0
        self.ranges[index] = torch.tensor([middle, half])
        packed = torch.empty(values.shape, dtype=torch.int16, device=values.device)
        for step, whole in zip(values, packed, strict=True):
            whole.copy_(((step - middle) * (_LEVELS / half)).round_())
        setattr(self, f"frames_{index}", packed)
        if len(values) > 1:
            step = torch.tensor(self._step(index), device=values.device).view(1, 3, 1, 1, 1)
            flow = estimate_flow(
                every_second(values[:, None], self.config.closed),
                variable.times,
                periodic=self.config.closed,
                on_progress=on_progress,
                should_abort=should_abort,
            )
            setattr(self, f"flow_{index}", (flow * step).half())

    def weigh(self, index: int, times: Sequence[float], truth: Iterable[torch.Tensor]) -> float:
        """Mix the methods as comes nearest to the ``truth`` at normalised ``times``; the error that is left.

        Parameters
        ----------
        times : sequence of float
            At least one, between the steps.
        truth : iterable of Tensor
            The normalised values (Z, Y, X) on the nodes of the steps at each time.

        Returns
        -------
        float
            Mean squared error, normalised.
        """
        gram, count = np.zeros((len(METHODS), len(METHODS))), 0
        for time, true in zip(times, truth, strict=True):
            moving = self.moving(index, time)
            axes = [np.array([time]), *moving.space]
            known = ~true.isnan()
            errors = [
                (moving.mixed(axes, row)[0] - true)[known].double() for row in np.eye(len(METHODS)).tolist()
            ]
            gram += [[float(a @ b) for b in errors] for a in errors]
            count += int(known.sum())
        weights = simplex_weights(gram)
        weights[weights < _LEAST_SHARE] = 0.0
        weights /= weights.sum()
        self.weights[index] = torch.tensor(weights)
        return float(weights @ gram @ weights) / max(1, count)

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, self.weights.device)

    def moving(self, index: int, time: float) -> MovingVariable:
        """The steps about a normalised time, at most four, with their motion."""
        frames, flow = getattr(self, f"frames_{index}"), getattr(self, f"flow_{index}")
        variable = self.domain[index]
        times = variable.normalized_axes(variable.grid, np.asarray(variable.times))[0]
        k = Moment.of(time, times.tolist()).interval if len(times) > 1 else 0
        key = index, k, frames.device
        if key not in self._parts:
            first, last = max(0, k - 1), min(len(times), k + 3)
            middle, half = self.ranges[index].tolist()
            self._parts[key] = MovingVariable(
                replace(variable, times=variable.times[first:last]),
                frames[first:last].float().mul_(half / _LEVELS).add_(middle),
                flow[first : last - 1],
                scale=_SCALE,
                periodic=self.config.closed,
                step=self._step(index),
            )
            while len(self._parts) > _HELD:
                self._parts.popitem(last=False)
        self._parts.move_to_end(key)
        return self._parts[key]

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing."""
        weighted = [(i, weight) for i, weight in enumerate(latent.tolist()) if weight != 0]

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            times, *space = positions = as_arrays(axes)
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for i, weight in weighted:
                for out, time in zip(total, times, strict=True):
                    moving = self.moving(i, float(time))
                    values = moving.mixed([np.array([time]), *space], self._weights_at(i, moving, time))
                    out.add_(values[0], alpha=weight)
            for i, _ in weighted:
                total = self._gaps(i).hide(total, positions)
            return total

        return sample

    def velocity(self, variable: str) -> Sampler:
        """How what passes each point moves; see :class:`~stsr_core.fields.base.Moving`."""
        index = self.domain.index(variable)

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            times, *space = as_arrays(axes)
            return torch.cat(
                [self.moving(index, float(time)).velocity([np.array([time]), *space]) for time in times]
            )

        return sample

    def bytes_per_sample(self) -> int:
        """Positions, displacements and values of up to four frames, float32."""
        return 200

    def _weights_at(self, index: int, moving: MovingVariable, time: float) -> Sequence[float]:
        """Those of the variable; at a step the step itself, of which nothing is moved."""
        spacing = np.diff(moving.times).min(initial=np.inf)
        near = np.abs(moving.times - time).min() < _AT_STEP * spacing
        return _STILL if near else self.weights[index].tolist()

    def _gaps(self, index: int) -> Gaps:
        return cast("Gaps", self.gaps[index])

    def _step(self, index: int) -> tuple[int, ...]:
        return halved(self.domain[index].grid.shape, self.config.closed)
