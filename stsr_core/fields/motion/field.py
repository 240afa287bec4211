"""Motion: kept frames carried along their own motion, mixed with splines by rehearsed weights; no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar, cast

import numpy as np
import torch

from stsr_core import scratch
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, as_arrays, place_of
from stsr_core.fields.interpolation.gaps import Gaps, filled
from stsr_core.fields.motion.configuration import MotionConfig, check_periods, no_flow
from stsr_core.fields.motion.errors import N_NUMBERS, Spread, learned, spread
from stsr_core.fields.motion.flow import estimate_flow
from stsr_core.fields.motion.gate import METHODS, Choice
from stsr_core.fields.motion.rehearsal import Rehearsal, choose, coarse_flow, unrehearsed
from stsr_core.fields.motion.sharing import alike, sharers
from stsr_core.fields.motion.signs import N_TIME, MotionSigns
from stsr_core.fields.motion.variable import MovingVariable

#: Part of the time that the motion itself takes; the rest is its rehearsal.
_FLOW_SHARE = 0.6
#: Where the search was stopped before it was known what a motion is worth.
_STOPPED = Choice((1.0, 0.0, 0.0, 0.0))


class Motion(torch.nn.Module):
    """Tricubic + linear, 4D cubic, and motion between two and four frames, in rehearsed shares.

    ::

        kept frames ─┬─ flow between neighbours ─ trajectories ─┬─ two frames, linear in time ─ w₂ ─┐
                     │                                          └─ four frames, cubic in time ── w₃ ┤
                     ├─ spatial spline, linear in time ───────────────────────────────────────── w₀ ┼─ value
                     └─ spatial spline, spline in time ───────────────────────────────────────── w₁ ┘

    Kept samples are reproduced. After the last kept step what moves is carried on by the last interval's
    motion, the rest holds. Of a single kept step only the spline in space is left. Configured by
    :class:`~stsr_core.fields.motion.configuration.MotionConfig`; a latent vector weighs the variables.

    Variables on the same nodes and times whose common motion is as good as their own share it, and it is
    stored with the first of them.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`~stsr_core.fields.motion.configuration.MotionConfig`; unknown names are a TypeError.
    """

    kind: ClassVar[str] = "motion"
    weights: torch.Tensor
    errors: torch.Tensor  # numbers of fields.motion.errors per variable; NaN where nothing was rehearsed

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = MotionConfig(**configuration)
        for i, variable in enumerate(domain):
            check_periods(variable, self.config.closed)
            shape, n = variable.grid.shape, len(variable.times)
            # One zero seen everywhere: it takes no memory until the frames take its place.
            self.register_buffer(f"frames_{i}", torch.zeros(()).expand(n, *shape))
        self.gaps = torch.nn.ModuleList(Gaps(variable) for variable in domain)
        self.register_buffer("weights", torch.zeros(len(domain), len(METHODS)))
        self.register_buffer("errors", torch.full((len(domain), N_NUMBERS), torch.nan))
        self._share(self.config.motion_of)

    def _share(self, motion_of: Mapping[str, str]) -> None:
        """Give each variable room for a motion, but for those that have another's."""
        self.config = replace(self.config, motion_of=dict(motion_of))
        alone = {variable.name for variable in self.domain} - set(motion_of)
        partners = {frozenset(self.domain[i].name for i in group) for group in alike(self.domain)}
        for name, other in motion_of.items():
            if other not in alone or not any({name, other} <= group for group in partners):
                raise ValueError(
                    f"motion_of must name, for {name!r}, a variable on the same nodes and times with a "
                    f"motion of its own, got {other!r}"
                )
        for i, variable in enumerate(self.domain):
            flow = no_flow(variable, self.weights.device)
            has_one = variable.name in alone and not self.config.still
            self.register_buffer(f"flow_{i}", flow if has_one else None)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        # Models written before error bars were learnt have none.
        state_dict.setdefault(f"{prefix}errors", self.errors)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def fill(
        self,
        values: Sequence[torch.Tensor],
        on_progress: Callable[[float, str], None] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> list[Choice]:
        """Take the normalised kept samples (T, Z, Y, X) of each variable; find motions and weights.

        The samples are not copied: the field and the caller hold the same tensors, but for those with samples
        that are NaN, which are left out of both, and stay NaN in what the field gives. ``on_progress`` is
        called with the fraction done and what is being done, and ``should_abort`` asked as often: after True
        variables whose weights are not found yet are tricubic + linear.
        """
        tell = on_progress or (lambda fraction, doing: None)
        stop = should_abort or (lambda: False)

        def asked() -> bool:
            tell(0.0, "asking what moves together")
            return stop()

        groups = self._groups(values, asked)
        names = self.domain.names
        self._share({names[i]: names[group[0]] for group in groups for i in group[1:]})
        choices: dict[int, Choice] = {}
        for group in groups:

            def report(fraction: float, doing: str, done: int = len(choices), n: int = len(group)) -> None:
                tell((done + fraction * n) / len(values), doing)

            choices |= self._follow(group, values, report, stop)
        return [choices[i] for i in range(len(values))]

    def take(self, index: int, frames: torch.Tensor, weights: Sequence[float]) -> None:
        """Take the frames (T, Z, Y, X) of a variable and find their motion; the weights are given."""
        self._move([index], [frames], None, None)
        self.weights[index] = torch.tensor(weights)

    def _groups(self, values: Sequence[torch.Tensor], should_abort: Callable[[], bool]) -> list[list[int]]:
        """Every variable once: those that move together, and those that move alone."""
        groups: list[list[int]] = []
        separate = self.config.still or self.config.share == "never"
        for group in () if separate else alike(self.domain):
            if self.config.share == "always":
                groups.append(group)
            elif len(rehearsals := self._rehearsals(group, values)) == len(group):
                groups += sharers(rehearsals, **self._settings(), should_abort=should_abort)
        together = {i for group in groups for i in group}
        return groups + [[i] for i in range(len(values)) if i not in together]

    def _rehearsals(self, group: Sequence[int], values: Sequence[torch.Tensor]) -> dict[int, Rehearsal]:
        """Those of the variables of a group that can be rehearsed; ``values`` are of all variables."""
        found = {i: Rehearsal.of(self.domain[i], values[i], self.config.closed) for i in group}
        return {i: rehearsal for i, rehearsal in found.items() if rehearsal is not None}

    def _follow(
        self,
        group: Sequence[int],
        values: Sequence[torch.Tensor],
        on_progress: Callable[[float, str], None],
        should_abort: Callable[[], bool],
    ) -> dict[int, Choice]:
        """Take the frames of variables that move together, find their motion, and choose their weights."""
        frames = [values[i] for i in group]
        self._move(
            group, frames, lambda f: on_progress(_FLOW_SHARE * f, "following what moves"), should_abort
        )
        rehearsals = self._rehearsals(group, values)

        def flow_of(together: Sequence[Rehearsal]) -> torch.Tensor:
            if self.config.still:
                return no_flow(together[0].variable, values[0].device)
            return coarse_flow(together, periodic=self.config.closed, should_abort=should_abort)

        common = flow_of(list(rehearsals.values())) if len(rehearsals) == len(group) else None
        choices = {}
        for done, i in enumerate(group):
            rehearsed = done / len(group)
            on_progress(_FLOW_SHARE + (1 - _FLOW_SHARE) * rehearsed, "weighing motion against splines")
            choices[i], self.errors[i] = unrehearsed(len(values[i])), torch.nan
            if (rehearsal := rehearsals.get(i)) is not None:
                flow = flow_of([rehearsal]) if common is None else common
                choices[i] = _STOPPED if should_abort() else self._weighed(i, rehearsal, flow, values[i])
            self.weights[i] = torch.tensor(choices[i].weights)
        return choices

    def _weighed(self, index: int, rehearsal: Rehearsal, flow: torch.Tensor, values: torch.Tensor) -> Choice:
        """The weights that a rehearsal with this motion finds for a variable; its error bars are learnt."""
        small = MovingVariable(rehearsal.variable, filled(rehearsal.frames), flow, **self._settings())
        true = self.moving(index)
        choice = choose(rehearsal, small, true, values, still=self.config.still)
        self.errors[index] = torch.tensor(learned(small, rehearsal, choice.weights, true))
        return choice

    def _move(
        self,
        group: Sequence[int],
        values: Sequence[torch.Tensor],
        on_progress: Callable[[float], None] | None,
        should_abort: Callable[[], bool] | None,
    ) -> None:
        kept = [self._gaps(i).take(v) for i, v in zip(group, values, strict=True)]
        for i, frames in zip(group, kept, strict=True):
            setattr(self, f"frames_{i}", frames)
        known = [where for i in group if (where := self._gaps(i).known()) is not None]
        first = self.domain[group[0]]
        if len(first.times) > 1 and not self.config.still:
            device = kept[0].device
            flow = scratch.empty((len(first.times) - 1, 3, *first.grid.shape), torch.float16, device)
            estimate_flow(
                kept[0][:, None] if len(kept) == 1 else torch.stack(kept, dim=1),
                first.times,
                periodic=self.config.closed,
                known=torch.stack(known).all(0) if known else None,
                out=flow,
                on_progress=on_progress,
                should_abort=should_abort,
            )
            setattr(self, f"flow_{group[0]}", flow)

    def moving(self, index: int) -> MovingVariable:
        """One variable with its motion."""
        return MovingVariable(self.domain[index], self.frames(index), self.flow(index), **self._settings())

    def flow(self, index: int) -> torch.Tensor:
        """Displacements (T−1, 3, Z, Y, X) over each interval of a variable, its own or those it shares."""
        if self.config.still:
            return no_flow(self.domain[index], self.weights.device)
        name = self.domain[index].name
        return getattr(self, f"flow_{self.domain.index(self.config.motion_of.get(name, name))}")

    def _settings(self) -> dict[str, Any]:
        return {"scale": self.config.scale, "periodic": self.config.closed}

    def frames(self, index: int) -> torch.Tensor:
        """The normalised kept samples (T, Z, Y, X) of a variable."""
        return getattr(self, f"frames_{index}")

    def _gaps(self, index: int) -> Gaps:
        return cast("Gaps", self.gaps[index])

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
            positions = as_arrays(axes)
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, i, moving in weighted:
                total.add_(moving.mixed(positions, self.weights[i].tolist()), alpha=weight)
            return self.hide(latent, total, positions)

        return sample

    def spread(self, variable: str) -> Spread:
        """Error bars of a variable.

        Raises
        ------
        ValueError
            If nothing was rehearsed, or the model was written before error bars were learnt.
        """
        index = self.domain.index(variable)
        numbers = self.errors[index]
        if numbers.isnan().any():
            n = len(self.domain[index].times)
            if n < 3:
                raise ValueError(f"{variable}: error bars need three kept steps to rehearse with, got {n}")
            raise ValueError(
                f"{variable}: error bars are learnt while fitting, and this model has none: it is of an "
                "older version or too many samples were missing; fit it again"
            )
        return spread(self.moving(index), numbers.tolist(), MotionSigns(self.config.closed), N_TIME)

    def hide(
        self, latent: torch.Tensor, values: torch.Tensor, positions: Sequence[np.ndarray]
    ) -> torch.Tensor:
        """Put NaN into values (T, Z, Y, X) where samples of a variable that ``latent`` weighs are missing."""
        for i, weight in enumerate(latent.tolist()):
            if weight != 0:
                values = self._gaps(i).hide(values, positions)
        return values

    def velocity(self, variable: str) -> Sampler:
        """How what passes each point moves; see :class:`~stsr_core.fields.base.Moving`."""
        moving = self.moving(self.domain.index(variable))
        return lambda axes: moving.velocity(as_arrays(axes))

    def bytes_per_sample(self) -> int:
        """Positions, displacements and values of two frames, and the fine points that are read.

        On the kept nodes these are 4³ float32 of two frames for each value; on a finer grid they are fewer.
        """
        return 640
