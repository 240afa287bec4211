"""CoordNet: one residual sine network with an output per variable, for comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch

from stsr_core.checks import is_whole, number, several, whole
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, place_of
from stsr_core.fields.stsr_inr.network import Layer
from stsr_core.sampling import GridRows

#: Rows evaluated at once on a CPU: a few activations of so many rows stay in its caches.
CPU_CHUNK = 2048


@dataclass(frozen=True)
class CoordNetConfig:
    """Keyword arguments of :class:`CoordNet`."""

    widths: tuple[int, ...] = (64, 128, 256)  # widths of the first blocks; the last is that of the body
    depth: int = 10  # further blocks of the last width
    omega: float = 30.0  # frequency factor ω0 of all layers

    def __post_init__(self) -> None:
        several(self, "widths", "numbers >= 1, at least one", lambda w: is_whole(w, 1))
        whole(self, "depth", least=0)
        number(self, "omega", above=0)


class ResidualBlock(torch.nn.Module):
    """x ↦ ½·(S2(S1(x)) + s(x)), three sine layers; s is the identity where the width stays.

    With zero weights it halves its input where the width stays, and gives 0 elsewhere.
    """

    def __init__(self, n_in: int, n_out: int, omega: float) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(Layer(n_in, n_out, omega), Layer(n_out, n_out, omega))
        self.transform = Layer(n_in, n_out, omega) if n_in != n_out else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, n_in) → (…, n_out)."""
        return 0.5 * (self.net(x) + (x if self.transform is None else self.transform(x)))


class CoordNet(torch.nn.Module):
    """Residual sine blocks over the coordinates of the whole volume, one output per variable.

    ::

        (t, z, y, x) ─ net[0] 4→64 ─ net[1] →128 ─ net[2] →256 ─ net[3…12] 256→256 ─ net[13] 256→n ─ (B, n)

    Outputs stay in [−1, 1]. The latent vector of a variable picks its output; that of a blend is the
    weighted sum of outputs, for this network has no other notion of what lies between two variables.

    Parameters
    ----------
    domain : Domain
        All variables must have the same grid and steps: one row of coordinates has a target for each.
    **configuration
        See :class:`CoordNetConfig`; unknown names are a TypeError.

    Raises
    ------
    ValueError
        If two variables differ in nodes or steps.

    Notes
    -----
    Han and Wang, "CoordNet: Data generation and visualization generation for time-varying volumes via a
    coordinate-based neural network", with the output width that STSR-INR (Tang and Wang) gives it and, as
    for every other field here, time normalised over the whole series.

    Rows draw from all kept samples, once per epoch. The published program draws 128,000 voxels of each kept
    step per epoch (all, if fewer): with V > 128,000 voxels in a step, E of its epochs are E·128,000/V here.

    Examples
    --------
    Parameters for 1, 3, 4, 5 variables: 1,486,148 (5.669 MiB as float32), 1,487,186, 1,487,708, 1,488,232.
    """

    kind: ClassVar[str] = "coordnet"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = c = CoordNetConfig(**configuration)
        _check_same_samples(domain)
        sizes = (4, *c.widths, *[c.widths[-1]] * c.depth, len(domain))
        self.net = torch.nn.ModuleList(ResidualBlock(a, b, c.omega) for a, b in pairwise(sizes))

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config) | {"widths": list(self.config.widths)}

    def forward(self, coordinates: torch.Tensor) -> torch.Tensor:
        """Normalised values (B, n_variables) at normalised coordinates (B, 4)."""
        h = coordinates
        for block in self.net:
            h = block(h)
        return h

    def latent(self, variable: str) -> torch.Tensor:
        """Weights of the outputs (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, next(self.parameters()).device)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids: the outputs weighted by ``latent``; ``variable`` is not needed."""

        def sample(axes: Sequence[torch.Tensor]) -> torch.Tensor:
            coordinates = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
            rows = coordinates.view(-1, 4)
            chunks = rows.split(CPU_CHUNK if rows.is_cpu else max(1, len(rows)))
            return torch.cat([self(chunk) @ latent for chunk in chunks]).view(coordinates.shape[:-1])

        return sample

    def bytes_per_sample(self) -> int:
        """Four activations of the widest layer and the coordinates, float32."""
        return 4 * (4 * max(self.config.widths) + 8)

    def training_rows(self, values: Sequence[torch.Tensor]) -> list[JointRows]:
        """One set of rows for all variables, from their normalised kept samples (T, Z, Y, X)."""
        return [JointRows(self.domain, values)]

    def loss(
        self,
        rows_index: int,
        coordinates: torch.Tensor,
        targets: torch.Tensor,
        mask: torch.Tensor | None,
        generator: torch.Generator | None,
        progress: float = 1.0,
    ) -> torch.Tensor:
        """Mean squared error over rows and variables; nothing is drawn, at any time of the run."""
        return (self(coordinates) - targets).square().mean()

    def epoch_penalty(self) -> torch.Tensor | None:
        """None: there is no latent table."""
        return None

    def parameter_groups(self) -> dict[str, list[torch.nn.Parameter]]:
        """Hidden matrices of at least 32 rows and columns, others; no latents."""
        groups: dict[str, list[torch.nn.Parameter]] = {"matrices": [], "others": [], "latents": []}
        for parameter in self.parameters():
            is_matrix = parameter.ndim == 2 and min(parameter.shape) >= 32
            groups["matrices" if is_matrix else "others"].append(parameter)
        return groups


class JointRows:
    """Training rows with one target per variable: one kept node at one kept step each.

    Parameters
    ----------
    domain : Domain
        Variables with the same nodes and steps.
    values : sequence of Tensor
        Normalised kept samples (T, Z, Y, X) per variable.
    """

    def __init__(self, domain: Domain, values: Sequence[torch.Tensor]) -> None:
        self._grid = GridRows(domain[0], values[0])
        self._targets = [kept.view(-1) for kept in values]

    def __len__(self) -> int:
        return len(self._grid)

    def batch(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        """Rows ``index`` (B,) → coordinates (B, 4) in (t, z, y, x), targets (B, n_variables), no mask."""
        coordinates, _, _ = self._grid.batch(index)
        return coordinates, torch.stack([kept[index] for kept in self._targets], dim=1), None


def _check_same_samples(domain: Domain) -> None:
    """Equal numbers of nodes and steps, at equal normalised positions."""
    first = domain[0]
    wanted = first.normalized_axes(first.grid, np.asarray(first.times))
    for other in domain[1:]:
        axes = other.normalized_axes(other.grid, np.asarray(other.times))
        same = [
            a.shape == b.shape and np.allclose(a, b, atol=1e-6) for a, b in zip(axes, wanted, strict=True)
        ]
        if not all(same):
            kept = [
                f"{v.name} keeps {v.grid.shape} of {v.full_grid.shape} nodes (Z, Y, X) and {len(v.times)} of "
                f"{len(v.full_times)} steps"
                for v in (first, other)
            ]
            raise ValueError(
                "coordnet has one output per variable at the same positions, so all variables must have the "
                f"same grid and times; {kept[0]}, {kept[1]}"
            )
