"""What an output shows, wherever it lies: the protocol, and each variable as an array of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stsr_core.coordinates import VariableDomain
from stsr_core.request.clamp import Clamp, limits_of
from stsr_core.request.extras import Extras, Quantity
from stsr_core.request.mix import Mix, Step
from stsr_core.request.output_times import TimeChoice, time_range


class Content(Protocol):
    """The arrays of an output at each of its times, before anything is computed."""

    @property
    def placed_by(self) -> tuple[VariableDomain, ...]:
        """The variables that say where and when the output lies; the first before the others."""
        ...

    @property
    def title(self) -> str:
        """What is decoded, in words."""
        ...

    @property
    def dtypes(self) -> Mapping[str, str]:
        """Type by array; that of vectors has a shape, as in "(3,)float32"."""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """Unit by array, "" if none is known."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """Warnings that hold at every time."""
        ...

    @property
    def time_range(self) -> tuple[float, float] | None:
        """First and last time that can be asked for; None if there is no time."""
        ...

    @property
    def trained_range(self) -> tuple[float, float] | None:
        """First and last trained time; None if there is no time."""
        ...

    def times(self, choice: TimeChoice, input_times: Sequence[float]) -> np.ndarray:
        """The listed times (T,)."""
        ...

    def step(self, asked: float) -> Step:
        """What is shown when the time ``asked`` is wanted."""
        ...

    def warnings(self, asked: Sequence[float] | np.ndarray) -> tuple[str, ...]:
        """What is shown otherwise than wanted at any of the times, each said once."""
        ...


@dataclass(frozen=True)
class Variables:
    """Each variable as an array of its own name, and what is wanted beside it, a :class:`Content`.

    Parameters
    ----------
    domains : tuple of VariableDomain
    extras : Extras
    speed_unit : str
        Unit of the motion, see :func:`stsr_core.request.extras.speed_unit`.
    clamp : int
        A :class:`~stsr_core.request.clamp.Clamp`.

    Raises
    ------
    ValueError
        If a variable has the very name of what is added to another.
    """

    domains: tuple[VariableDomain, ...]
    extras: Extras = field(default_factory=Extras)
    speed_unit: str = ""
    clamp: int = Clamp.AUTOMATIC

    def __post_init__(self) -> None:
        names = [q.array(d.name) for d, q in self._arrays]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two arrays would be called {name}: choose one of the variables alone")

    @property
    def placed_by(self) -> tuple[VariableDomain, ...]:
        """All of them."""
        return self.domains

    @property
    def title(self) -> str:
        """Their names, and what is added."""
        names = ", ".join(d.name for d in self.domains)
        return f"{names} with {self.extras.title}" if self.extras.title else names

    @property
    def dtypes(self) -> dict[str, str]:
        """Types by name, the arrays of a variable after each other."""
        return {q.array(d.name): q.dtype(d.dtype) for d, q in self._arrays}

    @property
    def units(self) -> dict[str, str]:
        """Units by name."""
        return {q.array(d.name): self.speed_unit if q is Quantity.MOTION else d.unit for d, q in self._arrays}

    @property
    def remarks(self) -> tuple[str, ...]:
        """None: what differs between grids depends on the output's."""
        return ()

    @property
    def time_range(self) -> tuple[float, float] | None:
        """First and last time any of them was trained on."""
        return time_range(self.domains)

    @property
    def trained_range(self) -> tuple[float, float] | None:
        """The same."""
        return self.time_range

    def times(self, choice: TimeChoice, input_times: Sequence[float]) -> np.ndarray:
        """The times of all of them, united."""
        return choice.resolve(self.domains, input_times)

    def step(self, asked: float) -> Step:
        """Each variable at its own nearest trained time."""
        shown = {d.name: float(d.shown_times([asked])[0][0]) for d in self.domains}
        limits = {d.name: limits_of(self.clamp, [(1.0, d.normalization)]) for d in self.domains}
        arrays = {q.array(d.name): Mix.of(d.name, shown[d.name], q, limits[d.name]) for d, q in self._arrays}
        return Step(arrays, self.title, f"t = {asked:g}")

    def warnings(self, asked: Sequence[float] | np.ndarray) -> tuple[str, ...]:
        """A sentence for every trained range that times lie outside of."""
        said = (d.shown_times(asked)[1] for d in self.domains)
        return tuple(dict.fromkeys(filter(None, said)))

    @property
    def _arrays(self) -> list[tuple[VariableDomain, Quantity]]:
        return [(d, quantity) for d in self.domains for quantity in self.extras.quantities]
