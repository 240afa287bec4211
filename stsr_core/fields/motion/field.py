"""Motion: kept frames carried along their own motion, mixed with splines by rehearsed weights; no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from stsr_core.checks import number, whole
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.base import Sampler, place_of
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.fields.motion.gate import METHODS, Choice
from stsr_core.fields.motion.reading import Periodic
from stsr_core.fields.motion.rehearsal import choose
from stsr_core.fields.motion.variable import MovingVariable


@dataclass(frozen=True)
class MotionConfig:
    """Keyword arguments of :class:`Motion`."""

    periodic: str = ""  # axes that close on themselves: any of the letters z, y, x
    scale: int = 0  # points per node of the frames that are read; 0: 4, or 2 where all voxels were kept

    def __post_init__(self) -> None:
        if not isinstance(self.periodic, str) or set(self.periodic) - set("zyx"):
            raise ValueError(f"periodic must name axes among z, y, x, got {self.periodic!r}")
        whole(self, "scale", least=0)
        number(self, "scale", least=0, most=8)

    @property
    def closed(self) -> Periodic:
        """Whether the axes z, y, x close on themselves."""
        z, y, x = (axis in self.periodic for axis in "zyx")
        return z, y, x


class Motion(torch.nn.Module):
    """Tricubic + linear, 4D cubic, and motion between two and four frames, in rehearsed shares.

    ::

        kept frames ─┬─ flow between neighbours ─ trajectories ─┬─ two frames, linear in time ─ w₂ ─┐
                     │                                          └─ four frames, cubic in time ── w₃ ┤
                     ├─ spatial spline, linear in time ───────────────────────────────────────── w₀ ┼─ value
                     └─ spatial spline, spline in time ───────────────────────────────────────── w₁ ┘

    Kept samples are reproduced. After the last kept step what moves is carried on by the last interval's
    motion, the rest holds. Of a single kept step only the spline in space is left. Configured by
    :class:`MotionConfig`; a latent vector weighs the variables, whose frames and motions are their own.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`MotionConfig`; unknown names are a TypeError.
    """

    kind: ClassVar[str] = "motion"
    weights: torch.Tensor

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = MotionConfig(**configuration)
        for i, variable in enumerate(domain):
            shape, n = variable.grid.shape, len(variable.times)
            self.register_buffer(f"frames_{i}", torch.zeros(n, *shape))
            # Half precision holds a displacement to a hundredth of a node, in half the memory.
            self.register_buffer(f"flow_{i}", torch.zeros(n - 1, 3, *shape, dtype=torch.float16))
        self.register_buffer("weights", torch.zeros(len(domain), len(METHODS)))

    def fill(
        self,
        values: Sequence[torch.Tensor],
        on_progress: Callable[[float], None] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> list[Choice]:
        """Take the normalised kept samples (T, Z, Y, X) of each variable; find motions and weights."""
        choices = []
        for i, frames in enumerate(values):

            def report(fraction: float, i: int = i) -> None:
                if on_progress is not None:
                    on_progress((i + fraction) / len(values))

            choices.append(self.follow(i, frames, report, should_abort))
        return choices

    def take(self, index: int, frames: torch.Tensor, weights: Sequence[float]) -> None:
        """Take the frames (T, Z, Y, X) of a variable and find their motion; the weights are given."""
        self._move(index, frames, None, None)
        self.weights[index] = torch.tensor(weights)

    def follow(
        self,
        index: int,
        frames: torch.Tensor,
        on_progress: Callable[[float], None] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> Choice:
        """Take the frames (T, Z, Y, X) of a variable, find their motion, and choose the weights."""
        variable = self.domain[index]
        self._move(index, frames, on_progress, should_abort)
        choice = choose(
            variable,
            frames,
            scale=self._scale(variable),
            fine=self._fine(variable),
            periodic=self.config.closed,
            should_abort=should_abort,
        )
        self.weights[index] = torch.tensor(choice.weights)
        return choice

    def _move(
        self,
        index: int,
        frames: torch.Tensor,
        on_progress: Callable[[float], None] | None,
        should_abort: Callable[[], bool] | None,
    ) -> None:
        self._frames(index).copy_(frames)
        if len(frames) > 1:
            variable = self.domain[index]
            flow = estimate_flow(
                frames[:, None],
                variable.times,
                fine=self._fine(variable),
                periodic=self.config.closed,
                on_progress=on_progress,
                should_abort=should_abort,
            )
            getattr(self, f"flow_{index}").copy_(flow)

    def moving(self, index: int) -> MovingVariable:
        """One variable with its motion."""
        variable, flow = self.domain[index], getattr(self, f"flow_{index}")
        return MovingVariable(variable, self._frames(index), flow, self._scale(variable), self.config.closed)

    def _frames(self, index: int) -> torch.Tensor:
        return getattr(self, f"frames_{index}")

    def _fine(self, variable: VariableDomain) -> bool:
        return variable.full_grid.shape != variable.grid.shape

    def _scale(self, variable: VariableDomain) -> int:
        return self.config.scale or (4 if self._fine(variable) else 2)

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, self.weights.device)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing."""
        weighted = [(w, i, self.moving(i)) for i, w in enumerate(latent.tolist()) if w != 0]

        def sample(axes: tuple[torch.Tensor, ...]) -> torch.Tensor:
            positions = _positions(axes)
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, i, moving in weighted:
                total.add_(moving.mixed(positions, self.weights[i].tolist()), alpha=weight)
            return total

        return sample

    def velocity(self, variable: str) -> Sampler:
        """How what passes each point moves; see :class:`~stsr_core.fields.base.Moving`."""
        moving = self.moving(self.domain.index(variable))
        return lambda axes: moving.velocity(_positions(axes))

    def bytes_per_sample(self) -> int:
        """Positions, displacements and values of two frames, and the fine points that are read."""
        return 320


def _positions(axes: Sequence[torch.Tensor]) -> list[np.ndarray]:
    return [axis.cpu().double().numpy() for axis in axes]


def features_move(field: Motion, index: int) -> float:
    """How far features move over an interval, in nodes: the mean displacement, weighed by the gradient."""
    flow = getattr(field, f"flow_{index}").float()
    if not len(flow):
        return 0.0
    frames = getattr(field, f"frames_{index}")
    steep = sum(
        torch.gradient(frames[:-1], dim=axis)[0].square() for axis in (1, 2, 3) if frames.shape[axis] > 1
    )
    weight = np.sqrt(steep.cpu().numpy()) if not isinstance(steep, int) else np.ones(1)
    length = flow.square().sum(1).sqrt().cpu().numpy()
    return float((weight * length).sum() / max(weight.sum(), 1e-12))
