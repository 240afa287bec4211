"""The one interface: what every field offers, neural or not, and what the loop needs to train one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch

from stsr_core.coordinates import Domain

#: Normalised axes (t, z, y, x), four 1-D tensors.
Axes = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
#: Axes → normalised values (T, Z, Y, X) on their product grid.
Sampler = Callable[[Axes], torch.Tensor]


class Field(Protocol):
    """One continuous function of (t, z, y, x) per variable.

    Every field is a ``torch.nn.Module``, so that its state dict is what a checkpoint stores, and
    ``type(field)(domain, **field.configuration())`` builds it anew.
    """

    kind: ClassVar[str]
    domain: Domain

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        ...

    def latent(self, variable: str) -> torch.Tensor:
        """The latent vector (L,) of a variable: μ, without noise."""
        ...

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; all that depends on the latent vector alone is computed once here.

        ``variable`` names whose grid a field with a block geometry follows; the first variable by default.
        """
        ...

    def bytes_per_sample(self) -> int:
        """Memory in bytes that the sampler needs per output value; tiles are chosen by it."""
        ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any: ...

    def to(self, device: Any) -> Any: ...

    def eval(self) -> Any: ...


@runtime_checkable
class Moving(Protocol):
    """What a field offers besides that knows how features move."""

    def velocity(self, variable: str) -> Sampler:
        """Normalised axes (t, z, y, x) → velocity (T, 3, Z, Y, X) of what passes each point.

        Its components are dz/dt, dy/dt, dx/dt in normalised coordinates: 1 is the whole box in the whole
        series.
        """
        ...


class Spread(Protocol):
    """How far the values of one variable may be off, normalised, at normalised axes (t, z, y, x)."""

    standard_error: Sampler
    half_width: Sampler  # of the 90 % interval


@runtime_checkable
class Uncertain(Protocol):
    """What a field offers besides that knows its own error."""

    def spread(self, variable: str) -> Spread:
        """Error bars of a variable; ValueError, in one sentence, for a model without."""
        ...


@runtime_checkable
class Hurried(Protocol):
    """What a field offers besides that is slow, and holds a quick one which is near it."""

    def quick(self) -> Field:
        """A field of the same variables, to be shown until this one has been evaluated."""
        ...


class Rows(Protocol):
    """Training rows, numbered, on one device; nothing of their number need be stored."""

    def __len__(self) -> int: ...

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Rows ``index`` (B,), int64 → coordinates (B, 4) in (t, z, y, x), targets (B,) or (B, n), mask.

        The mask is False where a target does not count; None where every one does.
        """
        ...


@runtime_checkable
class Trainable(Field, Protocol):
    """What :func:`stsr_core.training.loop.train` needs of a field besides."""

    def training_rows(self, values: Sequence[torch.Tensor], /) -> Sequence[Rows]:
        """One set of rows per variable, or one for all, from normalised kept samples (T, Z, Y, X)."""
        ...

    def loss(
        self,
        rows_index: int,
        coordinates: torch.Tensor,
        targets: torch.Tensor,
        mask: torch.Tensor | None,
        generator: torch.Generator,
        progress: float,
        /,
    ) -> torch.Tensor:
        """Mean squared error of rows of the set ``rows_index``, a scalar.

        ``generator`` is the source of noise, ``progress`` in [0, 1] the part of the run that is done.
        """
        ...

    def epoch_penalty(self) -> torch.Tensor | None:
        """What one more step of the latent vectors alone lowers after each epoch; None for no such step."""
        ...

    def parameter_groups(self) -> dict[str, list[torch.nn.Parameter]]:
        """Every parameter once: ``matrices`` (hidden, 2-D, not zero), ``others`` and ``latents``."""
        ...

    def train(self, mode: bool = True) -> Any: ...


def as_axes(arrays: Iterable[np.ndarray], device: torch.device | str) -> Axes:
    """Normalised arrays (t, z, y, x) as a sampler takes them: float32, on its device."""
    t, z, y, x = (torch.as_tensor(array, dtype=torch.float32, device=device) for array in arrays)
    return t, z, y, x


def as_arrays(axes: Iterable[torch.Tensor]) -> list[np.ndarray]:
    """Axes as float64 arrays, for what is computed an axis at a time."""
    return [axis.cpu().double().numpy() for axis in axes]


def place_of(domain: Domain, variable: str, device: torch.device | str) -> torch.Tensor:
    """The latent vector (n_variables,) where none is trained: 1 for the variable, 0 for the others."""
    place = torch.zeros(len(domain), device=device)
    place[domain.index(variable)] = 1.0
    return place
