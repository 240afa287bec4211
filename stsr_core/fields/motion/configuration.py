"""What motion can be told, and where an axis may close on itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from stsr_core.checks import axis_letters, choice, flag, number, whole
from stsr_core.coordinates import VariableDomain
from stsr_core.fields.motion.reading import Periodic, closed_axes


@dataclass(frozen=True)
class MotionConfig:
    """Keyword arguments of :class:`~stsr_core.fields.motion.field.Motion`."""

    periodic: str = ""  # axes that close on themselves, node n being node 0: any of the letters z, y, x
    scale: int = 4  # points per node of the frames that are read: 2 costs half a decibel, 8 gains none
    share: str = "auto"  # whether variables have one motion: "auto" (where it is as good), "always", "never"
    still: bool = False  # no motion: splines alone
    motion_of: Mapping[str, str] = field(default_factory=dict)  # found: variable → whose motion it has

    def __post_init__(self) -> None:
        object.__setattr__(self, "periodic", axis_letters(self.periodic))
        whole(self, "scale", least=1)
        number(self, "scale", least=1, most=8)
        choice(self, "share", ("auto", "always", "never"))
        flag(self, "still")
        if not isinstance(self.motion_of, Mapping):
            raise ValueError(f"motion_of must be a mapping of variables to variables, got {self.motion_of!r}")

    @property
    def closed(self) -> Periodic:
        """Whether the axes z, y, x close on themselves."""
        return closed_axes(self.periodic)


def check_periods(variable: VariableDomain, periodic: Periodic) -> None:
    """Refuse a periodic axis whose kept nodes go round another way than all of its nodes.

    An axis of n nodes has the period n · spacing: the first node is not repeated at the end.
    """
    full, kept = variable.full_grid, variable.grid
    for i, axis in enumerate("zyx"):
        n, factor = full.shape[i], round(kept.spacing[i] / full.spacing[i])
        if periodic[i] and n != kept.shape[i] * factor:
            raise ValueError(
                f"{variable.name}: the nodes of a periodic axis (the first is not repeated) must be a "
                f"multiple of the spatial factor {factor}, got {n} along {axis}"
            )


def no_flow(variable: VariableDomain, device: torch.device) -> torch.Tensor:
    """Displacements (T−1, 3, Z, Y, X) of a variable that stands still: one zero seen everywhere.

    Half precision holds a displacement to a hundredth of a node, in half the memory.
    """
    zero = torch.zeros((), dtype=torch.float16, device=device)
    return zero.expand(len(variable.times) - 1, 3, *variable.grid.shape)
