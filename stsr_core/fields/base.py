"""The one interface: what every field offers, neural or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import torch

from stsr_core.coordinates import Domain

#: Normalised axes (t, z, y, x), four 1-D tensors → normalised values (T, Z, Y, X) on their product grid.
Sampler = Callable[[tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]], torch.Tensor]


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

    def state_dict(self) -> dict[str, torch.Tensor]: ...

    def load_state_dict(self, state_dict: Any, strict: bool = True) -> Any: ...

    def to(self, device: Any) -> Any: ...

    def eval(self) -> Any: ...
