"""SAINT as a continuous field: kept frames made finer axis by axis, slice by slice."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from stsr_core.checks import whole
from stsr_core.coordinates import Domain, VariableDomain
from stsr_core.fields.base import Axes, Sampler, as_arrays, place_of
from stsr_core.fields.frames import KeptFrames
from stsr_core.fields.interpolation.axis_basis import AxisBasis, separable
from stsr_core.memory import check_memory
from stsr_core.residual_dense import ResidualDenseNetwork

#: Pixels that a network of slices is given at once, about; bounds the memory, changes no value.
PIXELS = 1 << 16


@dataclass(frozen=True)
class SaintConfig:
    """Keyword arguments of :class:`Saint`."""

    channels: int = 16  # of both networks
    blocks: int = 2  # dense blocks of the network that interpolates; the one that fuses has one
    layers: int = 3  # convolutions of each
    meta_width: int = 32  # neurons of the layer that the filters are made by
    crop: int = 16  # coarse nodes per axis of the boxes that are learned from

    def __post_init__(self) -> None:
        whole(self, "channels", "blocks", "layers", "meta_width", least=1)
        whole(self, "crop", least=2)


class SliceInterpolator(nn.Module):
    """Rows between the rows of slices, by filters that a small network makes for each place between two.

    ::

        slice ─ residual dense network in 2D ─ features ─────────────────── filter ── + ── rows between
        place between two rows, 1 / factor ─ meta: 2 → width → filter 3 × 3 ──┘       │
        slice ───────────────────────────────────────────────── linear interpolation ─┘

    The rows that are there are handed on.
    """

    def __init__(self, config: SaintConfig) -> None:
        super().__init__()
        c = config
        self.encoder = ResidualDenseNetwork(
            1, c.channels, c.blocks, c.layers, c.channels, padding_mode="replicate"
        )
        self.meta = nn.Sequential(
            nn.Linear(2, c.meta_width), nn.ReLU(), nn.Linear(c.meta_width, 9 * c.channels)
        )
        _start_at_zero(self.meta[-1])  # from linear interpolation

    def forward(self, slices: torch.Tensor, factor: int) -> torch.Tensor:
        """(B, 1, H, W) → (B, 1, factor · (H − 1) + 1, W)."""
        share = torch.arange(1, factor, device=slices.device) / factor
        filters = self.meta(torch.stack([share, torch.full_like(share, 1 / factor)], dim=1))
        features = nn.functional.pad(self.encoder(slices), (1, 1, 1, 1), "replicate")
        added = nn.functional.conv2d(features, filters.view(factor - 1, -1, 3, 3))[:, :, :-1]
        before, after = slices[:, :, :-1], slices[:, :, 1:]
        rows = torch.cat([before, torch.lerp(before, after, share.view(1, -1, 1, 1)) + added], dim=1)
        return torch.cat([rows.transpose(1, 2).flatten(1, 2)[:, None], slices[:, :, -1:]], dim=2)


class SliceNetwork(nn.Module):
    """A volume with more nodes along one axis, seen in the slices of both kinds that this axis lies in.

    ::

        volume ─┬─ slices of this axis and another ─ interpolator ─┬─ mean ─────────────────────── + ─ finer
                └─ slices of this axis and the third ─ the same ───┴─ slices across ─ fusion ──────┘
    """

    def __init__(self, config: SaintConfig) -> None:
        super().__init__()
        self.interpolator = SliceInterpolator(config)
        c = config.channels
        self.fusion = nn.Sequential(
            ResidualDenseNetwork(2, c, 1, config.layers, c, padding_mode="replicate"), nn.Conv2d(c, 1, 1)
        )
        _start_at_zero(self.fusion[-1])  # from the mean

    def forward(
        self, volume: torch.Tensor, axis: int, factor: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(Z, Y, X) → the same with factor · (n − 1) + 1 nodes along ``axis``.

        Returns
        -------
        Tensor, Tensor, Tensor
            What either kind of slices gives, and both fused.
        """
        h = volume.movedim(axis, 0)
        one = _in_parts(lambda s: self.interpolator(s, factor), h.permute(2, 0, 1)[:, None])
        two = _in_parts(lambda s: self.interpolator(s, factor), h.permute(1, 0, 2)[:, None])
        one, two = one[:, 0].permute(1, 2, 0), two[:, 0].transpose(0, 1)
        fused = 0.5 * (one + two) + _in_parts(self.fusion, torch.stack([one, two], dim=1))[:, 0]
        known = torch.arange(len(one), device=one.device) % factor == 0
        fused = torch.where(known[:, None, None], one, fused)
        return one.movedim(0, axis), two.movedim(0, axis), fused.movedim(0, axis)


class Saint(torch.nn.Module):
    """Finer in space by whole factors, in the small form; in time linear between the kept frames.

    A kept frame is made finer along z, then y, then x, by as many nodes as were left out, or by one between
    two where none were; between the nodes that come of it values are cubic. One network for all axes, frames
    and variables, which is not told which one it is. It learns from the kept frames alone
    (:mod:`stsr_core.training.saint`): nodes of them are left out and have to be found. Kept samples are
    reproduced. The latent vector of a variable picks its frames; that of a blend is the weighted sum.

    Parameters
    ----------
    domain : Domain
    **configuration
        See :class:`SaintConfig`; unknown names are a TypeError.

    Raises
    ------
    ValueError
        If no axis of a variable has three kept nodes.

    Notes
    -----
    Peng et al., "SAINT: Spatially aware interpolation network for medical slice synthesis", CVPR 2020: slices
    of two directions, filters made for each place between two slices, and their fusion across. What is
    smaller here: the networks; they learn at once and not one after the other, what has to be added to linear
    interpolation. What is more: all three axes in turn, where the paper makes one finer.
    """

    kind: ClassVar[str] = "saint"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = SaintConfig(**configuration)
        self.network = SliceNetwork(self.config)
        self.frames: KeptFrames[torch.Tensor] = KeptFrames(domain)
        self.factors = [_factors(variable) for variable in domain]
        self._bases = [
            [AxisBasis(np.zeros(1), "linear")]
            + [
                AxisBasis(np.linspace(a[0], a[-1], f * (len(a) - 1) + 1), "catmull_rom")
                for a, f in zip(v.normalized_axes(v.grid, np.asarray(v.times))[1:], factors, strict=True)
            ]
            for v, factors in zip(domain, self.factors, strict=True)
        ]

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def train(self, mode: bool = True) -> Saint:
        """As of every module; frames made by the weights before are forgotten."""
        self.frames.forget()
        return super().train(mode)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, next(self.parameters()).device)

    @torch.no_grad()
    def finer(self, index: int, frame: torch.Tensor) -> torch.Tensor:
        """A normalised frame (Z, Y, X) of a variable with the nodes that its network adds."""
        shape = tuple(f * (n - 1) + 1 for f, n in zip(self.factors[index], frame.shape, strict=True))
        # Two directions and what they are fused to, in two versions each.
        check_memory(4 * 6 * math.prod(shape), f"a frame of {shape} nodes")
        for axis, factor in enumerate(self.factors[index]):
            if frame.shape[axis] > 1:
                frame = self.network(frame, axis, factor)[2]
        return frame

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; variables of weight 0 cost nothing."""
        return self.frames.sampler(latent, self.finer, self._read)

    def _read(self, index: int, frame: torch.Tensor, axes: Axes) -> torch.Tensor:
        return separable(frame[None], self._bases[index], [np.zeros(1), *as_arrays(axes[1:])])[0]

    def bytes_per_sample(self) -> int:
        """The value, the product before it, and the share of the frame read."""
        return 64


def _factors(variable: VariableDomain) -> tuple[int, ...]:
    """Intervals that the network makes of one, along z, y and x."""
    full = variable.full_grid.spacing
    if max(variable.grid.shape) < 3:
        raise ValueError(
            f"saint learns from kept nodes that it leaves out, so along one axis at least 3 must be kept, "
            f"got {variable.grid.shape} of {variable.name}"
        )
    return tuple(max(2, round(k / f)) for k, f in zip(variable.grid.spacing, full, strict=True))


def _in_parts(network: Callable[[torch.Tensor], torch.Tensor], slices: torch.Tensor) -> torch.Tensor:
    """What a network makes of slices (B, C, H, W), some at a time."""
    return torch.cat([network(part) for part in slices.split(max(1, PIXELS // slices[0, 0].numel()))])


def _start_at_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
