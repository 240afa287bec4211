"""Motion: kept frames carried along their own motion, mixed with splines by rehearsed weights; no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch

from stsr_core import scratch
from stsr_core.checks import number, whole
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.base import Sampler, place_of
from stsr_core.fields.motion.flow import estimate_flow, gradient
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
            # One zero seen everywhere: they take no memory until frames and flow take their places.
            self.register_buffer(f"frames_{i}", torch.zeros(()).expand(n, *shape))
            # Half precision holds a displacement to a hundredth of a node, in half the memory.
            self.register_buffer(f"flow_{i}", torch.zeros((), dtype=torch.float16).expand(n - 1, 3, *shape))
        self.register_buffer("weights", torch.zeros(len(domain), len(METHODS)))

    def fill(
        self,
        values: Sequence[torch.Tensor],
        on_progress: Callable[[float], None] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> list[Choice]:
        """Take the normalised kept samples (T, Z, Y, X) of each variable; find motions and weights.

        The samples are not copied: the field and the caller hold the same tensors.
        """
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
        variable = self.domain[index]
        setattr(self, f"frames_{index}", frames)
        if len(frames) > 1:
            flow = scratch.empty((len(frames) - 1, 3, *variable.grid.shape), torch.float16, frames.device)
            estimate_flow(
                frames[:, None],
                variable.times,
                fine=self._fine(variable),
                periodic=self.config.closed,
                out=flow,
                on_progress=on_progress,
                should_abort=should_abort,
            )
            setattr(self, f"flow_{index}", flow)

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
            positions = [axis.cpu().double().numpy() for axis in axes]
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, i, moving in weighted:
                total.add_(moving.mixed(positions, self.weights[i].tolist()), alpha=weight)
            return total

        return sample

    def bytes_per_sample(self) -> int:
        """Positions, displacements and values of two frames, and the fine points that are read.

        On the kept nodes these are 4³ float32 of two frames for each value; on a finer grid they are fewer.
        """
        return 640


def features_move(field: Motion, index: int) -> float:
    """How far features move over an interval, in nodes: the mean displacement, weighed by the gradient."""
    frames, flows = getattr(field, f"frames_{index}"), getattr(field, f"flow_{index}")
    moved, total = 0.0, 1e-12
    for frame, flow in zip(frames[:-1], flows, strict=True):
        weight = torch.stack(gradient(frame, field.config.closed)).square().sum(0).sqrt()
        moved += float((weight * flow.float().square().sum(0).sqrt()).sum(dtype=torch.float64))
        total += float(weight.sum(dtype=torch.float64))
    return moved / total
