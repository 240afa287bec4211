"""Interpolation as fields: tricubic in space with linear in time (TL), and cubic splines on all four axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, cast

import numpy as np
import torch

from stsr_core.checks import choice
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.base import Sampler, as_arrays, place_of
from stsr_core.fields.interpolation.axis_basis import EDGES, AxisBasis, separable
from stsr_core.fields.interpolation.gaps import Gaps


@dataclass(frozen=True)
class TricubicLinearConfig:
    """Keyword arguments of :class:`TricubicLinear`."""

    kernel: str = "bspline"  # in space: "bspline" (interpolating spline) or "catmull_rom"
    edge: str = "replicate"  # beyond the kept nodes and steps: "replicate" (hold) or "linear" (tangent)

    def __post_init__(self) -> None:
        choice(self, "kernel", ("bspline", "catmull_rom"))
        choice(self, "edge", EDGES)


@dataclass(frozen=True)
class CubicConfig:
    """Keyword arguments of :class:`Cubic`."""

    kernel: ClassVar[str] = "bspline"  # in space, not to be chosen
    edge: str = "replicate"  # beyond the kept nodes and steps: "replicate" (hold) or "linear" (tangent)

    def __post_init__(self) -> None:
        choice(self, "edge", EDGES)


class InterpolatedSeries(torch.nn.Module):
    """One variable's kept samples as a product of four one-dimensional interpolations.

    Parameters
    ----------
    variable : VariableDomain
        Kept grid and times; times may be irregular.
    time_kernel, space_kernel, edge : str
        See :class:`~stsr_core.fields.interpolation.axis_basis.AxisBasis`.
    smooths : bool
        Whether samples are smoothed along time; see :mod:`stsr_core.fields.interpolation.smoothing`.
    """

    coefficients: torch.Tensor

    def __init__(
        self,
        variable: VariableDomain,
        time_kernel: str,
        space_kernel: str,
        edge: str,
        smooths: bool = False,
    ) -> None:
        super().__init__()
        self._smooths = smooths
        nodes = variable.normalized_axes(variable.grid, np.asarray(variable.times))
        kernels = (time_kernel, *[space_kernel] * 3)
        self.axes = [AxisBasis(n, k, edge) for n, k in zip(nodes, kernels, strict=True)]
        self.register_buffer("coefficients", torch.zeros([len(n) for n in nodes]))
        self.gaps = Gaps(variable)

    def fill(self, values: torch.Tensor) -> None:
        """Take normalised kept samples (T, Z, Y, X), NaN in gaps; splines are solved for here."""
        if values.shape != self.coefficients.shape:
            raise ValueError(
                f"values must have shape (T, Z, Y, X) = {tuple(self.coefficients.shape)}, "
                f"got {tuple(values.shape)}"
            )
        values = self.gaps.take(values)
        time, *space = self.axes
        smooth = self._smoother(values) if self._smooths else None
        for t in range(len(values)):
            step = values[t].detach().cpu().double().numpy()
            for axis, basis in enumerate(space):
                step = np.moveaxis(basis.coefficients(np.moveaxis(step, axis, 0)), 0, axis)
            self.coefficients[t] = torch.from_numpy(np.ascontiguousarray(step)).float()
        if time.kernel == "bspline":
            for z in range(values.shape[1]):
                layer = self.coefficients[:, z].cpu().double().numpy()
                layer = layer if smooth is None else np.tensordot(smooth, layer, axes=1)
                self.coefficients[:, z] = torch.from_numpy(time.coefficients(layer)).float()

    def _smoother(self, values: torch.Tensor) -> np.ndarray:
        """What smooths samples (T, Z, Y, X) along time, (T, T)."""
        from stsr_core.fields.interpolation.smoothing import smoother

        products = np.zeros((len(values), len(values)))
        for z in range(values.shape[1]):
            layer = values[:, z].reshape(len(values), -1).cpu().double().numpy()
            products += layer @ layer.T
        return smoother(self.axes[0].nodes, products)

    def forward(self, positions: Sequence[np.ndarray]) -> torch.Tensor:
        """Normalised positions (t, z, y, x), four 1-D arrays → values (T, Z, Y, X), float32."""
        return self.gaps.hide(separable(self.coefficients, self.axes, positions), positions)


class Interpolation(torch.nn.Module):
    """What interpolating fields share: one :class:`InterpolatedSeries` per variable, all of the same kernels.

    Parameters
    ----------
    domain : Domain
    **configuration
        See the class's ``config_class``; unknown names are a TypeError.
    """

    config_class: ClassVar[type[Any]]  # has the entries kernel (in space) and edge
    time_kernel: ClassVar[str]
    smooths: ClassVar[bool] = False

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = c = self.config_class(**configuration)
        self.members = torch.nn.ModuleList(
            InterpolatedSeries(variable, self.time_kernel, c.kernel, c.edge, self.smooths)
            for variable in domain
        )

    @classmethod
    def from_samples(
        cls, domain: Domain, samples: Mapping[str, torch.Tensor], **configuration: Any
    ) -> Interpolation:
        """The field through normalised kept samples, one (T, Z, Y, X) tensor per variable name."""
        for name in domain.names:
            if name not in samples:
                raise ValueError(f"samples must hold every variable of the domain, {name!r} is missing")
        field = cls(domain, **configuration)
        field.fill([samples[name] for name in domain.names])
        return field

    def fill(
        self,
        values: Sequence[torch.Tensor],
        on_progress: Callable[[float, str], None] | None = None,
        should_abort: Callable[[], bool] | None = None,
    ) -> None:
        """Take the normalised kept samples (T, Z, Y, X), one tensor per variable.

        ``on_progress`` is called with the fraction done and what is being done; ``should_abort`` is never
        asked, for half of an interpolation is of no use, and all of it is soon there.
        """
        for done, (member, kept) in enumerate(zip(self._series(), values, strict=True)):
            if on_progress is not None:
                on_progress(done / len(values), "solving for splines")
            member.fill(kept)

    def _series(self) -> Iterable[InterpolatedSeries]:
        return cast("Iterable[InterpolatedSeries]", self.members)

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, next(self.buffers()).device)

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; ``latent`` weighs the variables, whose geometries are their own.

        Variables of weight 0 cost nothing.
        """
        weighted = [(w, member) for w, member in zip(latent.tolist(), self._series(), strict=True) if w != 0]

        def sample(axes: Sequence[torch.Tensor]) -> torch.Tensor:
            positions = as_arrays(axes)
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, member in weighted:
                total.add_(member(positions), alpha=weight)
            return total

        return sample

    def bytes_per_sample(self) -> int:
        """The value, the product before it, and the share of the coefficients read."""
        return 64


class TricubicLinear(Interpolation):
    """Tricubic interpolation in space, then linear in time (TL of the STSR-INR paper).

    Kept samples are reproduced. With ``edge="replicate"`` the value at the last kept node holds beyond it,
    and the last kept step holds to the end. Half-way between two kept steps it is their mean. Configured by
    :class:`TricubicLinearConfig`.
    """

    kind: ClassVar[str] = "tricubic_linear"
    config_class = TricubicLinearConfig
    time_kernel = "linear"


class Cubic(Interpolation):
    """Cubic splines on all four axes; in time over the physical times, which may be irregular.

    Kept samples are reproduced and cubic polynomials are exact. Axes of fewer than four nodes take the
    polynomial through them. Configured by :class:`CubicConfig`.
    """

    kind: ClassVar[str] = "cubic"
    config_class = CubicConfig
    time_kernel = "bspline"
