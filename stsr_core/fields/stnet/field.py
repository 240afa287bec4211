"""STNet as a continuous field: a convolutional network from two kept volumes to the fine sequence between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch

from stsr_core.checks import number, whole
from stsr_core.coordinates import Domain
from stsr_core.fields.base import Sampler, as_arrays, place_of
from stsr_core.fields.interpolation.axis_basis import AxisBasis
from stsr_core.fields.stnet.network import HALO, Generator
from stsr_core.memory import check_memory

#: What two upscaling stages of 2 make of an axis.
SPATIAL_FACTOR = 4
#: Coarse nodes per axis that are decoded at once: bounds the memory, changes no value.
PATCH_NODES = 16


@dataclass(frozen=True)
class STNetConfig:
    """Keyword arguments of :class:`STNet`."""

    width_multiplier: float = 1.0  # factor on all widths of both networks
    crop: int = 16  # coarse nodes per axis of a training crop

    def __post_init__(self) -> None:
        number(self, "width_multiplier", above=0)
        whole(self, "crop", least=1)


class STNet(torch.nn.Module):
    """Fine volumes generated from pairs of neighbouring kept ones, linear between their nodes and steps.

    The network knows the nodes and steps of the full grid alone; there the field is its output, voxel for
    voxel. Between them it is linear on every axis. A kept step is taken from the pair it begins, the last one
    from the pair it ends; after it the field holds. Kept samples are not reproduced, only approximated.

    Every variable goes through the same network, which is not told which one it is. The latent vector of a
    variable picks its volumes; that of a blend is the weighted sum of generated volumes.

    Parameters
    ----------
    domain : Domain
        Every fourth node and, the same for all variables, every (u_t+1)-th step kept, two steps at least;
        grids may differ.
    **configuration
        See :class:`STNetConfig`; unknown names are a TypeError.

    Raises
    ------
    ValueError
        If other nodes or steps are kept.

    Notes
    -----
    Han, Zheng, Chen and Wang, "STNet: An end-to-end generative framework for synthesizing spatiotemporal
    super-resolution volumes". The kept volumes are stored with the model, for it generates from them.

    It is trained on the *full* data of the first fifth of the steps (:mod:`stsr_core.training.stnet`): its
    errors there are not errors on unseen data.
    """

    kind: ClassVar[str] = "stnet"

    def __init__(self, domain: Domain, **configuration: Any) -> None:
        super().__init__()
        self.domain = domain
        self.config = STNetConfig(**configuration)
        _check_factor(domain)
        self.n_steps = temporal_gap(domain) + 2
        self.generator = Generator(self.n_steps, self.config.width_multiplier)
        for i, v in enumerate(domain):
            self.register_buffer(f"kept_{i}", torch.zeros(len(v.times), *v.grid.shape))
        self._axes = [
            [AxisBasis(nodes, "linear") for nodes in v.normalized_axes(v.full_grid, np.asarray(v.full_times))]
            for v in domain
        ]
        # (variable, pair) → its generated sequence; evaluated step by step, a pair would run u_t+1 times.
        self._generated: dict[tuple[int, int], torch.Tensor] = {}
        self.register_load_state_dict_post_hook(lambda module, keys: module._generated.clear())

    def configuration(self) -> dict[str, Any]:
        """Keyword arguments that rebuild this field; plain JSON values."""
        return asdict(self.config)

    def fill(self, values: Sequence[torch.Tensor]) -> None:
        """Take the normalised kept samples (T, Z, Y, X), one tensor per variable."""
        self._generated.clear()
        for i, kept in enumerate(values):
            self.get_buffer(f"kept_{i}").copy_(kept)

    def train(self, mode: bool = True) -> STNet:
        """Training changes the weights: what was generated with the old ones is forgotten."""
        self._generated.clear()
        return super().train(mode)

    def latent(self, variable: str) -> torch.Tensor:
        """Weights (n_variables,): 1 for the variable, 0 for the others."""
        return place_of(self.domain, variable, self.get_buffer("kept_0").device)

    def volume(self, variable_index: int, step: int, *, most_pairs: int = 2) -> torch.Tensor:
        """Normalised fine volume (Z, Y, X) of one step of the full series; the last kept one holds.

        Parameters
        ----------
        most_pairs : int
            Generated sequences to remember for later steps.
        """
        stride = self.n_steps - 1
        n_pairs = len(self.domain[variable_index].times) - 1
        step = min(step, n_pairs * stride)
        pair = min(step // stride, n_pairs - 1)
        key = (variable_index, pair)
        if key not in self._generated:
            while len(self._generated) >= most_pairs:
                del self._generated[next(iter(self._generated))]
            self._generated[key] = self._generate(variable_index, pair)
        return self._generated[key][step - pair * stride]

    @torch.no_grad()
    def _generate(self, variable_index: int, pair: int) -> torch.Tensor:
        """The sequence (n_steps, Z, Y, X) from one pair of kept steps, decoded patch by patch."""
        ends = self.get_buffer(f"kept_{variable_index}")[pair : pair + 2]
        shape = self.domain[variable_index].full_grid.shape
        check_memory(4 * self.n_steps * int(np.prod(shape)), f"a sequence of {self.n_steps} volumes {shape}")
        features = self.generator.encode(ends[None])
        fine = ends.new_empty(self.n_steps, *(SPATIAL_FACTOR * n for n in ends.shape[1:]))
        for corner in product(*(range(0, n, PATCH_NODES) for n in ends.shape[1:])):
            wide = [slice(max(0, c - HALO), c + PATCH_NODES + HALO) for c in corner]
            patch = self.generator.decode(features[:, :, wide[0], wide[1], wide[2]])[0]
            own = [(c - w.start) * SPATIAL_FACTOR for c, w in zip(corner, wide, strict=True)]
            z, y, x = (slice(o, o + PATCH_NODES * SPATIAL_FACTOR) for o in own)
            to = [slice(c * SPATIAL_FACTOR, (c + PATCH_NODES) * SPATIAL_FACTOR) for c in corner]
            fine[:, to[0], to[1], to[2]] = patch[:, z, y, x]
        return fine[:, : shape[0], : shape[1], : shape[2]]

    def sampler(self, latent: torch.Tensor, variable: str | None = None) -> Sampler:
        """A function on product grids; ``latent`` weighs the variables, whose geometries are their own."""
        weighted = [(weight, i) for i, weight in enumerate(latent.tolist()) if weight != 0]

        def sample(axes: Sequence[torch.Tensor]) -> torch.Tensor:
            times, *space = as_arrays(axes)
            total = torch.zeros([len(axis) for axis in axes], device=axes[0].device)
            for weight, i in weighted:
                bases = [basis.weights(where) for basis, where in zip(self._axes[i][1:], space, strict=True)]
                for k in range(len(times)):
                    first, shares = self._axes[i][0].weights(times[k : k + 1])
                    for step, share in enumerate(shares[0].tolist(), start=first):
                        if share != 0:
                            volume = self.volume(i, step, most_pairs=2 * len(weighted)).to(total.device)
                            total[k].add_(_linear(volume, bases), alpha=weight * share)
            return total

        return sample

    def bytes_per_sample(self) -> int:
        """The value, the product before it, and the share of the volume read."""
        return 64


def temporal_gap(domain: Domain) -> int:
    """u_t: steps left out between two kept ones, which must be the same everywhere.

    Raises
    ------
    ValueError
        If it is not, or fewer than two steps are kept.
    """
    gaps: set[int] = set()
    for v in domain:
        if len(v.times) < 2:
            raise ValueError(
                f"stnet works between two kept steps, so at least two must be kept, got {len(v.times)} of "
                f"{len(v.full_times)} of {v.name}"
            )
        kept = np.searchsorted(v.full_times, v.times)
        gaps |= set((np.diff(kept) - 1).tolist())
    if len(gaps) > 1:
        raise ValueError(f"stnet needs one temporal gap for all variables and steps, got {sorted(gaps)}")
    return gaps.pop()


def _check_factor(domain: Domain) -> None:
    for v in domain:
        if not v.grid.matches(v.full_grid.every(SPATIAL_FACTOR)):
            factor = v.grid.spacing[0] / v.full_grid.spacing[0]
            raise ValueError(
                f"stnet upscales every axis by {SPATIAL_FACTOR}, so the spatial factor must be "
                f"{SPATIAL_FACTOR}, got {factor:g} for {v.name}"
            )


def _linear(volume: torch.Tensor, bases: list[tuple[int, np.ndarray]]) -> torch.Tensor:
    """Volume (Z, Y, X) times the weights of each axis; at the nodes themselves exactly its values."""
    matrices = []
    for axis, (first, matrix) in enumerate(bases):
        volume = volume.narrow(axis, first, matrix.shape[1])
        matrices.append(torch.as_tensor(matrix, dtype=volume.dtype, device=volume.device))
    z, y, x = matrices
    return torch.matmul(torch.matmul(y, torch.tensordot(z, volume, dims=1)), x.T)
